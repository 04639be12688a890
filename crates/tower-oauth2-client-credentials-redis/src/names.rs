//! Where a token stands in the store.

use std::fmt::Write;

use tower_oauth2_client_credentials::oauth2_client_credentials::{
    Client, EndpointUri, NoAuthentication, TokenRequest,
};

use crate::sealing::Sealing;

/// The names of one token: one for each sealing key. Nothing can be read from them.
#[derive(Debug)]
pub(crate) struct Names {
    names: Vec<Name>,
}

/// Under one key.
#[derive(Debug)]
pub(crate) struct Name {
    token: String,
    lease: String,
}

impl Names {
    pub(crate) fn new(
        sealing: &Sealing,
        namespace: &str,
        identity: &str,
        request: &TokenRequest,
    ) -> Self {
        let mut cell = Vec::new();
        let body = body(request);
        for part in [namespace.as_bytes(), identity.as_bytes(), &body] {
            cell.extend_from_slice(&(part.len() as u64).to_be_bytes());
            cell.extend_from_slice(part);
        }
        let names = sealing.names(&cell).into_iter().map(|hash| {
            // A cluster keeps together what has the same text in braces.
            let mut stem = format!("{namespace}:{{");
            for byte in hash {
                let _ = write!(stem, "{byte:02x}");
            }
            Name {
                token: format!("{stem}}}:token"),
                lease: format!("{stem}}}:lease"),
            }
        });
        Self {
            names: names.collect(),
        }
    }

    /// Where this replica writes.
    pub(crate) fn own(&self) -> &Name {
        &self.names[0]
    }

    /// Where it reads: its own first.
    pub(crate) fn all(&self) -> &[Name] {
        &self.names
    }
}

impl Name {
    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) fn lease(&self) -> &str {
        &self.lease
    }
}

/// What the token endpoint would be sent, by a client that is always the same: a request with a body of its own is told apart by
/// nothing else.
fn body(request: &TokenRequest) -> Vec<u8> {
    let client = Client::new("any", NoAuthentication).ok();
    let endpoint = EndpointUri::new("https://any.invalid/").ok();
    client
        .zip(endpoint)
        .and_then(|(client, endpoint)| client.token_request(&endpoint, request).ok())
        .expect("a client that proves nothing can always ask")
        .into_body()
        .into()
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;
    use crate::sealing::SealingKey;

    fn sealing(byte: u8) -> Sealing {
        Sealing::new([SealingKey::new("k", &[byte; 32]).unwrap()]).unwrap()
    }

    fn asks(scope: &str) -> TokenRequest {
        TokenRequest::builder().scope(scope).build().unwrap()
    }

    #[test]
    fn every_part_of_it_makes_another_name() {
        let extended = |body| TokenRequest::builder().extend_body(body).build().unwrap();
        let cells = [
            (1, "ns", "as\nsvc", asks("a")),
            (2, "ns", "as\nsvc", asks("a")),
            (1, "nt", "as\nsvc", asks("a")),
            (1, "ns", "as\nsvd", asks("a")),
            (1, "ns", "as\nsvc", asks("b")),
            (1, "ns", "as\nsvc", TokenRequest::default()),
            (1, "ns", "as\nsvc", extended("x=1")),
            (1, "ns", "as\nsvc", extended("x=2")),
            (1, "nsa", "s\nsvc", asks("a")),
        ];
        let names: HashSet<_> = cells
            .iter()
            .map(|(key, namespace, identity, request)| {
                let names = Names::new(&sealing(*key), namespace, identity, request);
                names.own().token().to_owned()
            })
            .collect();
        assert_eq!(names.len(), cells.len());
    }

    #[test]
    fn nothing_of_it_can_be_read() {
        let request = asks("canary-scope");
        for sealing in [sealing(1), Sealing::unsealed()] {
            let names = Names::new(&sealing, "ns", "canary-client", &request);
            let shown = format!("{names:?}");
            assert!(
                shown.contains("ns:{") && !shown.contains("canary"),
                "{shown}"
            );
            assert_ne!(names.own().token(), names.own().lease());
        }
    }
}
