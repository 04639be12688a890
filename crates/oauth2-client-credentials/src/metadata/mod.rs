//! What an authorization server says about itself.

mod decoder;
mod error;
mod issuer;

use std::fmt;

use serde_json::{Map, Value};

use crate::endpoint_uri::EndpointUri;
use crate::quoted::Short;

pub use self::error::{IssuerError, MetadataError};
pub use self::issuer::{Issuer, WellKnown};

/// The metadata of an authorization server, as far as this grant needs it (RFC
/// 8414 §2, OpenID Connect Discovery §3).
///
/// It comes out of [`Issuer::decode_metadata`], so the issuer in it is the one
/// that was asked, and every endpoint that it gives may be sent a secret.
#[derive(Clone)]
pub struct Metadata {
    issuer: String,
    token: Endpoint,
    revocation: Option<Result<Endpoint, MetadataError>>,
    grant_types: Option<Vec<String>>,
    scopes: Option<Vec<String>>,
    dpop_algorithms: Vec<String>,
    binds_tokens_to_certificates: bool,
    /// All members as they came.
    document: Map<String, Value>,
}

/// An endpoint and how clients authenticate there.
#[derive(Clone)]
struct Endpoint {
    uri: EndpointUri,
    mtls_uri: Result<Option<EndpointUri>, MetadataError>,
    auth_methods: Vec<String>,
    /// Whether the server said so, and named one at least.
    lists_methods: bool,
    signing_algorithms: Vec<String>,
}

impl Endpoint {
    fn uri(&self, has_certificate: bool) -> Result<&EndpointUri, MetadataError> {
        if !has_certificate {
            return Ok(&self.uri);
        }
        match &self.mtls_uri {
            Ok(alias) => Ok(alias.as_ref().unwrap_or(&self.uri)),
            Err(error) => Err(error.clone()),
        }
    }
}

impl Metadata {
    /// The longest document that is read, in bytes.
    pub const MAX_BODY: usize = 262_144;

    /// The issuer, which is the one that was asked, code point for code point.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// `token_endpoint`. A client that connects with a certificate takes the one
    /// of `mtls_endpoint_aliases`, if there is one (RFC 8705 §5); a malformed one
    /// is as good as none.
    pub fn token_endpoint(&self, has_certificate: bool) -> &EndpointUri {
        let uri = self.token.uri(has_certificate);
        uri.unwrap_or(&self.token.uri)
    }

    /// The same for who had rather be told of a malformed alias than meet a
    /// server that asks for no certificate.
    ///
    /// # Errors
    /// When the client has a certificate and the alias for it is no URI that may
    /// be sent a secret.
    pub fn checked_token_endpoint(
        &self,
        has_certificate: bool,
    ) -> Result<&EndpointUri, MetadataError> {
        self.token.uri(has_certificate)
    }

    /// `token_endpoint_auth_methods_supported`: how clients authenticate at the
    /// token endpoint, by the names of the registry. `client_secret_basic` if
    /// the server does not say (RFC 8414 §2); empty if it says so with an empty
    /// list.
    ///
    /// That is what the server can do, not what this client is registered for.
    pub fn auth_methods(&self) -> &[String] {
        &self.token.auth_methods
    }

    /// The same if the server says so, and says something: what it lists rules
    /// all others out, and without a list many servers know more than RFC 8414
    /// has one assume.
    pub fn listed_auth_methods(&self) -> Option<&[String]> {
        self.token.lists_methods.then_some(self.auth_methods())
    }

    /// Whether the token endpoint takes `method`, such as
    /// [`Client::authentication_method`](crate::Client::authentication_method).
    /// A list without a name in it should not be there (§3.2), and says no more
    /// than none.
    pub fn supports_auth_method(&self, method: &str) -> bool {
        match &*self.token.auth_methods {
            [] => method == "client_secret_basic",
            listed => listed.iter().any(|one| one == method),
        }
    }

    /// `token_endpoint_auth_signing_alg_values_supported`: how an assertion may
    /// be signed, such as `ES256`. Empty if the server does not say.
    pub fn auth_signing_algorithms(&self) -> &[String] {
        &self.token.signing_algorithms
    }

    /// `revocation_endpoint` (RFC 7009), or its alias for a client with a
    /// certificate; `None` if the server has none, or a malformed one.
    pub fn revocation_endpoint(&self, has_certificate: bool) -> Option<&EndpointUri> {
        let endpoint = self.revocation()?;
        Some(endpoint.uri(has_certificate).unwrap_or(&endpoint.uri))
    }

    /// The same for who had rather be told of a malformed one.
    ///
    /// # Errors
    /// When the endpoint, or the alias for a client with a certificate, is no URI
    /// that may be sent a secret.
    pub fn checked_revocation_endpoint(
        &self,
        has_certificate: bool,
    ) -> Result<Option<&EndpointUri>, MetadataError> {
        match &self.revocation {
            None => Ok(None),
            Some(Ok(endpoint)) => endpoint.uri(has_certificate).map(Some),
            Some(Err(error)) => Err(error.clone()),
        }
    }

    /// `revocation_endpoint_auth_methods_supported`, in the same way as
    /// [`auth_methods`](Self::auth_methods). Empty without such an endpoint.
    pub fn revocation_auth_methods(&self) -> &[String] {
        self.revocation()
            .map_or(&[], |endpoint| &endpoint.auth_methods)
    }

    fn revocation(&self) -> Option<&Endpoint> {
        self.revocation.as_ref()?.as_ref().ok()
    }

    /// `grant_types_supported`, if the server says. Without it, RFC 8414 §2
    /// assumes a list that this grant is not in, but many servers leave it out
    /// and know the grant.
    pub fn grant_types(&self) -> Option<&[String]> {
        self.grant_types.as_deref()
    }

    /// `scopes_supported`, if the server says. It need not be all of them.
    pub fn scopes(&self) -> Option<&[String]> {
        self.scopes.as_deref()
    }

    /// `dpop_signing_alg_values_supported` (RFC 9449 §5.1). Empty if the server
    /// does not say, which is as much as no DPoP.
    pub fn dpop_signing_algorithms(&self) -> &[String] {
        &self.dpop_algorithms
    }

    /// `tls_client_certificate_bound_access_tokens` (RFC 8705 §3.3): whether
    /// tokens can be bound to the client's certificate.
    pub fn binds_tokens_to_certificates(&self) -> bool {
        self.binds_tokens_to_certificates
    }

    /// All members as they came, for those that have no method here.
    pub fn document(&self) -> &Map<String, Value> {
        &self.document
    }
}

/// Without the server's lists, of which only the lengths are shown: anything may
/// be in them, and any number of times.
impl fmt::Debug for Metadata {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metadata")
            .field("issuer", &self.issuer)
            .field("token", &self.token)
            .field("revocation", &self.revocation)
            .field("grant_types", &self.grant_types.as_ref().map(Vec::len))
            .field("dpop_algorithms", &self.dpop_algorithms.len())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Endpoint")
            .field("uri", &Short(&self.uri))
            .field("mtls_uri", &Short(&self.mtls_uri))
            .field("auth_methods", &self.auth_methods.len())
            .field("lists_methods", &self.lists_methods)
            .field("signing_algorithms", &self.signing_algorithms.len())
            .finish()
    }
}
