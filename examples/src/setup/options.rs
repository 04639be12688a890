//! What a client is and what it asks for: options on a command line, keys in a file. Both have the same names.

use std::path::PathBuf;

use oauth2_client_credentials::{BasicEncoding, JwsAlgorithm};
use serde::{Deserialize, Deserializer, de::Error};

use super::{failure::Failure, key, method::Method};

/// What is written there; what it means is found out by the modules beside this one.
#[derive(Clone, clap::Args, Debug, Deserialize, PartialEq)]
#[serde(deny_unknown_fields)]
pub(crate) struct Options {
    /// The issuer, whose metadata says where its token endpoint is
    #[arg(long, value_name = "URL", required_unless_present = "token_endpoint")]
    #[serde(default)]
    pub(crate) issuer: Option<String>,

    /// The token endpoint itself
    #[arg(long, value_name = "URL", conflicts_with = "issuer")]
    #[serde(default)]
    pub(crate) token_endpoint: Option<String>,

    /// The id that the authorization server knows the client by
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,

    /// How the client authenticates: client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt,
    /// tls_client_auth, self_signed_tls_client_auth or none [default: by what it has. A certificate: tls_client_auth; a key or
    /// an assertion: private_key_jwt; a secret: client_secret_basic, or client_secret_post if the server lists only that]
    #[arg(long, value_name = "METHOD", value_parser = Method::from_name)]
    #[serde(default, deserialize_with = "method")]
    pub(crate) auth: Option<Method>,

    /// The file that has the client's secret in it; a line end after it is not part of it
    #[arg(long, value_name = "PATH")]
    #[serde(default)]
    pub(crate) client_secret_file: Option<PathBuf>,

    /// How client_secret_basic encodes id and secret: form (default), strict or raw
    #[arg(long, value_name = "ENCODING", value_parser = encoding_by_name)]
    #[serde(default, deserialize_with = "basic_encoding")]
    pub(crate) basic_encoding: Option<BasicEncoding>,

    /// The audience of the assertions that the client signs [default: the issuer, or else the token endpoint]
    #[arg(long, value_name = "AUDIENCE")]
    #[serde(default)]
    pub(crate) assertion_audience: Option<String>,

    /// The type of the assertions that the client signs [default: client-authentication+jwt]; some servers know JWT only
    #[arg(long, value_name = "TYPE")]
    #[serde(default)]
    pub(crate) assertion_typ: Option<String>,

    /// The file that has the client's private key in it, in PEM or as a JWK
    #[arg(long, value_name = "PATH")]
    #[serde(default)]
    pub(crate) key_file: Option<PathBuf>,

    /// Which of the client's keys that is, for the server [default: what the JWK says]
    #[arg(long, value_name = "KID")]
    #[serde(default)]
    pub(crate) key_id: Option<String>,

    /// How assertions are signed: ES256, RS256, PS256, EdDSA, … [default: what goes with the key; HS256 with a secret]
    #[arg(long, value_name = "ALGORITHM", value_parser = key::algorithm)]
    #[serde(default, deserialize_with = "algorithm")]
    pub(crate) alg: Option<JwsAlgorithm>,

    /// The file that has an assertion in it, which somebody else made
    #[arg(long, value_name = "PATH", conflicts_with = "key_file")]
    #[serde(default)]
    pub(crate) assertion_file: Option<PathBuf>,

    /// The file that has the client's certificate in it, in PEM, with its chain; both servers are shown it
    #[arg(long, value_name = "PATH", requires = "cert_key_file")]
    #[serde(default)]
    pub(crate) cert_file: Option<PathBuf>,

    /// The file that has the private key of that certificate in it, in PEM
    #[arg(long, value_name = "PATH", requires = "cert_file")]
    #[serde(default)]
    pub(crate) cert_key_file: Option<PathBuf>,

