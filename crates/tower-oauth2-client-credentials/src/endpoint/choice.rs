//! Which of an issuer's endpoints this client takes, if any.

use oauth2_client_credentials::{Client, EndpointUri, Metadata};

use super::binding::Binding;
use crate::{
    credential::Prover,
    error::{TokenError, TokenErrorKind},
    heard::Hidden,
};

/// The client, by the method that is named or that follows from the metadata.
pub(super) fn client(prover: &Prover, metadata: Option<&Metadata>) -> Result<Client, TokenError> {
    prover.client(metadata).map_err(|error| {
        let problem = prover.hidden().in_causes(&error);
        match metadata {
            Some(metadata) => unfit(metadata, &problem),
            None => {
                let message = format!("no token, for {problem}");
                TokenError::new(TokenErrorKind::Configuration, message)
            }
        }
    })
}

/// The token endpoint for this client: the one for mutual TLS if it has a certificate and there is one (RFC 8705 §5).
///
/// A server that does not list the client's method rules it out. One that has no list at all rules nothing out: RFC 8414 §2 takes
/// that for `client_secret_basic`, but many leave it out and know more.
pub(super) fn token_endpoint(
    metadata: &Metadata,
    client: &Client,
    binding: &Binding,
) -> Result<EndpointUri, TokenError> {
    check_method(metadata, client)?;
    let has_certificate = binding.has_certificate() || is_mutual_tls(client);
    let endpoint = metadata.checked_token_endpoint(has_certificate);
    endpoint
        .cloned()
        .map_err(|error| unfit(metadata, &error.to_string()))
}

fn check_method(metadata: &Metadata, client: &Client) -> Result<(), TokenError> {
    let method = client.authentication_method();
    if metadata.listed_auth_methods().is_none() || metadata.supports_auth_method(method) {
        return Ok(());
    }
    let listed = Hidden::of(client).in_text(&metadata.auth_methods().join(", "));
    let problem = format!("it lists {listed} to authenticate with, and this client has {method}");
    Err(unfit(metadata, &problem))
}

fn unfit(metadata: &Metadata, problem: &str) -> TokenError {
    let message = format!(
        "no token, for the metadata of the issuer {} does not go with this client: {problem}; check how the client is registered there",
        metadata.issuer()
    );
    TokenError::new(TokenErrorKind::Configuration, message)
}

/// Whether the method is one of mutual TLS (RFC 8705 §2).
pub(super) fn is_mutual_tls(client: &Client) -> bool {
    matches!(
        client.authentication_method(),
        "tls_client_auth" | "self_signed_tls_client_auth"
    )
}
