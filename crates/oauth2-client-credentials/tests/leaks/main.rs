//! No public type shows a secret: not in its `Debug`, and no error in its text or in that of its causes.
//!
//! The types are those of the reviewed listing of the public API: one that is new has to be shown here.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![cfg(all(feature = "jose", feature = "mac"))]

mod answers;
mod credentials;
mod requests;
mod shown;

use crate::shown::Shown;

/// A secret and a token that are long enough for each algorithm.
const SECRET: &str = "canary-secret-5c1f-canary-secret-5c1f-canary-secret-5c1f-canary-secret-5c1f";
const TOKEN: &str = "canary-token-9d2e";

#[test]
fn no_public_type_shows_a_secret() {
    let shown = Shown::default();
    credentials::show(&shown);
    requests::show(&shown);
    answers::show(&shown);
    shown.assert_complete_and_clean(include_str!(
        "../../../../docs/api/oauth2-client-credentials.txt"
    ));
}
