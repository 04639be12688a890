//! What holds on any timeline.

use std::time::Duration;

use proptest::prelude::*;
use tower_oauth2_client_credentials::{State, TokenErrorKind};

use crate::{
    config,
    metered::metered,
    play::{Call, Play, Seen, in_driven_time, lock},
    resource::Refuse,
    timeline::timeline,
};

/// An attempt ends after six seconds.
const ATTEMPT: Duration = Duration::from_secs(6);

/// And a flight with all its attempts after twenty.
const FLIGHT: Duration = Duration::from_secs(20);

/// A timer rounds up to the next millisecond, and requests of one instant run one after the other.
const ROUNDING: Duration = Duration::from_millis(10);

proptest! {
    #![proptest_config(config(|| {}))]

    /// Invariants 1, 2, 5, 8 and 11, and no caller waits longer than its budget.
    #[test]
    fn any_timeline_keeps_the_invariants((replies, steps, draw) in timeline()) {
        let (log, metrics) = metered(|| in_driven_time(async {
            let play = Play::new(replies, draw);
            play.run(&steps).await;
            at_most_one_token_request_at_a_time(&lock(&play.log));
            no_token_past_its_end(&lock(&play.log));
            nobody_waits_longer_than_the_budget(&lock(&play.log));

            // Whatever happened, and however many gave up: once the server is well again, requests are served.
            play.recover();
            play.resource.refuse(Refuse::None);
            play.source.retry_now();
            tokio::time::sleep(Duration::from_secs(15 * 60)).await;
            play.clone().request(Call::default()).await;
            assert!(matches!(lock(&play.log).ended.last().unwrap().result, Some(Ok(()))), "it does not recover");
            assert!(play.source.health().is_usable() && play.source.health().state() != State::Gated);

            let seen = lock(&play.log);
            no_token_past_its_end(&seen);
            format!("{}{:?}{:?}", seen.shown, play.source, play.source.health())
        }));
        let shown = format!("{log}{metrics}");
        assert!(!shown.contains("canary"), "a secret or a token was shown: {shown}");
    }
}

fn at_most_one_token_request_at_a_time(seen: &Seen) {
    for (index, later) in seen.asked.iter().enumerate() {
        for earlier in &seen.asked[..index] {
            if earlier.scope != later.scope {
                continue;
            }
            let under_way = earlier.ended.is_none_or(|ended| ended > later.at);
            let within_limits = later.at - earlier.at < ATTEMPT;
            // A flight that a jump of the clocks made too old is given up, and goes on beside its successor for a while.
            let may_have_begun = earlier.at.saturating_sub(FLIGHT + ATTEMPT);
            let jumped = seen
                .jumps
                .iter()
                .any(|jump| (may_have_begun..=later.at).contains(jump));
            assert!(
                jumped || !(under_way && within_limits),
                "two at a time: {earlier:?} {later:?}"
            );
        }
    }
}

fn no_token_past_its_end(seen: &Seen) {
    for sent in &seen.sent {
        // The server may give one token several times; the latest end it gave before counts.
        let given = seen.asked.iter().filter_map(|asked| {
            let issued = asked
                .token
                .as_ref()
                .filter(|issued| issued.token == sent.token)?;
            Some((asked.at + issued.lifetime, asked.ended?, issued.lifetime))
        });
        let given: Vec<_> = given
            .filter(|(_, ended, _)| *ended <= sent.at + ROUNDING)
            .collect();
        let end = given
            .iter()
            .map(|(end, ..)| *end)
            .max()
            .expect("it was given");
        // One that had ended when it came is used once by those who waited for it.
        let lifeless = given
            .iter()
            .any(|(end, ended, _)| end <= ended && sent.at <= *ended + ROUNDING);
        assert!(
            sent.at < end || lifeless,
            "sent at {:?}, {:?} after its end",
            sent.at,
            sent.at - end
        );
    }
}

fn nobody_waits_longer_than_the_budget(seen: &Seen) {
    let budget = Duration::from_secs(10);
    for ended in &seen.ended {
        let answered = Duration::from_millis(ended.call.answer_after_ms);
        let slept_through = ended.at - ended.from > budget + answered + ROUNDING;
        let timed_out = matches!(ended.result, Some(Err(TokenErrorKind::Timeout)));
        assert!(
            !timed_out || ended.at - ended.from >= budget,
            "too early: {ended:?}"
        );
        // One that is sent twice may wait twice. True time goes on in a suspend, a caller's timer does not: only timelines without one are judged.
        assert!(
            !slept_through || ended.call.replay || !seen.jumps.is_empty(),
            "it waited too long: {ended:?}"
        );
    }
}
