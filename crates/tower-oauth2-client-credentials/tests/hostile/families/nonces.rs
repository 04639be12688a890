//! Nonces for proofs (RFC 9449 §8) that are huge, that are none, and that are wanted again and again.

use tower_oauth2_client_credentials::TokenErrorKind;

use crate::answer::{Answer, Expected, JSON, PROTOCOL, SECRET, TOKEN, TRANSIENT, both, good_body};

const NONCE: Expected = Expected::Error(TokenErrorKind::NonceRequired);
const TYPE: Expected = Expected::Error(TokenErrorKind::UnsupportedTokenType);

pub(crate) fn answers() -> Vec<Answer> {
    let mut answers = Vec::new();
    for (name, nonce, expected) in [
        // Once more with it, and that is the answer.
        ("a nonce", "n0nce".to_owned(), NONCE),
        ("a nonce of 256", "n".repeat(256), NONCE),
        // Too long to be sent back.
        ("a nonce of 12 KB", "n".repeat(12_000), NONCE),
        ("a nonce of 1 MB", "n".repeat(1 << 20), TRANSIENT),
        ("an empty nonce", String::new(), PROTOCOL),
        ("a nonce with spaces", "a b c".to_owned(), PROTOCOL),
        ("a nonce in quotes", "\"a\"".to_owned(), PROTOCOL),
        ("a nonce that is not ASCII", "\u{e9}".repeat(10), PROTOCOL),
        ("the secret as a nonce", SECRET.to_owned(), NONCE),
    ] {
        for status in [400, 401] {
            let body = "{\"error\":\"use_dpop_nonce\"}";
            let headers = [JSON, ("dpop-nonce", &*nonce)];
            answers.extend(both(
                format!("{name}, {status}"),
                status,
                &headers,
                body,
                expected,
            ));
        }
    }
    let twice = [JSON, ("dpop-nonce", "a"), ("dpop-nonce", "b")];
    let wanted = "{\"error\":\"use_dpop_nonce\"}";
    answers.extend(both("two nonces", 400, &twice, wanted, NONCE));
    answers.extend(both("a bearer token", 200, &[JSON], good_body(), TYPE));
    let bound =
        format!("{{\"access_token\":\"{TOKEN}\",\"token_type\":\"DPoP\",\"expires_in\":60}}");
    let huge = "n".repeat(8_000);
    let headers = [JSON, ("dpop-nonce", &*huge)];
    answers.extend(both(
        "a token with a huge nonce",
        200,
        &headers,
        bound,
        Expected::Token,
    ));
    answers.into_iter().map(Answer::with_a_key).collect()
}
