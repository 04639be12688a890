//! The faults, and what each of them may do to requests.

use tower_oauth2_client_credentials::TokenErrorKind;

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

    /// Whether a failure is one that no repetition mends.
    pub(crate) fn is_terminal(self) -> bool {
        matches!(self, Self::Expired | Self::Swapped)
    }

    /// Whether a token may end before its time.
    pub(crate) fn sets_the_clock(self) -> bool {
        matches!(self, Self::ClockForward | Self::ClockBack)
    }
}
