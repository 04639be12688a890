//! What time it is, and how old things are.

mod age;
mod moment;
mod system;

pub(crate) use self::{age::AgeClock, moment::Moment};

pub use self::system::SystemClock;

use std::{
    fmt,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

/// The clocks of the machine, or those of a test.
///
/// ```
/// use std::time::{Duration, SystemTime};
/// use tower_oauth2_client_credentials::Clock;
///
/// /// Stands still.
/// #[derive(Debug)]
/// struct Frozen;
///
/// impl Clock for Frozen {
///     fn monotonic(&self) -> Duration {
///         Duration::ZERO
///     }
///
///     fn wall(&self) -> SystemTime {
///         SystemTime::UNIX_EPOCH
///     }
/// }
/// ```
pub trait Clock: fmt::Debug + Send + Sync {
    /// Time since some fixed point. It never goes backwards, and may stand still while the machine sleeps.
    fn monotonic(&self) -> Duration;

    /// The time of day. It can be set, forwards and backwards.
    fn wall(&self) -> SystemTime;

    /// The time of day in milliseconds since 1970, to within 10 ms and as cheap as can be: every request reads it. It may wrap.
    ///
    /// Whenever [`monotonic`](Self::monotonic) advances, this has to advance by as much, beside what is added when the wall clock is set:
    /// for up to a second after each look at the other two clocks, requests that carry a token go by this one alone. One that stands
    /// still has them carry a token beyond its end.
    fn coarse_ms(&self) -> u64 {
        (wall_nanos(self.wall()) / 1_000_000) as u64
    }
}

/// Since 1970, or before.
fn wall_nanos(wall: SystemTime) -> i128 {
    match wall.duration_since(UNIX_EPOCH) {
        Ok(after) => after.as_nanos() as i128,
        Err(before) => -(before.duration().as_nanos() as i128),
    }
}
