//! Whether two clients are one.

use std::time::SystemTime;

use http::Request;
use oauth2_client_credentials::{Client, EndpointUri, Fresh, TokenRequest};

use super::evidence::Prover;

/// Whether both would send the same. Nothing of a client can be looked at but what it makes, so both make the same request, with
/// the same time and randomness.
///
/// Signatures with a salt (`PS256` and its like) differ each time. So those of clients with keys are not compared, but the keys.
pub(super) fn same_client(one: &Prover, other: &Prover) -> bool {
    match (one, other) {
        // What follows from the same material is the same.
        (Prover::Client(_), Prover::Client(_)) | (Prover::Material(..), Prover::Material(..)) => {
            match (one.client(None), other.client(None)) {
                (Ok(one), Ok(other)) => sends_the_same(&one, &other),
                _ => false,
            }
        }
        _ => false,
    }
}

fn sends_the_same(one: &Client, other: &Client) -> bool {
    let Ok(endpoint) = EndpointUri::new("https://same.invalid/") else {
        return false;
    };
    let request = |client: &Client| {
        let fresh = Fresh::new(SystemTime::UNIX_EPOCH, [0; 16]);
        let request = client
            .with_fresh(fresh)
            .token_request(&endpoint, &TokenRequest::default());
        request.ok().map(Request::into_parts)
    };
    match (request(one), request(other)) {
        (Some((head, body)), Some((other_head, other_body))) => {
            head.headers == other_head.headers
                && (body == other_body || same_but_for_signature(one, other, &body, &other_body))
        }
        _ => false,
    }
}

#[cfg(feature = "jose")]
fn same_but_for_signature(one: &Client, other: &Client, body: &[u8], other_body: &[u8]) -> bool {
    let key = one.key_thumbprint();
    key.is_some()
        && key == other.key_thumbprint()
        && without_signature(body) == without_signature(other_body)
}

/// A form in which the assertion has no signature: base64url and dots, which no encoding changes.
#[cfg(feature = "jose")]
fn without_signature(body: &[u8]) -> Vec<&[u8]> {
    const ASSERTION: &[u8] = b"client_assertion=";
    body.split(|byte| *byte == b'&')
        .map(|pair| {
            let dot = pair.iter().rposition(|byte| *byte == b'.');
            let end = dot.filter(|_| pair.starts_with(ASSERTION));
            &pair[..end.unwrap_or(pair.len())]
        })
        .collect()
}

#[cfg(not(feature = "jose"))]
fn same_but_for_signature(_: &Client, _: &Client, _: &[u8], _: &[u8]) -> bool {
    false
}

#[cfg(test)]
mod tests {
    use oauth2_client_credentials::{
        ClientAssertion, ClientAuthentication, ClientSecretBasic, ClientSecretPost,
    };

    use super::*;

    #[test]
    fn a_client_is_what_it_sends() {
        let client = |authentication: ClientAuthentication| Client::new("svc", authentication);
        let all = || {
            [
                client(ClientSecretBasic::new("a").into()).unwrap(),
                client(ClientSecretBasic::new("b").into()).unwrap(),
                client(ClientSecretPost::new("a").into()).unwrap(),
                client(ClientAssertion::new("a.b.c").into()).unwrap(),
                Client::new("other", ClientSecretBasic::new("a")).unwrap(),
            ]
        };
        for (row, one) in all().iter().enumerate() {
            for (column, other) in all().iter().enumerate() {
                assert_eq!(
                    sends_the_same(one, other),
                    row == column,
                    "{one:?} {other:?}"
                );
            }
        }
    }

    #[cfg(feature = "jose")]
    #[test]
    fn a_client_that_signs_is_its_key_and_what_it_signs() {
        use oauth2_client_credentials::{
            AssertionTemplate, JwsAlgorithm, PrivateKeyJwt, SigningKey,
        };

        let ec = |byte| SigningKey::generate(|bytes| bytes.fill(byte)).unwrap();
        let rsa = |algorithm| {
            let key = SigningKey::from_pem(include_str!(
                "../../../oauth2-client-credentials/tests/keys/rsa-pkcs1.pem"
            ))
            .unwrap();
            key.with_algorithm(algorithm).unwrap()
        };
        let all = || {
            let client = |jwt: PrivateKeyJwt| Client::new("svc", jwt).unwrap();
            [
                client(PrivateKeyJwt::new(ec(7))),
                client(PrivateKeyJwt::new(ec(8))),
                client(PrivateKeyJwt::new(rsa(JwsAlgorithm::RS256))),
                client(PrivateKeyJwt::new(rsa(JwsAlgorithm::PS256))),
                client(
                    PrivateKeyJwt::new(rsa(JwsAlgorithm::PS256))
                        .template(AssertionTemplate::new().key_id("k2")),
                ),
            ]
        };
        for (row, one) in all().iter().enumerate() {
            for (column, other) in all().iter().enumerate() {
                assert_eq!(sends_the_same(one, other), row == column, "{row} {column}");
            }
        }
    }
}
