//! Time that survives a suspend and steps of the wall clock.
//!
//! A monotonic clock may stand still while the machine sleeps, and a wall clock can be set. Age is therefore added up from
//! both: the monotonic time that passed, and what the wall clock advanced beyond that, if it is too much for a correction.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use super::{Clock, Moment, SystemClock, wall_nanos};
use crate::sync::Slot;

/// A wall clock that gained more than this on the monotonic one was set, or the machine slept.
const JUMP: Duration = Duration::from_secs(1);

/// Differences between the two clocks below this are not worth remembering.
const NOISE: i128 = 10_000_000;

/// A token that comes from elsewhere may be older than this clock; none lives longer than ten years.
const HEAD_START: Duration = Duration::from_secs(20 * 365 * 24 * 60 * 60);

/// The clock by which tokens age and gates open. Reading it takes no lock.
#[derive(Debug)]
pub(crate) struct AgeClock {
    machine: SystemClock,
    /// Another than the machine's.
    other: Option<Arc<dyn Clock>>,
    seen: Slot<Seen>,
}

/// How far the wall clock was ahead of the monotonic one when both were last compared, and the jumps so far.
#[derive(Debug)]
struct Seen {
    ahead: i128,
    jumped: Duration,
}

impl AgeClock {
    /// By the machine's clocks, or by others.
    pub(crate) fn new(other: Option<Arc<dyn Clock>>) -> Self {
        let mut clock = Self {
            machine: SystemClock::new(),
            other,
            seen: Slot::new(None),
        };
        let (_, ahead) = read_both(clock.clock());
        let jumped = HEAD_START;
        clock.seen = Slot::new(Some(Arc::new(Seen { ahead, jumped })));
        clock
    }

    fn clock(&self) -> &dyn Clock {
        self.other.as_deref().unwrap_or(&self.machine)
    }

    /// Every request reads it: the machine's by no detour.
    #[inline]
    pub(crate) fn coarse_ms(&self) -> u64 {
        match &self.other {
            None => self.machine.coarse_ms(),
            Some(other) => other.coarse_ms(),
        }
    }

    /// The time of day, for what others wrote down in it.
    pub(crate) fn wall(&self) -> SystemTime {
        self.clock().wall()
    }

    /// Reads both clocks. Lock-free; allocates only when the clocks have drifted apart since they were last compared.
    pub(crate) fn now(&self) -> Moment {
        loop {
            // In this order: what was seen later than the clocks were read would look like a step back.
            let loaded = self.seen.load();
            let (monotonic, ahead) = read_both(self.clock());
            let seen = loaded
                .as_ref()
                .expect("a clock has seen something since it was made");
            let gained = ahead - seen.ahead;
            if gained.abs() < NOISE {
                return Moment::default() + monotonic + seen.jumped;
            }
            let jumped = match u64::try_from(gained) {
                Ok(gained) if Duration::from_nanos(gained) > JUMP => {
                    seen.jumped + Duration::from_nanos(gained)
                }
                _ => seen.jumped,
            };
            // Whoever loses this race compares again, with what the winner saw.
            if self.seen.replace(seen, Arc::new(Seen { ahead, jumped })) {
                return Moment::default() + monotonic + jumped;
            }
        }
    }
}

/// The monotonic clock, and how far the wall clock is ahead of it in nanoseconds.
fn read_both(clock: &dyn Clock) -> (Duration, i128) {
    let mut monotonic = clock.monotonic();
    let mut wall = wall_nanos(clock.wall());
    // A thread that was held up between the two readings would see a jump where there was none.
    for _ in 0..3 {
        let after = clock.monotonic();
        if (after.saturating_sub(monotonic).as_nanos() as i128) < NOISE {
            break;
        }
        (monotonic, wall) = (after, wall_nanos(clock.wall()));
    }
    (monotonic, wall - monotonic.as_nanos() as i128)
}

#[cfg(test)]
mod tests {
    use std::{sync::Mutex, time::UNIX_EPOCH};

    use super::*;

    /// Both clocks, in milliseconds, as a test sets them.
    #[derive(Clone, Debug, Default)]
    struct Driven(Arc<Mutex<(u64, i64)>>);

    impl Driven {
        /// Time passes, awake.
        fn pass(&self, millis: u64) {
            let mut clocks = self.0.lock().unwrap();
            clocks.0 += millis;
            clocks.1 += millis as i64;
        }

        /// The wall clock alone moves: a suspend, or somebody sets it.
        fn wall(&self, millis: i64) {
            self.0.lock().unwrap().1 += millis;
        }
    }

    impl Clock for Driven {
        fn monotonic(&self) -> Duration {
            Duration::from_millis(self.0.lock().unwrap().0)
        }

        fn wall(&self) -> SystemTime {
            let wall = self.0.lock().unwrap().1 + 1_700_000_000_000;
            let distance = Duration::from_millis(wall.unsigned_abs());
            if wall < 0 {
                UNIX_EPOCH - distance
            } else {
                UNIX_EPOCH + distance
            }
        }
    }

    /// What happens between two looks at the clock, and how much older a token is then.
    #[test]
    fn age_adds_up_what_passed_and_what_was_slept() {
        let driven = Driven::default();
        let clock = AgeClock::new(Some(Arc::new(driven.clone())));
        let mut last = clock.now();
        for (case, awake, wall, age) in [
            ("awake", 1_000, 0, 1_000),
            ("a nap", 0, 3_600_000, 3_600_000),
            ("a nap and a little more", 500, 60_000, 60_500),
            ("a correction", 1_000, 900, 1_000),
            ("another correction", 1_000, 1_000, 1_000),
            ("a step forward", 0, 1_001, 1_001),
            ("a step back", 1_000, -7_200_000, 1_000),
            ("a nap as long as the step back", 0, 7_200_000, 7_200_000),
            ("before the epoch", 10, -1_800_000_000_000, 10),
            ("and back again", 10, 1_800_000_000_000, 1_800_000_000_010),
        ] {
            driven.pass(awake);
            driven.wall(wall);
            let now = clock.now();
            assert_eq!(now.since(last), Duration::from_millis(age), "{case}");
            last = now;
        }
    }

    /// Reads its wall clock, is held up while another thread looks after a jump, and goes on.
    #[derive(Debug)]
    struct HeldUp {
        driven: Driven,
        other: Mutex<Option<Arc<AgeClock>>>,
    }

    impl Clock for HeldUp {
        fn monotonic(&self) -> Duration {
            Clock::monotonic(&self.driven)
        }

        fn wall(&self) -> SystemTime {
            let read = Clock::wall(&self.driven);
            let other = self.other.lock().unwrap().take();
            if let Some(other) = other {
                Driven::wall(&self.driven, 3_600_000);
                other.now();
            }
            read
        }
    }

    #[test]
    fn a_jump_counts_once_for_two_who_look_at_the_same_time() {
        let driven = Driven::default();
        let held_up = Arc::new(HeldUp {
            driven: driven.clone(),
            other: Mutex::default(),
        });
        let clock = Arc::new(AgeClock::new(Some(Arc::clone(&held_up) as Arc<dyn Clock>)));
        let before = clock.now();
        *held_up.other.lock().unwrap() = Some(Arc::clone(&clock));
        clock.now();
        let passed = clock.now().since(before);
        assert_eq!(passed, Duration::from_secs(3_600));
    }
}
