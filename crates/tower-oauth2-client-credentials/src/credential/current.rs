//! What is known of a credential by now.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use tokio::time::Instant;

use super::{
    evidence::{Evidence, Prover},
    same::same_client,
};
use crate::{
    error::{BoxError, TokenError, TokenErrorKind},
    heard::Hidden,
};

/// The latest client that was read, its version, and what was wrong since.
pub(super) struct Current {
    /// Which client it is, also before anything was read.
    client_id: Box<str>,
    state: RwLock<State>,
}

#[derive(Default)]
struct State {
    prover: Option<Prover>,
    /// What was read last; `replace` may have put another in its place since.
    read: Option<Prover>,
    version: u64,
    read_at: Option<Instant>,
    problem: Option<TokenError>,
}

impl Current {
    pub(super) fn of(prover: Prover) -> Self {
        let this = Self::named(prover.id());
        this.replace(prover);
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
        match &self.state().prover {
            // `replace` may bring another one.
            Some(prover) => prover.id().to_owned(),
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
    pub(super) fn prover(&self) -> (Result<Prover, TokenError>, u64) {
        let state = self.state();
        let prover = match (&state.prover, &state.problem) {
            (Some(prover), _) => Ok(prover.clone()),
            (None, Some(problem)) => Err(problem.clone()),
            (None, None) => Err(TokenError::new(
                TokenErrorKind::Transient,
                "the client's credential was not read: what reads it panicked or was stopped; the panic hook was told why",
            )),
        };
        (prover, state.version)
    }

    /// What the one that there is keeps secret, to be hidden in what others say.
    pub(super) fn hidden(&self) -> Hidden {
        let prover = self.state().prover.clone();
        prover.map(|prover| prover.hidden()).unwrap_or_default()
    }

    pub(super) fn replace(&self, prover: Prover) {
        let mut state = self.state_mut();
        state.prover = Some(prover);
        state.version += 1;
        state.problem = None;
    }

    /// Takes over what was read. What is no other client is no new version.
    pub(super) fn adopt(&self, evidence: Evidence) -> Result<(), BoxError> {
        let prover = evidence.of(&self.client_id)?;
        let (read, current) = {
            let state = self.state();
            (state.read.clone(), state.prover.clone())
        };
        // Compared outside the lock: keys sign for it.
        let same = |known: Option<Prover>| known.is_some_and(|known| same_client(&known, &prover));
        if !same(read) {
            self.state_mut().read = Some(prover.clone());
            if !same(current) {
                self.replace(prover);
            }
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
        "the client's credential cannot be read outside a tokio runtime; await requests inside one",
    )
}

#[cfg(test)]
mod tests {
    use oauth2_client_credentials::{Client, ClientSecretBasic, ClientSecretPost, Material};

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
        for (secret, version) in [("a", 5), ("a", 5), ("b", 6)] {
            current.adopt(Material::secret(secret).into()).unwrap();
            assert_eq!(current.version(), version, "one that follows");
        }
    }

    #[test]
    fn one_that_was_replaced_stays_until_another_is_read() {
        let current = Current::named("svc");
        let by_hand = Client::new("svc", ClientSecretBasic::new("by hand")).unwrap();
        for (secret, version) in [("a", 2), ("a", 2), ("b", 3)] {
            current
                .adopt(ClientSecretBasic::new(secret).into())
                .unwrap();
            if current.version() == 1 {
                current.replace(Prover::Client(by_hand.clone()));
            }
            assert_eq!(current.version(), version, "{secret}");
        }
    }

    #[test]
    fn a_problem_is_told_until_it_is_over_and_leaves_the_client() {
        let current = Current::named("svc");
        let problem = || TokenError::new(TokenErrorKind::Configuration, "gone");
        current.fail(problem());
        assert_eq!(current.prover().0.unwrap_err().to_string(), "gone");
        current.adopt(ClientSecretBasic::new("a").into()).unwrap();
        assert!(current.last_error().is_none());
        current.fail(problem());
        assert!(current.prover().0.is_ok() && current.last_error().is_some());
        current.confirm();
        assert!(current.last_error().is_none());
    }
}
