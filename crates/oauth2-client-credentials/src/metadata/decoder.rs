//! From a document to metadata that can be trusted as far as its issuer.

use http::StatusCode;
use serde_json::{Map, Value};

use crate::endpoint_uri::EndpointUri;
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
    let document = unique_object(body).ok_or(MetadataError::Unreadable)?;
    let reader = Reader {
        issuer,
        document: &document,
    };
    reader.check_issuer()?;
    let token = reader
        .endpoint(&TOKEN)?
        .ok_or(MetadataError::Field(TOKEN.uri))?;
    let revocation = reader.endpoint(&REVOCATION)?;
    let grant_types = reader.list("grant_types_supported")?;
    let scopes = reader.list("scopes_supported")?;
    let dpop_algorithms = reader.list("dpop_signing_alg_values_supported")?;
    let binds_tokens_to_certificates = reader.flag("tls_client_certificate_bound_access_tokens")?;
    Ok(Metadata {
        issuer: issuer.as_str().to_owned(),
        token,
        revocation,
        grant_types,
        scopes,
        dpop_algorithms: dpop_algorithms.unwrap_or_default(),
        binds_tokens_to_certificates,
        document,
    })
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
            Some(Value::String(found)) => Err(MetadataError::IssuerMismatch(found.clone())),
            _ => Err(MetadataError::Field("issuer")),
        }
    }

    fn endpoint(&self, names: &EndpointNames) -> Result<Option<Endpoint>, MetadataError> {
        let Some(uri) = self.member(names.uri) else {
            return Ok(None);
        };
        let auth_methods = self.list(names.auth_methods)?;
        Ok(Some(Endpoint {
            uri: self.uri(uri).ok_or(MetadataError::Field(names.uri))?,
            mtls_uri: self.alias(names.uri)?,
            auth_methods: auth_methods.unwrap_or_else(|| vec!["client_secret_basic".to_owned()]),
            signing_algorithms: self.list(names.signing_algorithms)?.unwrap_or_default(),
        }))
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

    /// A list of strings. An empty one is as good as absent: RFC 8414 §3.2 has
    /// it left out.
    fn list(&self, name: &'static str) -> Result<Option<Vec<String>>, MetadataError> {
        let Some(value) = self.member(name) else {
            return Ok(None);
        };
        let text = |item: &Value| item.as_str().map(str::to_owned);
        let items = value.as_array().map(|items| items.iter().map(text));
        let list: Option<Vec<_>> = items.and_then(Iterator::collect);
        let list = list.ok_or(MetadataError::Field(name))?;
        Ok(Some(list).filter(|list| !list.is_empty()))
    }

    fn flag(&self, name: &'static str) -> Result<bool, MetadataError> {
        match self.member(name) {
            None => Ok(false),
            Some(Value::Bool(flag)) => Ok(*flag),
            Some(_) => Err(MetadataError::Field(name)),
        }
    }
}
