//! Which of an issuer's endpoints this client takes, if any.

use oauth2_client_credentials::{Client, EndpointUri, Metadata};

use crate::error::{TokenError, TokenErrorKind};

/// The token endpoint for this client: the one for mutual TLS if it has a certificate and there is one (RFC 8705 §5).
///
/// A server that does not list the client's method rules it out. One that has no list at all rules nothing out: RFC 8414 §2 takes
/// that for `client_secret_basic`, but many leave it out and know more.
pub(super) fn token_endpoint(
    metadata: &Metadata,
    client: &Client,
    has_certificate: bool,
) -> Result<EndpointUri, TokenError> {
    let method = client.authentication_method();
    let lists = metadata
        .document()
        .get("token_endpoint_auth_methods_supported")
        .is_some_and(|list| !list.is_null());
    if lists && !metadata.supports_auth_method(method) {
        let message = format!(
            "no token, for the authorization server {} does not take the method {method} of this client; it lists {}",
            metadata.issuer(),
            metadata.auth_methods().join(", ")
        );
        return Err(TokenError::new(TokenErrorKind::Configuration, message));
    }
    Ok(metadata.token_endpoint(has_certificate).clone())
}

/// Whether the method is one of mutual TLS (RFC 8705 §2).
pub(super) fn is_mutual_tls(client: &Client) -> bool {
    matches!(
        client.authentication_method(),
        "tls_client_auth" | "self_signed_tls_client_auth"
    )
}