    /// A scope to ask for; may be repeated
    #[arg(long, value_name = "SCOPE")]
    #[serde(default)]
    pub(crate) scope: Vec<String>,

    /// A resource that the token is for, an absolute URI; may be repeated
    #[arg(long, value_name = "URI")]
    #[serde(default)]
    pub(crate) resource: Vec<String>,

    /// The audience that the token is for
    #[arg(long, value_name = "AUDIENCE")]
    #[serde(default)]
    pub(crate) audience: Option<String>,

    /// Authorization details: a JSON array of objects, each with a type
    #[arg(long, value_name = "JSON")]
    #[serde(default)]
    pub(crate) authorization_details: Option<String>,

    /// One more parameter of the token request; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    #[serde(default)]
    pub(crate) param: Vec<String>,

    /// Have the token bound to a key (DPoP): one that is new, or the one in --dpop-key-file
    #[arg(long)]
    #[serde(default)]
    pub(crate) dpop: bool,

    /// The file that has the key in it that tokens are bound to, in PEM or as a JWK
    #[arg(long, value_name = "PATH", requires = "dpop")]
    #[serde(default)]
    pub(crate) dpop_key_file: Option<PathBuf>,

    /// Refuse answers that are not what the RFCs ask for
    #[arg(long)]
    #[serde(default)]
    pub(crate) strict: bool,

    /// Certificates, in PEM, of authorities to trust beside those of the system
    #[arg(long, value_name = "PATH")]
    #[serde(default)]
    pub(crate) ca_file: Option<PathBuf>,
}

impl Options {
    /// What a command line refuses by itself: options that exclude or need each other.
    ///
    /// # Errors
    ///
    /// Two of them do not go together, or one of them is missing.
    pub(crate) fn check(&self) -> Result<(), Failure> {
        let rows = [
            (
                "--token-endpoint",
                self.issuer.is_some() && self.token_endpoint.is_some(),
                "there is --issuer as well, whose metadata names it; leave one of them out",
            ),
            (
                "--assertion-file",
                self.key_file.is_some() && self.assertion_file.is_some(),
                "there is --key-file as well, which signs assertions; leave one of them out",
            ),
            (
                "--cert-file",
                self.cert_file.is_some() && self.cert_key_file.is_none(),
                "it needs the key of that certificate; give its file with --cert-key-file",
            ),
            (
                "--cert-key-file",
                self.cert_key_file.is_some() && self.cert_file.is_none(),
                "it is the key of a certificate; give the file of that with --cert-file",
            ),
            (
                "--dpop-key-file",
                self.dpop_key_file.is_some() && !self.dpop,
                "it has no use without --dpop",
            ),
        ];
        match rows.into_iter().find(|(_, is_wrong, _)| *is_wrong) {
            Some((option, _, reason)) => Err(Failure::arguments(option, reason)),
            None => Ok(()),
        }
    }
}

fn encoding_by_name(name: &str) -> Result<BasicEncoding, &'static str> {
    match name {
        "form" => Ok(BasicEncoding::Form),
        "strict" => Ok(BasicEncoding::Strict),
        "raw" => Ok(BasicEncoding::Raw),
        _ => Err("use form, strict or raw"),
    }
}

fn method<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Method>, D::Error> {
    named(from, Method::from_name)
}

fn basic_encoding<'de, D: Deserializer<'de>>(from: D) -> Result<Option<BasicEncoding>, D::Error> {
    named(from, encoding_by_name)
}

fn algorithm<'de, D: Deserializer<'de>>(from: D) -> Result<Option<JwsAlgorithm>, D::Error> {
    named(from, key::algorithm)
}

fn named<'de, D: Deserializer<'de>, T, E: std::fmt::Display>(
    from: D,
    by_name: impl Fn(&str) -> Result<T, E>,
) -> Result<Option<T>, D::Error> {
    let name = String::deserialize(from)?;
    by_name(&name).map(Some).map_err(D::Error::custom)
}
