//! Random timelines.

use proptest::prelude::*;

use crate::{play::Call, resource::Refuse};

/// What the token endpoint does with one request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reply {
    pub(crate) after_ms: u64,
    pub(crate) with: With,
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum With {
    /// `None`: without `expires_in`. `same`: the token that was given before.
    Token {
        lifetime: Option<u64>,
        same: bool,
    },
    Status {
        status: u16,
        retry_after: Option<u64>,
    },
    Code {
        status: u16,
        code: &'static str,
    },
    /// Repeats the secret that it was sent.
    Echo,
    Redirect {
        status: u16,
    },
    Html,
    Reset,
    Hang,
    Panic,
}

#[derive(Clone, Debug)]
pub(crate) enum Step {
    Pass {
        ms: u64,
    },
    Requests {
        count: usize,
        every_ms: u64,
        call: Call,
    },
    /// This and a suspend have a request right after them: between two looks, a step back hides a sleep.
    SetWall {
        by_ms: i64,
    },
    /// Long enough to be told from a correction of the clock.
    Suspend {
        ms: u64,
    },
    Refuse(Refuse),
    Invalidate,
    ReplaceCredential,
    RetryNow,
}

pub(crate) fn lifetime() -> impl Strategy<Value = Option<u64>> {
    prop_oneof![
        2 => Just(Some(1)),
        2 => Just(Some(5)),
        3 => Just(Some(60)),
        3 => Just(Some(3_600)),
        1 => Just(Some(0)),
        1 => Just(None),
        1 => (1_u64..100_000).prop_map(Some),
    ]
}

pub(crate) fn reply() -> impl Strategy<Value = Reply> {
    let with = prop_oneof![
        8 => (lifetime(), prop::bool::weighted(0.2)).prop_map(|(lifetime, same)| With::Token { lifetime, same }),
        3 => (prop::sample::select(vec![408_u16, 429, 500, 503]), prop::option::of(0_u64..900)).prop_map(|(status, retry_after)| With::Status { status, retry_after }),
        1 => prop::sample::select(vec![(401_u16, "invalid_client"), (400, "invalid_scope"), (200, "invalid_scope"), (503, "server_error")]).prop_map(|(status, code)| With::Code { status, code }),
        1 => Just(With::Echo),
        1 => prop::sample::select(vec![301_u16, 302, 303, 307, 308]).prop_map(|status| With::Redirect { status }),
        1 => Just(With::Html),
        1 => Just(With::Reset),
        1 => Just(With::Hang),
        1 => Just(With::Panic),
    ];
    let after = prop_oneof![6 => 0_u64..200, 1 => 200_u64..7_000];
    (after, with).prop_map(|(after_ms, with)| Reply { after_ms, with })
}

/// A request; one in four is for another token than the source's own.
pub(crate) fn call() -> impl Strategy<Value = Call> {
    let give_up = prop::option::weighted(0.4, prop_oneof![0_u64..60, 60_u64..9_000]);
    let scope = prop_oneof![6 => Just(0_u8), 1 => Just(1), 1 => Just(2)];
    let answer = prop_oneof![3 => Just(0_u64), 1 => 1_u64..3_000];
    (give_up, scope, answer, any::<bool>()).prop_map(
        |(give_up_after_ms, scope, answer_after_ms, replay)| Call {
            give_up_after_ms,
            scope,
            answer_after_ms,
            replay,
        },
    )
}

pub(crate) fn refuse() -> impl Strategy<Value = Refuse> {
    prop::sample::select(vec![Refuse::None, Refuse::All, Refuse::Seen, Refuse::Seen])
}

fn requests() -> impl Strategy<Value = Step> {
    (
        1_usize..20,
        prop_oneof![Just(0_u64), 1_u64..400, 400_u64..20_000],
        call(),
    )
        .prop_map(|(count, every_ms, call)| Step::Requests {
            count,
            every_ms,
            call,
        })
}

fn pass() -> impl Strategy<Value = Step> {
    prop_oneof![1_u64..2_000, 1_u64..100_000, 1_u64..5_000_000].prop_map(|ms| Step::Pass { ms })
}

pub(crate) fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => pass(),
        8 => requests(),
        1 => prop_oneof![-7_200_000_i64..-2_000, 2_000_i64..7_200_000].prop_map(|by_ms| Step::SetWall { by_ms }),
        1 => prop_oneof![3_000_u64..30_000, 3_000_u64..8_000_000].prop_map(|ms| Step::Suspend { ms }),
        1 => refuse().prop_map(Step::Refuse),
        1 => Just(Step::Invalidate),
        1 => Just(Step::ReplaceCredential),
        1 => Just(Step::RetryNow),
    ]
}

/// Requests, and a resource that refuses now these tokens and now those.
pub(crate) fn refusals() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        4 => pass(),
        8 => requests(),
        4 => refuse().prop_map(Step::Refuse),
    ];
    prop::collection::vec(step, 1..30)
}

pub(crate) fn timeline() -> impl Strategy<Value = (Vec<Reply>, Vec<Step>, f64)> {
    (
        prop::collection::vec(reply(), 1..12),
        prop::collection::vec(step(), 1..25),
        0.0..=1.0,
    )
}
