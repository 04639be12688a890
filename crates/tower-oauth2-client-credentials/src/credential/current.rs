//! What is known of a credential by now.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use oauth2_client_credentials::{Client, ClientAuthentication};
use tokio::time::Instant;

use super::same::same_client;
use crate::error::{BoxError, TokenError, TokenErrorKind};

/// The latest client that was read, its version, and what was wrong since.
pub(super) struct Current {
    /// Which client it is, also before anything was read.
    client_id: Box<str>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    client: Option<Client>,
    version: u64,
    read_at: Option<Instant>,
    problem: Option<TokenError>,
}

impl Current {
    pub(super) fn of(client: Client) -> Self {
        let this = Self::named(client.id());
        this.replace(client);
        this
    }

    /// Nothing was read so far.
    pub(super) fn named(client_id: impl Into<String>) -> Self {
        Self {
            client_id: client_id.into().into(),
            state: RwLock::default(),
        }
    }

    pub(super) fn client_id(&self) -> String {
        match &self.state().client {
            // `replace` may bring another one.
            Some(client) => client.id().to_owned(),
            None => self.client_id.as_ref().to_owned(),
        }
    }

    pub(super) fn version(&self) -> u64 {
        self.state().version
    }

    pub(super) fn last_error(&self) -> Option<TokenError> {
        self.state().problem.clone()
    }

    /// When it was read without a problem for the last time.
    pub(super) fn read_at(&self) -> Option<Instant> {
        self.state().read_at
    }

    /// The client, or why there is none so far; and the version.
    pub(super) fn client(&self) -> (Result<Client, TokenError>, u64) {
        let state = self.state();
        let client = match (&state.client, &state.problem) {
            (Some(client), _) => Ok(client.clone()),
            (None, Some(problem)) => Err(problem.clone()),
            (None, None) => Err(TokenError::new(
                TokenErrorKind::Transient,
                "no token, for the client's credential was not read: what reads it panicked or was stopped",
            )),
        };
        (client, state.version)
    }

    pub(super) fn replace(&self, client: Client) {
        let mut state = self.state_mut();
        state.client = Some(client);
        state.version += 1;
        state.problem = None;
    }

    /// Takes over what was read. What is no other client is no new version.
    pub(super) fn adopt(&self, authentication: ClientAuthentication) -> Result<(), BoxError> {
        let client = Client::new(&*self.client_id, authentication)?;
        let known = self.state().client.clone();
        // Compared outside the lock: keys sign for it.
        if !known.is_some_and(|known| same_client(&known, &client)) {
            self.replace(client);
        }
        self.confirm();
        Ok(())
    }

    /// It was read, and is as it was.
    pub(super) fn confirm(&self) {
        let mut state = self.state_mut();
        state.read_at = Some(Instant::now());
        state.problem = None;
    }

    /// It could not be read. The older one stays.
    pub(super) fn fail(&self, problem: TokenError) {
        self.state_mut().problem = Some(problem);
    }

    fn state(&self) -> RwLockReadGuard<'_, State> {
        self.state.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn state_mut(&self) -> RwLockWriteGuard<'_, State> {
        self.state.write().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn no_runtime() -> TokenError {
    TokenError::new(
        TokenErrorKind::Configuration,
        "no token, for the client's credential cannot be read outside a tokio runtime",
    )
}

#[cfg(test)]
mod tests {
    use oauth2_client_credentials::{ClientSecretBasic, ClientSecretPost};

    use super::*;

    #[test]
    fn only_another_client_is_a_new_version() {
        let current = Current::named("svc");
        assert_eq!(current.version(), 0);
        for (secret, version) in [("a", 1), ("a", 1), ("b", 2), ("a", 3)] {
            current
                .adopt(ClientSecretBasic::new(secret).into())
                .unwrap();
            assert_eq!(current.version(), version, "{secret}");
        }
        current.adopt(ClientSecretPost::new("a").into()).unwrap();
        assert_eq!(current.version(), 4, "another method");
    }

    #[test]
    fn a_problem_is_told_until_it_is_over_and_leaves_the_client() {
        let current = Current::named("svc");
        let problem = || TokenError::new(TokenErrorKind::Configuration, "gone");
        current.fail(problem());
        assert_eq!(current.client().0.unwrap_err().to_string(), "gone");
        current.adopt(ClientSecretBasic::new("a").into()).unwrap();
        assert!(current.last_error().is_none());
        current.fail(problem());
        assert!(current.client().0.is_ok() && current.last_error().is_some());
        current.confirm();
        assert!(current.last_error().is_none());
    }
}
