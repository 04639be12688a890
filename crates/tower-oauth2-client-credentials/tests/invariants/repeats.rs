//! How often a server is asked that does not make it easy.

use std::time::Duration;

use proptest::prelude::*;
use tokio::time;

use crate::{
    config,
    play::{Call, Play, in_driven_time, lock},
    timeline::{Reply, With},
};

proptest! {
    #![proptest_config(config(|| {}))]

    /// Invariant 9: whatever the lifetimes, and if tokens repeat, successful fetches are a minimum interval apart while a
    /// token is usable.
    #[test]
    fn successful_fetches_keep_their_distance(
        tokens in prop::collection::vec((prop::sample::select(vec![Some(1), Some(5), Some(60), None]), any::<bool>(), 0_u64..100), 1..6),
        every_ms in prop_oneof![5_u64..50, 50_u64..500],
        seconds in 1_u64..40,
        draw in 0.0..=1.0,
    ) {
        in_driven_time(async {
            let replies = tokens.iter().map(|&(lifetime, same, after_ms)| Reply { after_ms, with: With::Token { lifetime, same } });
            let play = Play::new(replies.collect(), draw);
            let begin = time::Instant::now();
            while begin.elapsed() < Duration::from_secs(seconds) {
                play.clone().request(Call::default()).await;
                time::sleep(Duration::from_millis(every_ms)).await;
            }
            let seen = lock(&play.log);
            for pair in seen.asked.windows(2) {
                let [earlier, later] = pair else { unreachable!("windows of two") };
                let lifetime = earlier.token.as_ref().unwrap().lifetime;
                let usable = later.at < earlier.at + lifetime;
                let interval = (lifetime / 4).min(Duration::from_secs(10));
                assert!(!usable || later.at - earlier.at >= interval, "{earlier:?} {later:?}");
            }
        });
    }
}
