//! The simulation of a fleet, as it is run from outside.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::process::Command;

use serde_json::Value;

/// The JSON that it prints.
fn run(arguments: &str) -> Value {
    let output = Command::new(env!("CARGO_BIN_EXE_fleet"))
        .args(arguments.split_whitespace())
        .arg("--json")
        .output()
        .unwrap();
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn number(report: &Value, pointer: &str) -> f64 {
    report.pointer(pointer).and_then(Value::as_f64).unwrap()
}

#[test]
fn a_short_outage_is_nobodys_and_the_fleet_spreads_out() {
    let report = run("--replicas 300 --hours 6 --outage 10");
    assert_eq!(number(&report, "/outage/failed_requests"), 0.0);
    assert_eq!(number(&report, "/outage/recovered_after_s"), 0.0);
    assert!(
        number(&report, "/outage/attempts_in_vain") > 0.0,
        "{report}"
    );
    assert!(
        number(&report, "/per_minute/peak") >= 300.0,
        "they start together"
    );
    assert!(
        number(&report, "/per_minute/steady_peak_to_mean") < 3.0,
        "{report}"
    );
    let quiet = number(&report, "/outage/mean_without_outage");
    let peak_after = number(&report, "/outage/peak_per_minute_after");
    assert!(
        peak_after < 7.0 * quiet,
        "not all come back at once: {report}"
    );
    let mean = number(&report, "/token_requests") / (60.0 * number(&report, "/hours"));
    assert!((number(&report, "/per_minute/mean") - mean).abs() < 0.001);
}

#[test]
fn a_long_outage_fails_requests_until_it_ends() {
    let report = run("--replicas 100 --hours 5 --outage 60 --outage-at 3");
    assert!(number(&report, "/outage/failed_requests") > 0.0, "{report}");
    let recovered = number(&report, "/outage/recovered_after_s");
    assert!(recovered > 0.0 && recovered <= 60.0, "{report}");
}

#[test]
fn with_the_shared_cache_the_fleet_is_one() {
    let report = run("--replicas 100 --hours 8 --outage 0 --shared-cache");
    assert!(number(&report, "/token_requests") <= 16.0, "{report}");
    assert!(number(&report, "/token_requests") >= 8.0, "{report}");
    assert_eq!(number(&report, "/outage/failed_requests"), 0.0);
}

#[test]
fn the_same_seed_plays_the_same_again() {
    let play = |seed| run(&format!("--replicas 50 --hours 3 --outage 5 --seed {seed}"));
    assert_eq!(play(7), play(7));
    assert_ne!(play(7)["token_requests"], play(8)["token_requests"]);
}

#[test]
fn a_plot_is_drawn_and_nonsense_refused() {
    let file = std::env::temp_dir().join(format!("fleet-{}.svg", std::process::id()));
    run(&format!(
        "--replicas 20 --hours 2 --plot {}",
        file.display()
    ));
    let svg = std::fs::read_to_string(&file).unwrap();
    std::fs::remove_file(&file).unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("20 replicas") && svg.ends_with("</svg>\n"));
    for arguments in ["--hours -1", "--outage-at 9", "--replicas 0", "--rps nan"] {
        let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
        let output = command.args(arguments.split(' ')).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments}");
    }
}
