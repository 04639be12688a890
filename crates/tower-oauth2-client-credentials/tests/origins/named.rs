//! What can be named.

use tower_oauth2_client_credentials::Origins;

use crate::page::rows;

#[test]
fn an_origin_is_named_or_refused_with_the_reason_on_the_page() {
    let rows = rows("What can be named");
    let mut named = 0;
    for (text, words) in &rows {
        let outcome = Origins::new([*text]).map(|_| ());
        let bound = Origins::transport_bound_to(*text).map(|_| ());
        assert_eq!(outcome, bound, "{text}");
        match (outcome, words[0]) {
            (Ok(()), "named") => named += 1,
            (Err(error), reason) if reason != "named" => {
                let error = error.to_string();
                assert!(error.contains(reason), "{text}: {error}");
                assert!(!error.contains("password"), "{text}: {error}");
            }
            (outcome, expected) => panic!("{text}: {outcome:?}, and not {expected}"),
        }
    }
    println!("{named} of {} can be named", rows.len());
}
