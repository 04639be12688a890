//! Panics that a scenario asks for.

use std::panic;

/// What the scripted endpoint panics with.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Deliberate;

/// Panics because the scenario says so.
pub(crate) fn deliberately() -> ! {
    panic::panic_any(Deliberate)
}

/// Keeps those out of the output, and no other.
pub(crate) fn silence_deliberate_ones() {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        if !info.payload().is::<Deliberate>() {
            usual(info);
        }
    }));
}
