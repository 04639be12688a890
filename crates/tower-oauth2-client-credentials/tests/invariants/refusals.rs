//! What a resource costs that refuses tokens, and where refused tokens go.

use std::{collections::HashSet, time::Duration};

use proptest::prelude::*;

use crate::{
    config,
    play::{Asked, Play, Seen, Sent, in_driven_time, lock},
    resource::Refuse,
    timeline::{Reply, Step, With, refusals, step},
};

/// Requests of one instant run one after the other, and timers round up.
const ROUNDING: Duration = Duration::from_millis(3);

fn tokens() -> impl Strategy<Value = Vec<Reply>> {
    let lifetime = prop::sample::select(vec![Some(60), Some(3_600), None]);
    let reply = (0_u64..900, lifetime).prop_map(|(after_ms, lifetime)| Reply {
        after_ms,
        with: With::Token {
            lifetime,
            same: false,
        },
    });
    prop::collection::vec(reply, 1..5)
}

fn mixed() -> impl Strategy<Value = Vec<Reply>> {
    let with = prop_oneof![
        6 => Just(With::Token { lifetime: Some(3_600), same: false }),
        2 => Just(With::Token { lifetime: Some(3_600), same: true }),
        1 => Just(With::Status { status: 500, retry_after: None }),
        1 => Just(With::Reset),
    ];
    let reply = (0_u64..900, with).prop_map(|(after_ms, with)| Reply { after_ms, with });
    prop::collection::vec(reply, 1..8)
}

proptest! {
    #![proptest_config(config(|| {}))]

    /// Invariant 6: however many requests one token is refused for, one forced flight follows at most.
    #[test]
    fn refusals_of_one_token_cost_one_forced_flight(
        replies in tokens(),
        steps in refusals(),
        draw in 0.0..=1.0,
    ) {
        in_driven_time(async {
            let play = Play::new(replies, draw);
            play.run(&steps).await;
            let seen = lock(&play.log);
            for (index, refused) in seen.forced.iter().enumerate() {
                assert!(!seen.forced[..index].contains(refused), "a second forced flight for one token");
            }
            let refused = seen.sent.iter().filter(|sent| sent.refused_at.is_some());
            let refused: HashSet<_> = refused.map(|sent| &sent.token).collect();
            assert!(seen.forced.len() <= refused.len(), "{} forced flights for {} tokens", seen.forced.len(), refused.len());
        });
    }

    /// Invariant 7: once there is a newer token, a refused one is not attached again. With failures and repeated tokens too.
    #[test]
    fn a_refused_token_is_not_attached_once_there_is_a_newer_one(
        replies in mixed(),
        steps in prop::collection::vec(prop_oneof![3 => step(), 1 => Just(Step::Refuse(Refuse::Seen))], 1..30),
        draw in 0.0..=1.0,
    ) {
        in_driven_time(async {
            let play = Play::new(replies, draw);
            // A clock that is set forward makes a token older than it is, and it is remembered by its age.
            let other = |step: &Step| !matches!(step, Step::SetWall { .. });
            let steps: Vec<_> = steps.into_iter().filter(other).collect();
            play.run(&steps).await;
            no_refused_token_again(&lock(&play.log));
        });
    }
}

fn no_refused_token_again(seen: &Seen) {
    for sent in &seen.sent {
        let same = |other: &&Sent| other.token == sent.token;
        let refused_at = seen
            .sent
            .iter()
            .filter(same)
            .filter_map(|other| other.refused_at)
            .min();
        let Some(refused_at) = refused_at.filter(|at| *at + ROUNDING < sent.at) else {
            continue;
        };
        let of = |token: &str| {
            let asked = seen.asked.iter();
            asked
                .filter(|asked| {
                    asked
                        .token
                        .as_ref()
                        .is_some_and(|issued| issued.token == token)
                })
                .collect::<Vec<_>>()
        };
        let given = of(&sent.token);
        let before = |asked: &&&Asked| asked.ended.is_some_and(|ended| ended <= sent.at);
        let last = given.iter().rfind(before).expect("what was sent was given");
        // It is remembered as long as it was to live when it was refused; after that nobody knows it.
        let known_until = given
            .iter()
            .filter(|asked| {
                asked
                    .ended
                    .is_some_and(|ended| ended <= refused_at + ROUNDING)
            })
            .map(|asked| asked.at + asked.token.as_ref().expect("given").lifetime)
            .max()
            .expect("it was given before it was refused");
        if known_until <= sent.at {
            continue;
        }
        let newer = seen.asked.iter().find(|asked| {
            asked.scope == last.scope
                && asked.at > last.at
                && asked.token.as_ref().is_some_and(|issued| issued.token != sent.token)
                && asked.ended.is_some_and(|ended| ended + ROUNDING < sent.at)
                // One that was refused before itself is no newer token.
                && !seen.sent.iter().any(|other| {
                    let token = &asked.token.as_ref().expect("given").token;
                    other.token == *token && other.refused_at.is_some_and(|at| at <= asked.ended.expect("ended") + ROUNDING)
                })
        });
        assert!(
            newer.is_none(),
            "{sent:?} was refused at {refused_at:?}, and there was {newer:?}"
        );
    }
}
