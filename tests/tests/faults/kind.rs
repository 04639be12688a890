//! The faults, and what each of them may do to requests.

use std::time::Duration;

use tower_oauth2_client_credentials::TokenErrorKind;

use crate::scale::Scale;

/// What fails. All but the last four are between the program and its authorization server.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    BlackHole,
    Reset,
    CutBody,
    ResetBody,
    HalfOpen,
    Expired,
    Swapped,
    Rotated,
    ServerStopped,
    ClockForward,
    ClockBack,
    ProgramStopped,
    Descriptors,
}

impl Kind {
    pub(crate) const ALL: [Self; 13] = [
        Self::BlackHole,
        Self::Reset,
        Self::CutBody,
        Self::ResetBody,
        Self::HalfOpen,
        Self::Expired,
        Self::Swapped,
        Self::Rotated,
        Self::ServerStopped,
        Self::ClockForward,
        Self::ClockBack,
        Self::ProgramStopped,
        Self::Descriptors,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::BlackHole => "black hole: every packet is lost",
            Self::Reset => "reset: every connection, as soon as something is sent",
            Self::CutBody => "every answer ends in the middle of its body",
            Self::ResetBody => "the same, by a reset",
            Self::HalfOpen => "half-open: the packets of connections that exist are lost",
            Self::Expired => "the server's certificate has expired",
            Self::Swapped => "the server's certificate is from an unknown authority",
            Self::Rotated => "the server's certificate is rotated, twice",
            Self::ServerStopped => "the authorization server is stopped (SIGSTOP)",
            Self::ClockForward => "the wall clock is an hour ahead",
            Self::ClockBack => "the wall clock is an hour behind",
            Self::ProgramStopped => "the program is stopped (SIGSTOP)",
            Self::Descriptors => "the program has no descriptors left",
        }
    }

    pub(crate) fn is_over_tls(self) -> bool {
        matches!(self, Self::Expired | Self::Swapped | Self::Rotated)
    }

    /// Whether the program that sends requests has to be another one than that which makes the fault.
    pub(crate) fn needs_a_process(self) -> bool {
        matches!(self, Self::ProgramStopped | Self::Descriptors)
    }

    /// What requests may fail with, once their token has ended; nothing: none may fail.
    pub(crate) fn fails_with(self) -> &'static [TokenErrorKind] {
        match self {
            Self::BlackHole | Self::ServerStopped => {
                &[TokenErrorKind::Transient, TokenErrorKind::Timeout]
            }
            Self::Reset | Self::CutBody | Self::ResetBody | Self::Descriptors => {
                &[TokenErrorKind::Transient]
            }
            // Somebody has to act, and requests say so.
            Self::Expired | Self::Swapped => &[TokenErrorKind::Configuration],
            Self::HalfOpen
            | Self::Rotated
            | Self::ClockForward
            | Self::ClockBack
            | Self::ProgramStopped => &[],
        }
    }

    /// Whether an attempt fails only when its time is over.
    pub(crate) fn is_silent(self) -> bool {
        matches!(self, Self::BlackHole | Self::ServerStopped)
    }

    /// How many token requests there may be in a run that took so long.
    pub(crate) fn token_requests(self, scale: &Scale, took: Duration) -> u64 {
        // A new token no sooner than a quarter of a lifetime after the last, and one for a clock that was set.
        let steady = 2 + (took.as_secs_f64() / (scale.lifetime / 4).as_secs_f64()) as u64;
        if self.fails_with().is_empty() {
            return steady + 3;
        }
        // After the nth failed token request there is a pause of at least half of 250 ms, doubled n - 1 times; after one that nobody
        // can help, of half of its own first pause. Each has three attempts.
        let first = match self {
            Self::Expired | Self::Swapped => scale.terminal[0],
            _ => Duration::from_millis(250),
        };
        let (mut pauses, mut failed) = (Duration::ZERO, 1_u32);
        while pauses < took && failed < 20 {
            pauses += (first * (1 << (failed - 1))).min(self.ceiling(scale)) / 2;
            failed += 1;
        }
        steady + 3 * u64::from(failed)
    }

    fn ceiling(self, scale: &Scale) -> Duration {
        match self {
            Self::Expired | Self::Swapped => scale.terminal[1],
            _ => Duration::from_secs(30),
        }
    }
}
