//! Plays a timeline under driven time.

use std::{mem, sync::Arc, time::Duration};

use tokio::{
    runtime::Builder,
    task::{self, JoinHandle},
    time::{self, Instant},
};
use tower_oauth2_client_credentials::Credential;

use super::{
    format::{Action, RequestEvent, Scenario},
    log::{Entries, Log},
    requests,
    resource::Resource,
    stack::{self, Handles},
    world::World,
};

/// Requests that have not ended this long after the last event never end. What goes on without a request has as long.
const AFTERWARDS: Duration = Duration::from_secs(60 * 60);

/// So many turns of the scheduler bring to rest whatever can go on without time passing.
const TURNS: usize = 32;

/// What happened. An error is the scenario's own.
pub(crate) fn play(scenario: &Arc<Scenario>) -> Result<Entries, String> {
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .map_err(|error| format!("no runtime: {error}"))?;
    let log = Log::default();
    runtime.block_on(async { Play::begin(scenario, &log)?.finish().await })?;
    let entries = mem::take(&mut *log.entries());
    Ok(entries)
}

struct Play<'a> {
    scenario: &'a Scenario,
    world: World,
    log: Log,
    credential: Credential,
    resource: Resource,
    /// `None` once they were dropped.
    handles: Option<Handles>,
    tasks: Vec<JoinHandle<()>>,
}

impl<'a> Play<'a> {
    fn begin(scenario: &'a Arc<Scenario>, log: &Log) -> Result<Self, String> {
        let world = World::begin();
        let client = stack::client().map_err(|error| error.to_string())?;
        let credential = Credential::new(client);
        let resource = Resource::new(world.clone(), log.clone());
        let handles = stack::build(scenario, &credential, resource.clone(), &world, log)
            .map_err(|error| error.to_string())?;
        Ok(Self {
            scenario,
            world,
            log: log.clone(),
            credential,
            resource,
            handles: Some(handles),
            tasks: Vec::new(),
        })
    }

    async fn finish(mut self) -> Result<(), String> {
        for (at, action) in self.scenario.happenings() {
            self.world.sleep_until(at).await;
            self.act(action)
                .map_err(|error| format!("event at {at:?}: {error}"))?;
            // What an event sets in motion comes before the next event of the same instant.
            for _ in 0..TURNS {
                task::yield_now().await;
            }
        }
        let ends = Instant::now() + AFTERWARDS;
        for (index, mut task) in mem::take(&mut self.tasks).into_iter().enumerate() {
            if let Ok(Err(error)) = time::timeout_at(ends, &mut task).await {
                self.log.fault(format!("request {index}: {error}"));
            }
        }
        // Renewals go on without anybody who waits.
        time::sleep_until(ends).await;
        Ok(())
    }

    fn act(&mut self, action: &Action) -> Result<(), String> {
        match action {
            Action::Request(event) => self.request(event)?,
            Action::ResourceRejects { tokens, with } => self.resource.refuse(tokens, with),
            Action::Suspend(duration) => self.world.suspend(*duration),
            Action::WallStep(by_ms) => self.world.step_wall(*by_ms),
            Action::CredentialChanged => {
                let client = stack::client().map_err(|error| error.to_string())?;
                self.credential.replace(client);
            }
            Action::Invalidate => self.handles()?.source.invalidate(),
            Action::DropSource => self.handles = None,
        }
        Ok(())
    }

    /// Calls one request; those of one event and instant come one after the other.
    fn request(&mut self, event: &RequestEvent) -> Result<(), String> {
        let service = self.handles()?.service.clone();
        let index = self.log.request(&event.name, self.world.now());
        let request = requests::make(event, index)?;
        let (world, log) = (self.world.clone(), self.log.clone());
        let sent = requests::send(service, request, index, event.give_up_after, world, log);
        self.tasks.push(task::spawn(sent));
        Ok(())
    }

    fn handles(&self) -> Result<&Handles, String> {
        self.handles
            .as_ref()
            .ok_or_else(|| "the source was dropped before".to_owned())
    }
}
