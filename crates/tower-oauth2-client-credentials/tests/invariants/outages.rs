//! What an outage of the token endpoint costs.

use std::time::Duration;

use proptest::prelude::*;
use tokio::{task::JoinSet, time};
use tower_oauth2_client_credentials::TokenErrorKind;

use crate::{
    config,
    play::{Call, Ended, Play, in_driven_time, lock},
    timeline::{Reply, With},
};

fn failing() -> impl Strategy<Value = Vec<Reply>> {
    let with = prop_oneof![
        prop::sample::select(vec![500_u16, 503, 429]).prop_map(|status| With::Status {
            status,
            retry_after: None
        }),
        Just(With::Reset),
        Just(With::Hang),
        Just(With::Html),
        Just(With::Code {
            status: 401,
            code: "invalid_client"
        }),
    ];
    let reply = (0_u64..3_000, with).prop_map(|(after_ms, with)| Reply { after_ms, with });
    prop::collection::vec(reply, 1..6)
}

proptest! {
    #![proptest_config(config(|| {}))]

    /// Invariant 3: a renewal that fails for t seconds is attempted at most 5·(2 + log2 60 + t/30) times, and nobody notices.
    #[test]
    fn an_outage_behind_a_working_token_costs_few_attempts_and_delays_nobody(
        failing in failing(),
        outage_s in 1_u64..700,
        every_ms in 20_u64..5_000,
        draw in 0.0..=1.0,
    ) {
        in_driven_time(async {
            let hour = Reply { after_ms: 10, with: With::Token { lifetime: Some(3_600), same: false } };
            let play = Play::new([vec![hour], failing.repeat(1_000)].concat(), draw);
            play.clone().request(Call::default()).await;
            // Just before the first token's end minus its longest lead, and before its leeway at the end.
            time::sleep(Duration::from_secs(2_860)).await;
            let asked_before = lock(&play.log).asked.len();
            let begin = time::Instant::now();
            while begin.elapsed() < Duration::from_secs(outage_s) {
                let from = play.world.now();
                play.clone().request(Call::default()).await;
                assert_eq!(play.world.now(), from, "a request was delayed");
                time::sleep(Duration::from_millis(every_ms)).await;
            }
            let attempts = (lock(&play.log).asked.len() - asked_before) as f64;
            let bound = 5.0 * (2.0 + 60_f64.log2() + outage_s as f64 / 30.0);
            assert!(attempts <= bound, "{attempts} attempts in {outage_s} s, more than {bound}");
            assert!(lock(&play.log).ended.iter().all(|ended| matches!(ended.result, Some(Ok(())))));
        });
    }

    /// Invariant 4: those who wait for a flight that fails are told when it does; those who come later at once.
    #[test]
    fn all_who_wait_for_a_failing_flight_end_with_it(
        failing in failing(),
        waiting in 1_usize..50,
        joins_within_ms in 1_u64..100,
        draw in 0.0..=1.0,
    ) {
        in_driven_time(async {
            let play = Play::new(failing, draw);
            let mut callers = JoinSet::new();
            for index in 0..waiting {
                let play = play.clone();
                callers.spawn(async move {
                    time::sleep(Duration::from_millis(index as u64 * joins_within_ms / waiting as u64)).await;
                    play.request(Call::default()).await;
                });
            }
            callers.join_all().await;
            let seen = lock(&play.log);
            let timed_out = |ended: &&Ended| matches!(ended.result, Some(Err(TokenErrorKind::Timeout)));
            let told: Vec<_> = seen.ended.iter().filter(|ended| !timed_out(ended)).collect();
            let Some(first_told) = told.iter().map(|ended| ended.at).min() else { return };
            for ended in told {
                let together = ended.at - first_told <= Duration::from_millis(5);
                let late = ended.from >= first_told && ended.at == ended.from;
                assert!(together || late, "not with the others: {ended:?}, they at {first_told:?}");
            }
        });
    }
}
