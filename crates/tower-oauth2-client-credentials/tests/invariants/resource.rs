//! The resource of a timeline, which refuses some tokens.

use std::{
    collections::HashSet,
    convert::Infallible,
    sync::{Arc, Mutex},
    time::Duration,
};

use http::{Request, Response, StatusCode, header::AUTHORIZATION};
use tokio::time;

use crate::{
    play::{Log, Sent, lock},
    world::World,
};

/// Which tokens a resource refuses.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Refuse {
    None,
    All,
    /// Those it has seen so far.
    Seen,
}

#[derive(Clone)]
pub(crate) struct Resource {
    world: World,
    log: Log,
    refused: Arc<Mutex<Refused>>,
}

#[derive(Default)]
struct Refused {
    all: bool,
    tokens: HashSet<String>,
}

impl Resource {
    pub(crate) fn new(world: World, log: Log) -> Self {
        Self {
            world,
            log,
            refused: Arc::default(),
        }
    }

    pub(crate) fn refuse(&self, refuse: Refuse) {
        let seen = lock(&self.log);
        let mut refused = lock(&self.refused);
        refused.all = matches!(refuse, Refuse::All);
        refused.tokens = match refuse {
            Refuse::Seen => seen.sent.iter().map(|sent| sent.token.clone()).collect(),
            Refuse::None | Refuse::All => HashSet::new(),
        };
    }

    pub(crate) async fn answer(self, request: Request<String>) -> Result<Response<()>, Infallible> {
        let header = &request.headers()[AUTHORIZATION];
        let token = header.to_str().expect("a token is visible ASCII");
        let token = token
            .strip_prefix("Bearer ")
            .expect("a bearer token")
            .to_owned();
        let index = {
            let mut seen = lock(&self.log);
            seen.sent.push(Sent {
                at: self.world.now(),
                token: token.clone(),
                refused_at: None,
            });
            seen.sent.len() - 1
        };
        let after_ms = request.body().parse().unwrap_or(0);
        if after_ms > 0 {
            time::sleep(Duration::from_millis(after_ms)).await;
        }
        let mut response = Response::new(());
        let refused = {
            let refused = lock(&self.refused);
            refused.all || refused.tokens.contains(&token)
        };
        if refused {
            *response.status_mut() = StatusCode::UNAUTHORIZED;
            lock(&self.log).sent[index].refused_at = Some(self.world.now());
        }
        Ok(response)
    }
}
