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
    // What has been read does not depend on what follows: an element that is
    // none changes nothing of what stood before it.
    let followed = Challenge::parse(&[line, b",@ a=b, C d=e"].concat());
    assert_eq!(followed, challenges);
    // Nothing is read twice.
    let read: usize = challenges
        .iter()
        .map(|challenge| {
            let params = challenge.params().map(|(name, value)| name.len() + value.len());
            let token68 = challenge.token68().map_or(0, str::len);
            challenge.scheme().len() + token68 + params.sum::<usize>()
        })
        .sum();
    assert!(read <= String::from_utf8_lossy(line).len());
});
