//! The token endpoint of a timeline, which plays a script, and what it saw.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt, Full};
use tokio::time;
use tower::BoxError;

use crate::{
    play::{Asked, Issued, Log, SECRET, TOKEN_ENDPOINT, lock},
    timeline::{Reply, With},
    world::World,
};

/// Gives its replies in their order, again and again.
#[derive(Clone)]
pub(crate) struct Server {
    world: World,
    log: Log,
    script: Arc<Mutex<Script>>,
}

struct Script {
    replies: Vec<Reply>,
    next: usize,
}

impl Server {
    pub(crate) fn new(world: World, log: Log, replies: Vec<Reply>) -> Self {
        let script = Arc::new(Mutex::new(Script { replies, next: 0 }));
        Self { world, log, script }
    }

    /// From now on these replies.
    pub(crate) fn play(&self, replies: Vec<Reply>) {
        *lock(&self.script) = Script { replies, next: 0 };
    }

    pub(crate) async fn answer(
        self,
        request: Request<Full<Bytes>>,
    ) -> Result<Response<Full<Bytes>>, BoxError> {
        assert_eq!(request.uri(), TOKEN_ENDPOINT, "a redirect was followed");
        let body = request.into_body().collect().await?.to_bytes();
        let body = String::from_utf8(body.to_vec())?;
        let scope = body.split('&').find_map(|pair| pair.strip_prefix("scope="));
        let scope = scope.unwrap_or_default().to_owned();
        let reply = {
            let mut script = lock(&self.script);
            let reply = script.replies[script.next % script.replies.len()];
            script.next += 1;
            reply
        };
        let index = {
            let mut seen = lock(&self.log);
            seen.asked.push(Asked {
                at: self.world.now(),
                scope: scope.clone(),
                ended: None,
                token: None,
            });
            seen.asked.len() - 1
        };
        let ended = Ending {
            server: self.clone(),
            index,
        };
        time::sleep(Duration::from_millis(reply.after_ms)).await;
        let mut response = Response::builder();
        let body = match reply.with {
            With::Token { lifetime, same } => {
                let token = if same {
                    format!("canary-same-{scope}")
                } else {
                    format!("canary-t{index}-{scope}")
                };
                let seconds = lifetime.unwrap_or(300);
                let issued = Issued {
                    token: token.clone(),
                    lifetime: Duration::from_secs(seconds),
                };
                lock(&self.log).asked[index].token = Some(issued);
                let expires_in = lifetime.map_or(String::new(), |seconds| {
                    format!(",\"expires_in\":{seconds}")
                });
                format!("{{\"access_token\":\"{token}\",\"token_type\":\"Bearer\"{expires_in}}}")
            }
            With::Status {
                status,
                retry_after,
            } => {
                response = response.status(status);
                if let Some(seconds) = retry_after {
                    response = response.header("retry-after", seconds);
                }
                String::new()
            }
            With::Code { status, code } => {
                response = response.status(status);
                format!("{{\"error\":\"{code}\",\"error_description\":\"no\"}}")
            }
            With::Echo => {
                response = response.status(401);
                format!(
                    "{{\"error\":\"invalid_client\",\"error_description\":\"{body} is wrong\"}}"
                )
            }
            With::Redirect { status } => {
                response = response
                    .status(status)
                    .header("location", "https://elsewhere.example/token");
                String::new()
            }
            With::Html => format!("<html>{SECRET}</html>"),
            With::Reset => return Err("connection reset".into()),
            With::Hang => std::future::pending().await,
            With::Panic => std::panic::resume_unwind(Box::new("a token service may panic")),
        };
        drop(ended);
        Ok(response.body(Full::from(body))?)
    }
}

/// Notes when a token request ended, however it did.
struct Ending {
    server: Server,
    index: usize,
}

impl Drop for Ending {
    fn drop(&mut self) {
        let now = self.server.world.now();
        lock(&self.server.log).asked[self.index].ended = Some(now);
    }
}
