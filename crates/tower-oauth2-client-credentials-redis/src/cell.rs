//! One shared token, as one order for it sees it.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::SystemTime,
};

use bytes::Bytes;
use tower_oauth2_client_credentials::{
    Clock, Fetch, InsteadOf, TokenDigest,
    oauth2_client_credentials::{TokenResponse, TokenType},
};

use crate::{
    event::CacheEvent,
    guarded::{Away, Guarded},
    handed::Handed,
    lease::Lease,
    names::{Name, Names},
    sealing::{Sealing, Unreadable},
    store::{Entry, Put},
    value::Shared,
};

/// What all orders of a layer have in common.
pub(crate) struct Settings {
    pub(crate) store: Arc<Guarded>,
    pub(crate) identity: String,
    pub(crate) namespace: String,
    pub(crate) sealing: Sealing,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) handed: Handed,
}

/// The token that an order is for.
#[derive(Debug)]
pub(crate) struct Cell<'a> {
    settings: &'a Settings,
    fetch: &'a Fetch,
    names: Names,
    /// What cannot be read is looked at more than once, and told about once.
    told: AtomicBool,
}

/// What stands in the store.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    /// The one that ends last of those that may answer the order.
    found: Option<Shared>,
    /// What stands where this replica writes.
    over: Option<Bytes>,
}

impl Settings {
    pub(crate) fn separate(&self) -> Self {
        Self {
            store: Arc::new(self.store.separate()),
            identity: self.identity.clone(),
            namespace: self.namespace.clone(),
            sealing: self.sealing.clone(),
            clock: Arc::clone(&self.clock),
            handed: Handed::default(),
        }
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("store", &self.store)
            .field("namespace", &self.namespace)
            .field("sealing", &self.sealing)
            .finish_non_exhaustive()
    }
}

impl<'a> Cell<'a> {
    pub(crate) fn new(settings: &'a Settings, fetch: &'a Fetch) -> Self {
        let names = Names::new(
            &settings.sealing,
            &settings.namespace,
            &settings.identity,
            fetch.request(),
        );
        Self {
            settings,
            fetch,
            names,
            told: AtomicBool::new(false),
        }
    }

    pub(crate) fn now(&self) -> SystemTime {
        self.settings.clock.wall()
    }

    pub(crate) fn tell(&self, event: &CacheEvent<'_>) {
        self.settings.store.tell(event);
    }

    pub(crate) fn lease(&self) -> Option<Lease> {
        Lease::new(&self.settings.store, self.names.own().lease())
    }

    /// Looks under every name, and removes what was refused.
    pub(crate) async fn look(&self) -> Result<Looked, Away> {
        let mut looked = Looked::default();
        for name in self.names.all() {
            let store = &self.settings.store;
            let entry = store.ask(|store| store.get(name.token())).await?;
            let Some(entry) = entry else { continue };
            let shared = self.read(name, &entry);
            if let Some(shared) = &shared
                && self.is_refused(shared.token())
            {
                let removed = store.ask(|store| store.remove(name.token(), entry.value()));
                if removed.await? {
                    self.tell(&CacheEvent::Removed);
                }
                continue;
            }
            if name.token() == self.names.own().token() {
                looked.over = Some(entry.value().clone());
            }
            let later = |shared: &Shared| {
                let best = looked.found.as_ref();
                best.is_none_or(|best| shared.expires_at() > best.expires_at())
            };
            if let Some(shared) = shared.filter(later)
                && self.may_answer(&shared)
            {
                looked.found = Some(shared);
            }
        }
        Ok(looked)
    }

    fn read(&self, name: &Name, entry: &Entry) -> Option<Shared> {
        let opened = self.settings.sealing.open(name.token(), entry.value());
        let shared = opened.and_then(|plain| {
            Shared::decode(&plain, self.fetch.request(), self.now(), entry.left())
                .ok_or(Unreadable::Garbage)
        });
        if let Err(why) = shared
            && !self.told.swap(true, Ordering::Relaxed)
        {
            self.tell(&CacheEvent::Unreadable { why });
        }
        shared.ok()
    }

    fn is_refused(&self, token: &TokenResponse) -> bool {
        let digest = TokenDigest::of(token.access_token());
        matches!(self.fetch.instead_of(), Some(InsteadOf::Rejection(refused)) if refused == digest)
    }

    /// Whether the order may be answered with this one: it is not the one to be replaced, nor one that ends sooner.
    fn may_answer(&self, shared: &Shared) -> bool {
        let Some(instead_of) = self.fetch.instead_of() else {
            return true;
        };
        if instead_of.digest() == TokenDigest::of(shared.token().access_token()) {
            return false;
        }
        let InsteadOf::Renewal(held) = instead_of else {
            return true;
        };
        let handed = &self.settings.handed;
        let end = handed.end_of(self.names.own().token(), held);
        end.is_none_or(|end| shared.expires_at() > end)
    }

    /// A token that is worth having, of those that were found.
    pub(crate) fn good(&self, looked: &Looked) -> Option<TokenResponse> {
        let found = looked.found.as_ref();
        let good = found.filter(|found| found.is_good(self.now()))?;
        Some(self.hand_out(good))
    }

    /// A token that works for a little while, for want of a better one.
    pub(crate) fn working(&self, looked: &Looked) -> Option<TokenResponse> {
        // Whoever renews has one that works as well.
        let renews = matches!(self.fetch.instead_of(), Some(InsteadOf::Renewal(_)));
        let found = looked.found.as_ref().filter(|_| !renews);
        let working = found.filter(|found| found.works(self.now()))?;
        Some(self.hand_out(working))
    }

    fn hand_out(&self, shared: &Shared) -> TokenResponse {
        self.settings.handed.out(
            self.names.own().token(),
            TokenDigest::of(shared.token().access_token()),
            shared.expires_at(),
            self.now(),
        );
        shared.token().clone()
    }

    /// Leaves a token that was asked for at `sent` for the others. Whether they get it.
    pub(crate) async fn share(
        &self,
        token: &TokenResponse,
        sent: SystemTime,
        lease: &Lease,
        looked: &Looked,
    ) -> bool {
        let name = self.names.own().token();
        let Some(shared) = Shared::new(token.clone(), sent) else {
            return false;
        };
        self.hand_out(&shared);
        if self.is_bound_to_who_knows(token) {
            return false;
        }
        let ttl = shared.left(self.now());
        let sealed = shared
            .encode()
            .and_then(|plain| self.settings.sealing.seal(name, &plain));
        let Some(value) = sealed.filter(|_| shared.works(self.now())) else {
            return false;
        };
        let put = Put {
            name,
            value: &value,
            ttl,
            lease: lease.name(),
            holder: lease.holder(),
            over: looked.over.as_deref(),
        };
        let put = self.settings.store.ask(|store| store.put(put)).await;
        if let Ok(false) = put {
            self.tell(&CacheEvent::Fenced);
        }
        put.unwrap_or(false)
    }

    /// Whether only who has its key can show it, and the identity does not say which key that is: another replica may have another.
    fn is_bound_to_who_knows(&self, token: &TokenResponse) -> bool {
        let identity = &self.settings.identity;
        let of_any_certificate = identity.contains("\nx5t#S256 ?");
        let of_any_key =
            matches!(token.token_type(), TokenType::DPoP) && !identity.contains("\njkt ");
        of_any_certificate || of_any_key
    }

    /// What this replica has from below, and shares with nobody.
    pub(crate) fn keep(&self, token: &TokenResponse, sent: SystemTime) {
        if let Some(shared) = Shared::new(token.clone(), sent) {
            self.hand_out(&shared);
        }
    }
}
