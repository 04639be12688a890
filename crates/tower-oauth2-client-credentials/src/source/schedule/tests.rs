use super::*;

const fn secs(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

const fn millis(millis: u64) -> Duration {
    Duration::from_millis(millis)
}

/// Lifetime, then leeway, lead and minimum interval.
#[test]
fn leeway_lead_and_interval_follow_the_lifetime() {
    let schedule = Schedule::default();
    for (lifetime, leeway, lead, interval) in [
        (secs(1), millis(250), millis(500), millis(250)),
        (secs(5), millis(1_250), millis(2_500), millis(1_250)),
        (secs(60), secs(15), secs(30), secs(10)),
        (secs(120), secs(30), secs(60), secs(10)),
        (secs(300), secs(30), secs(60), secs(10)),
        (secs(600), secs(30), secs(120), secs(10)),
        (secs(3_600), secs(30), secs(720), secs(10)),
        (secs(86_400), secs(30), secs(900), secs(10)),
        (
            Duration::ZERO,
            Duration::ZERO,
            Duration::ZERO,
            Duration::ZERO,
        ),
    ] {
        assert_eq!(schedule.leeway(lifetime), leeway, "leeway of {lifetime:?}");
        assert_eq!(schedule.lead(lifetime), lead, "lead of {lifetime:?}");
        assert_eq!(
            schedule.interval(lifetime),
            interval,
            "interval of {lifetime:?}"
        );
    }
}

/// Lifetime, refresh_in, first, draw; then when it is renewed.
#[test]
fn a_token_is_renewed_between_one_and_one_and_a_half_leads_before_its_end() {
    let schedule = Schedule::default();
    for (lifetime, refresh_in, first, draw, refresh_at) in [
        (secs(3_600), None, false, 0.0, secs(2_880)),
        (secs(3_600), None, false, 1.0, secs(2_520)),
        (secs(3_600), None, false, 0.5, secs(2_700)),
        (secs(3_600), None, true, 0.0, secs(2_880)),
        (secs(3_600), None, true, 1.0, secs(1_080)),
        (secs(3_600), None, true, 0.5, secs(1_980)),
        (secs(3_600), Some(secs(1_000)), false, 0.0, secs(1_000)),
        (secs(3_600), Some(secs(1_000)), false, 1.0, secs(900)),
        (secs(3_600), Some(secs(3_500)), false, 0.0, secs(2_880)),
        (secs(3_600), Some(secs(1)), false, 0.0, secs(10)),
        (secs(3_600), Some(Duration::ZERO), true, 1.0, secs(10)),
        (secs(1), None, true, 0.0, millis(500)),
        (secs(1), None, true, 1.0, millis(300)),
        (secs(1), None, false, 1.0, millis(250)),
    ] {
        let times = schedule.times(lifetime, refresh_in, first, draw);
        assert_eq!(
            times.refresh_at, refresh_at,
            "{lifetime:?} {refresh_in:?} {first} {draw}"
        );
        assert_eq!(times.expiry, lifetime);
        assert!(times.refresh_at < times.prefer_until && times.prefer_until < times.expiry);
    }
}

#[test]
fn economy_renews_two_leeways_ahead_and_the_first_token_like_any_other() {
    let schedule = Schedule::economy();
    for draw in [0.0, 1.0] {
        let first = schedule.times(secs(3_600), None, true, draw);
        assert_eq!(first, schedule.times(secs(3_600), None, false, draw));
        assert_eq!(first.refresh_at, secs(3_540) - secs(30).mul_f64(draw));
    }
}

#[test]
fn a_lead_longer_than_the_lifetime_is_clamped_and_does_not_loop() {
    let schedule = Schedule::builder()
        .lead_fraction(1.0)
        .max_lead(secs(86_400))
        .build()
        .unwrap();
    for (lifetime, first) in [(secs(1), true), (secs(60), false), (secs(3_600), true)] {
        for draw in [0.0, 0.5, 1.0] {
            let times = schedule.times(lifetime, None, first, draw);
            assert!(
                times.refresh_at >= schedule.interval(lifetime),
                "{lifetime:?} {draw}: {times:?}"
            );
        }
    }
}

#[test]
fn a_backoff_is_full_jitter_under_a_ceiling_that_doubles() {
    let schedule = Schedule::default();
    for (failed, ceiling) in [
        (1, 200),
        (2, 400),
        (3, 800),
        (5, 3_200),
        (6, 5_000),
        (u32::MAX, 5_000),
    ] {
        assert_eq!(
            schedule.backoff(failed, 1.0),
            millis(ceiling),
            "after {failed}"
        );
        assert_eq!(
            schedule.backoff(failed, 0.5),
            millis(ceiling / 2),
            "after {failed}"
        );
        assert_eq!(
            schedule.backoff(failed, 0.0),
            Duration::ZERO,
            "after {failed}"
        );
    }
}

const SHORT: Situation = Situation::Usable { left: secs(90) };

/// Situation and failures; then the gate with the middle draw.
#[test]
fn a_gate_doubles_up_to_its_ceiling_half_of_it_more_or_less() {
    let schedule = Schedule::default();
    for (situation, failures, gate) in [
        (SHORT, 1, millis(1_000)),
        (SHORT, 2, millis(2_000)),
        (SHORT, 7, millis(60_000)),
        (SHORT, u32::MAX, millis(60_000)),
        (Situation::Transient, 1, millis(250)),
        (Situation::Transient, 4, millis(2_000)),
        (Situation::Transient, 9, millis(30_000)),
        (Situation::Terminal, 1, millis(5_000)),
        (Situation::Terminal, 2, millis(10_000)),
        (Situation::Terminal, 8, millis(300_000)),
    ] {
        let at = |draw| schedule.gate(situation, failures, Duration::ZERO, draw);
        assert_eq!(at(0.5), gate, "{situation:?} {failures}");
        assert_eq!(at(0.0), gate / 2, "{situation:?} {failures}");
        assert_eq!(at(1.0), gate * 3 / 2, "{situation:?} {failures}");
    }
    assert_eq!(
        schedule.gate(SHORT, 1, secs(18), 0.5),
        secs(18),
        "never shorter than the flight took"
    );
}

/// Failures, and what the token has left; then the gate with the middle draw.
#[test]
fn in_a_long_outage_a_gate_grows_with_what_the_token_has_left() {
    let schedule = Schedule::default();
    for (failures, left, gate) in [
        (7, secs(1_500), secs(60)),
        (8, secs(1_500), secs(60)),
        (9, secs(1_500), secs(300)),
        (9, secs(500), secs(250)),
        (20, secs(200), secs(100)),
        (20, secs(119), secs(60)),
        (20, Duration::ZERO, secs(60)),
        (u32::MAX, Duration::MAX, secs(300)),
    ] {
        let at = |draw| schedule.gate(Situation::Usable { left }, failures, Duration::ZERO, draw);
        assert_eq!(at(0.5), gate, "{failures} {left:?}");
        assert_eq!(at(0.0), gate / 2, "{failures} {left:?}");
        assert_eq!(at(1.0), gate * 3 / 2, "{failures} {left:?}");
        assert!(
            gate == secs(60) || at(1.0) < left,
            "there is time for another"
        );
    }
    let steady = schedule.to_builder().pause_while_usable(secs(10), secs(10));
    let steady = steady.build().unwrap();
    let at = |failures| {
        let situation = Situation::Usable { left: secs(900) };
        steady.gate(situation, failures, Duration::ZERO, 0.5)
    };
    assert_eq!([at(1), at(2), at(3)], [secs(10), secs(10), secs(50)]);
}

#[test]
fn retry_after_is_obeyed_for_ten_minutes_and_slept_if_an_attempt_still_fits() {
    let schedule = Schedule::default();
    assert_eq!(schedule.retry_after(secs(90)), secs(90));
    assert_eq!(schedule.retry_after(secs(3_600)), secs(600));
    assert_eq!(schedule.retry_after(Duration::MAX), secs(600));
    for (age, sleep, fits) in [
        (0, 14, true),
        (0, 15, false),
        (10, 4, true),
        (10, 5, false),
        (21, 0, false),
    ] {
        assert_eq!(schedule.fits(secs(age), secs(sleep)), fits, "{age} {sleep}");
    }
}
