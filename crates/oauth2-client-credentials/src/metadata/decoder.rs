//! From a document to metadata that can be trusted as far as its issuer.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::endpoint_uri::EndpointUri;
use crate::quoted::kept;
use crate::response::unique_object;

use super::{Endpoint, Issuer, Metadata, MetadataError};

pub(super) fn decode(
    issuer: &Issuer,
    status: StatusCode,
    body: &[u8],
) -> Result<Metadata, MetadataError> {
    if status != StatusCode::OK {
        return Err(MetadataError::Status(status));
    }
    if body.len() > Metadata::MAX_BODY {
        return Err(MetadataError::TooLarge);
    }
    let body = body.trim_ascii();
    let body = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let document = unique_object(body).ok_or(MetadataError::Unreadable)?;
    let reader = Reader {
        issuer,
        document: &document,
    };
    reader.check_issuer()?;
    let uri = reader.member(TOKEN.uri).and_then(|uri| reader.uri(uri));
    let token = reader.endpoint(&TOKEN, uri.ok_or(MetadataError::Field(TOKEN.uri))?);
    // With another method than one that is meant, a secret would be sent in vain.
    reader.list(TOKEN.auth_methods)?;
    Ok(Metadata {
        issuer: issuer.as_str().to_owned(),
        token,
        revocation: reader.revocation(),
        grant_types: reader.list_of_some("grant_types_supported"),
        scopes: reader.list_of_some("scopes_supported"),
        dpop_algorithms: reader
            .list_or_none("dpop_signing_alg_values_supported")
            .unwrap_or_default(),
        binds_tokens_to_certificates: reader.flag("tls_client_certificate_bound_access_tokens"),
        document,
    })
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// How clients authenticate where nothing is said (RFC 8414 §2).
fn by_default() -> Vec<String> {
    vec!["client_secret_basic".to_owned()]
}

/// The names of the members that are about one endpoint.
struct EndpointNames {
    uri: &'static str,
    auth_methods: &'static str,
    signing_algorithms: &'static str,
}

const TOKEN: EndpointNames = EndpointNames {
    uri: "token_endpoint",
    auth_methods: "token_endpoint_auth_methods_supported",
    signing_algorithms: "token_endpoint_auth_signing_alg_values_supported",
};

const REVOCATION: EndpointNames = EndpointNames {
    uri: "revocation_endpoint",
    auth_methods: "revocation_endpoint_auth_methods_supported",
    signing_algorithms: "revocation_endpoint_auth_signing_alg_values_supported",
};

const ALIASES: &str = "mtls_endpoint_aliases";

struct Reader<'a> {
    issuer: &'a Issuer,
    document: &'a Map<String, Value>,
}

impl Reader<'_> {
    /// A member; null is as good as absent.
    fn member(&self, name: &str) -> Option<&Value> {
        self.document.get(name).filter(|value| !value.is_null())
    }

    fn check_issuer(&self) -> Result<(), MetadataError> {
        match self.member("issuer") {
            Some(Value::String(found)) if found == self.issuer.as_str() => Ok(()),
            Some(Value::String(found)) => Err(MetadataError::IssuerMismatch(kept(found))),
            _ => Err(MetadataError::Field("issuer")),
        }
    }

    fn revocation(&self) -> Option<Result<Endpoint, MetadataError>> {
        let uri = self.uri(self.member(REVOCATION.uri)?);
        Some(match uri {
            Some(uri) => Ok(self.endpoint(&REVOCATION, uri)),
            None => Err(MetadataError::Field(REVOCATION.uri)),
        })
    }

    /// What is not what it has to be is as good as absent, but for the alias: who
    /// asks for that is told.
    fn endpoint(&self, names: &EndpointNames, uri: EndpointUri) -> Endpoint {
        let methods = self.list_or_none(names.auth_methods);
        Endpoint {
            uri,
            mtls_uri: self.alias(names.uri),
            lists_methods: methods.as_ref().is_some_and(|list| !list.is_empty()),
            auth_methods: methods.unwrap_or_else(by_default),
            signing_algorithms: self
                .list_or_none(names.signing_algorithms)
                .unwrap_or_default(),
        }
    }

    fn alias(&self, name: &str) -> Result<Option<EndpointUri>, MetadataError> {
        let alias = match self.member(ALIASES) {
            None => return Ok(None),
            Some(Value::Object(aliases)) => aliases.get(name).filter(|value| !value.is_null()),
            Some(_) => return Err(MetadataError::Field(ALIASES)),
        };
        alias
            .map(|uri| self.uri(uri).ok_or(MetadataError::Field(ALIASES)))
            .transpose()
    }

    fn uri(&self, value: &Value) -> Option<EndpointUri> {
        self.issuer.endpoint(value.as_str()?)
    }

    /// A list of strings.
    fn list(&self, name: &'static str) -> Result<Option<Vec<String>>, MetadataError> {
        let Some(value) = self.member(name) else {
            return Ok(None);
        };
        let text = |item: &Value| item.as_str().map(str::to_owned);
        let items = value.as_array().map(|items| items.iter().map(text));
        let list: Option<Vec<_>> = items.and_then(Iterator::collect);
        list.map(Some).ok_or(MetadataError::Field(name))
    }

    fn list_or_none(&self, name: &'static str) -> Option<Vec<String>> {
        self.list(name).unwrap_or_default()
    }

    /// An empty list is as good as none: RFC 8414 §3.2 has it left out.
    fn list_of_some(&self, name: &'static str) -> Option<Vec<String>> {
        self.list_or_none(name).filter(|list| !list.is_empty())
    }

    fn flag(&self, name: &'static str) -> bool {
        self.member(name) == Some(&Value::Bool(true))
    }
}
