//! The nonce of one server, and who has it.

/// What a server is: the nonces of one role say nothing about the other, even
/// where one server has both (RFC 9449 §9).
#[derive(Clone, Copy, Debug, Eq, Hash, PartialEq)]
#[non_exhaustive]
pub enum DpopRole {
    /// It issues tokens.
    AuthorizationServer,
    /// Tokens are shown to it.
    ResourceServer,
}

/// What is known of one server in one of its roles.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    role: DpopRole,
    origin: String,
    /// `None` as long as only the requests count.
    nonce: Option<String>,
    /// How many requests that have this nonce are not answered yet,
    current: u32,
    /// and how many that have an earlier one, or none.
    earlier: u32,
}

impl Entry {
    pub(super) fn new(role: DpopRole, origin: String) -> Self {
        Self {
            role,
            origin,
            nonce: None,
            current: 0,
            earlier: 0,
        }
    }

    pub(super) fn is_of(&self, role: DpopRole) -> bool {
        self.role == role
    }

    pub(super) fn is_for(&self, role: DpopRole, origin: &str) -> bool {
        self.role == role && self.origin == origin
    }

    pub(super) fn nonce(&self) -> Option<&str> {
        self.nonce.as_deref()
    }

    /// The nonce for a request that is about to be sent.
    pub(super) fn take(&mut self) -> Option<String> {
        self.current = self.current.saturating_add(1);
        self.nonce.clone()
    }

    /// Takes the nonce of an answer, and says whether the answer asks for it and
    /// the request did not have it.
    ///
    /// An answer that asks for nothing is taken for that of a request which had
    /// the nonce: if it was another's, one is repeated in vain, and if it were
    /// the other way round, one would fail that need not.
    pub(super) fn answered(&mut self, nonce: Option<&str>, asks: bool) -> bool {
        let is_new = nonce.is_some() && self.nonce.as_deref() != nonce;
        let is_late = asks && nonce.is_some() && self.earlier > 0;
        if is_new {
            self.nonce = nonce.map(str::to_owned);
            self.earlier = self.earlier.saturating_add(self.current).saturating_sub(1);
            self.current = 0;
        } else if is_late || self.current == 0 {
            self.earlier = self.earlier.saturating_sub(1);
        } else {
            self.current -= 1;
        }
        asks && (is_new || is_late)
    }
}
