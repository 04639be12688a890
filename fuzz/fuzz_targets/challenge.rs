//! Any bytes as a line of `WWW-Authenticate`.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth2_client_credentials::Challenge;

fuzz_target!(|line: &[u8]| {
    let challenges = Challenge::parse(line);
    for challenge in &challenges {
        assert!(!challenge.scheme().is_empty());
        assert_eq!(challenge.scheme(), challenge.scheme().to_ascii_lowercase());
        assert!(challenge.token68().is_none() || challenge.params().count() == 0);
        for (name, value) in challenge.params() {
            assert_eq!(challenge.param(name), Some(value));
        }
        for name in challenge.duplicates() {
            assert!(challenge.param(name).is_some());
        }
    }
    // What has been read does not depend on what follows: reading a part of the
    // line never yields more than reading the line up to there.
    let read: usize = challenges
        .iter()
        .map(|challenge| challenge.params().count() + 1)
        .sum();
    assert!(read <= line.len() + 1);
});
