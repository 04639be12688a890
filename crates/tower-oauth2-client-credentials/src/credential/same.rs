//! Whether two clients are one.

use std::time::SystemTime;

use http::Request;
use oauth2_client_credentials::{Client, EndpointUri, Fresh, TokenRequest};

use super::evidence::Prover;

/// Whether both would send the same. Nothing of a client can be looked at but what it makes, so both make the same request, with
/// the same time and randomness.
///
/// Signatures with a salt (`PS256` and its like) differ each time: such a client is never the same.
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
            head.headers == other_head.headers && body == other_body
        }
        _ => false,
    }
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
}
