//! The clocks of the machine.

use std::time::{Duration, Instant, SystemTime};

use super::Clock;

/// The clocks of the machine: on Linux and Android the one that goes on in a suspend, elsewhere [`Instant`].
#[derive(Clone, Copy, Debug)]
pub struct SystemClock {
    #[cfg_attr(
        any(target_os = "linux", target_os = "android"),
        allow(dead_code, reason = "the boot-time clock has its own start")
    )]
    start: Instant,
}

impl SystemClock {
    /// The clocks of this machine.
    #[must_use]
    pub fn new() -> Self {
        Self {
            start: Instant::now(),
        }
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        read(rustix::time::ClockId::Boottime)
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }

    #[inline]
    fn coarse_ms(&self) -> u64 {
        let time = rustix::time::clock_gettime(rustix::time::ClockId::RealtimeCoarse);
        (time.tv_sec as u64)
            .wrapping_mul(1_000)
            .wrapping_add(time.tv_nsec as u64 / 1_000_000)
    }
}

#[cfg(any(target_os = "linux", target_os = "android"))]
fn read(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    Duration::new(
        time.tv_sec.try_into().unwrap_or(0),
        time.tv_nsec.try_into().unwrap_or(0),
    )
}

#[cfg(not(any(target_os = "linux", target_os = "android")))]
impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.start.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::now()
    }
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;

    #[test]
    fn the_machines_clocks_go_forward() {
        let clock = SystemClock::new();
        let first = clock.monotonic();
        let start = Instant::now();
        while start.elapsed() < Duration::from_millis(5) {}
        let passed = clock.monotonic() - first;
        assert!(
            (Duration::from_millis(5)..Duration::from_secs(5)).contains(&passed),
            "{passed:?}"
        );
    }

    #[test]
    fn the_coarse_clock_is_the_wall_clock() {
        let clock = SystemClock::new();
        let wall = clock.wall().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
        let coarse = clock.coarse_ms();
        assert!(wall.abs_diff(coarse) < 100, "{wall} {coarse}");
    }
}
