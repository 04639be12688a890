//! What a fleet shares: names with values that end, and leases.

use std::{error::Error, fmt, future::Future, pin::Pin, time::Duration};

use bytes::Bytes;

/// What an operation of a [`Store`] comes to.
pub type StoreFuture<'a, T> =
    Pin<Box<dyn Future<Output = Result<T, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// What all replicas reach: `RedisStore`, or the twin of it in memory that the test kit has.
///
/// Each operation is one step that nobody comes in between of. It may fail or hang: the layer gives it 250 ms and goes on without.
/// What is dropped before it has ended may or may not have happened.
pub trait Store: fmt::Debug + Send + Sync {
    /// The value of `name`, if there is one.
    fn get<'a>(&'a self, name: &'a str) -> StoreFuture<'a, Option<Entry>>;

    /// Has `holder` hold `lease` for `ttl`, if nobody does. `false`: somebody else holds it. A lease without an end was not
    /// made here, and is taken over.
    fn acquire<'a>(
        &'a self,
        lease: &'a str,
        holder: &'a str,
        ttl: Duration,
    ) -> StoreFuture<'a, bool>;

    /// Has `holder` hold `lease` for `ttl` from now on. `false`: it is not its lease any more.
    fn extend<'a>(
        &'a self,
        lease: &'a str,
        holder: &'a str,
        ttl: Duration,
    ) -> StoreFuture<'a, bool>;

    /// Gives `lease` back, if it is `holder`'s.
    fn release<'a>(&'a self, lease: &'a str, holder: &'a str) -> StoreFuture<'a, bool>;

    /// Writes a value, and gives the lease back, if the writer holds it; also if nobody does, and the value is still
    /// [what the writer saw](Put::over). `false`: others were quicker, and theirs stays.
    fn put<'a>(&'a self, put: Put<'a>) -> StoreFuture<'a, bool>;

    /// Removes the value of `name`, if it is `value`.
    fn remove<'a>(&'a self, name: &'a str, value: &'a [u8]) -> StoreFuture<'a, bool>;
}

/// A value that was found.
#[derive(Clone)]
pub struct Entry {
    value: Bytes,
    left: Option<Duration>,
}

impl Entry {
    /// A value that ends after `left`, if it ends.
    #[must_use]
    pub fn new(value: impl Into<Bytes>, left: Option<Duration>) -> Self {
        Self {
            value: value.into(),
            left,
        }
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &Bytes {
        &self.value
    }

    /// How long the store keeps it from now on; `None`: for ever.
    #[must_use]
    pub fn left(&self) -> Option<Duration> {
        self.left
    }
}

impl fmt::Debug for Entry {
    /// Shows no value: it may not be sealed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Entry")
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}

/// What is to be written, and by whom.
#[derive(Clone, Copy)]
pub struct Put<'a> {
    pub(crate) name: &'a str,
    pub(crate) value: &'a [u8],
    pub(crate) ttl: Duration,
    pub(crate) lease: &'a str,
    pub(crate) holder: &'a str,
    pub(crate) over: Option<&'a [u8]>,
}

impl<'a> Put<'a> {
    /// The name of the value.
    #[must_use]
    pub fn name(&self) -> &'a str {
        self.name
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &'a [u8] {
        self.value
    }

    /// After which time it ends, never zero.
    #[must_use]
    pub fn ttl(&self) -> Duration {
        self.ttl
    }

    /// The lease under which it is written.
    #[must_use]
    pub fn lease(&self) -> &'a str {
        self.lease
    }

    /// Who writes.
    #[must_use]
    pub fn holder(&self) -> &'a str {
        self.holder
    }

    /// The value that the writer has seen, which is no longer than [what it reads](crate::MAX_VALUE); `None`: there was none.
    #[must_use]
    pub fn over(&self) -> Option<&'a [u8]> {
        self.over
    }
}

impl fmt::Debug for Put<'_> {
    /// Shows no value: it may not be sealed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Put")
            .field("name", &self.name)
            .field("ttl", &self.ttl)
            .field("lease", &self.lease)
            .finish_non_exhaustive()
    }
}
