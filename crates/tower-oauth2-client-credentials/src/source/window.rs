//! For how long nobody has to look at a clock.

use std::time::Duration;

use crate::sync::{AtomicU64, Ordering};

/// A stretch of the coarse clock in which nothing changes for a request: one load and one comparison tell.
///
/// The coarse time at which it began and its length, in milliseconds, share a word. It is tied to one [`Kept`], so that a
/// late writer cannot vouch for a newer token; and who holds an older one sees by its window that it is.
#[derive(Debug, Default)]
pub(crate) struct Window(AtomicU64);

/// A window as it was read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen(u64);

impl Window {
    /// No longer than this, whatever is known: a suspend or a step of the clock is found at the next look.
    const LONGEST: Duration = Duration::from_secs(1);

    /// The coarse clock may be this much behind: a window ends that much early.
    const COARSENESS: Duration = Duration::from_millis(10);

    const SPAN_BITS: u32 = 10;

    /// A window without length, other than the one there is at first.
    const SEALED: u64 = u64::MAX << Self::SPAN_BITS;

    #[inline]
    pub(crate) fn read(&self) -> Seen {
        Seen(self.0.load(Ordering::Acquire))
    }

    /// Ends it for ever: its token is not the cell's any more.
    pub(crate) fn seal(&self) {
        self.0.swap(Self::SEALED, Ordering::AcqRel);
    }

    /// Opens the window at `coarse_ms` for `span`, if nobody else did since it was read. Whoever did is elected.
    pub(crate) fn open(&self, seen: Seen, coarse_ms: u64, span: Duration) -> bool {
        let span = span
            .min(Self::LONGEST)
            .saturating_sub(Self::COARSENESS)
            .as_millis() as u64;
        let new = coarse_ms << Self::SPAN_BITS | span;
        // Where the same window is open already, somebody was elected for it.
        new != seen.0
            && seen.0 != Self::SEALED
            && self
                .0
                .compare_exchange(seen.0, new, Ordering::AcqRel, Ordering::Relaxed)
                .is_ok()
    }
}

impl Seen {
    /// Whether `coarse_ms` lies inside. A clock that was set back is outside, as a rule.
    ///
    /// It is inside again if it was set back to within the span in which the window was opened, and nobody looked in between: after an
    /// hour without a request and a step back by that hour, say. The token may have ended meanwhile, and requests carry it until the
    /// window's end: for [`Window::LONGEST`], a second, at most. To find out would take a second clock for each request; the resource server
    /// refuses such a token, as it does any that has ended on the way, and the next look at both clocks finds its age.
    #[inline]
    pub(crate) fn holds(self, coarse_ms: u64) -> bool {
        let began = self.0 >> Window::SPAN_BITS;
        let span = self.0 & ((1 << Window::SPAN_BITS) - 1);
        coarse_ms.wrapping_sub(began) & (u64::MAX >> Window::SPAN_BITS) < span
    }
}

#[cfg(all(test, not(loom_models)))]
mod tests {
    use super::*;

    /// As by a clock that was set back to where the window was opened, after an hour without a request.
    #[test]
    fn a_clock_set_back_into_a_window_is_inside_for_less_than_a_second() {
        const OPENED: u64 = 5_000_000;
        let window = Window::default();
        assert!(window.open(window.read(), OPENED, Duration::from_secs(3_600)));
        let holds = |coarse_ms| window.read().holds(coarse_ms);
        assert!(!holds(OPENED + 3_600_000), "it has ended");
        assert!(!holds(OPENED - 1), "set back to before it");
        assert!(holds(OPENED) && holds(OPENED + 989), "set back into it");
        assert!(!holds(OPENED + 990), "it ends again");
        // Somebody looked in between, and found that the token had ended.
        window.seal();
        assert!(!holds(OPENED));
    }
}
