//! What small programs start with: their arguments, and an HTTP client. Examples of one thing each share this; each has it as a module
//! of its own.
#![allow(dead_code, reason = "no program needs all of it")]

use std::{
    env::{self, VarError},
    ffi::OsString,
    sync::Arc,
};

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::{ClientConfig, ConfigBuilder, RootCertStore, WantsVerifier, crypto::ring};
use tower_oauth2_client_credentials::BoxError;

/// hyper-util's, with HTTP/1.1 and HTTP/2. It follows no redirect.
pub(crate) type HttpClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The arguments, which are called as `usage` has it, a word each.
///
/// # Errors
///
/// There are more, or fewer, or one is not UTF-8.
pub(crate) fn arguments<const N: usize>(usage: &str) -> Result<[String; N], BoxError> {
    let given = env::args_os().skip(1).map(OsString::into_string);
    let given: Result<Vec<_>, _> = given.collect();
    let given = given.map_err(|_| "an argument is not UTF-8; all are taken as text")?;
    given
        .try_into()
        .map_err(|_| format!("it takes {usage}, as its first lines say").into())
}

/// The variable `CLIENT_SECRET`: an argument would be seen by everybody on this machine.
///
/// # Errors
///
/// It is not set, or not UTF-8.
pub(crate) fn client_secret() -> Result<String, BoxError> {
    let secret = env::var("CLIENT_SECRET").map_err(|error| match error {
        VarError::NotPresent => {
            "the variable CLIENT_SECRET is not set; put the client's secret there"
        }
        // The error has what is in it.
        VarError::NotUnicode(_) => {
            "the variable CLIENT_SECRET is not UTF-8; put the client's secret there as text"
        }
    });
    Ok(secret?)
}

/// Where the token for a request to `uri` may go.
///
/// # Errors
///
/// It is no absolute URI.
pub(crate) fn origin(uri: &Uri) -> Result<String, BoxError> {
    match (uri.scheme(), uri.authority()) {
        (Some(scheme), Some(authority)) => Ok(format!("{scheme}://{authority}")),
        _ => Err("the URI has to be absolute".into()),
    }
}

/// TLS to whom the system trusts.
///
/// # Errors
///
/// None: ring has all that this asks for.
pub(crate) fn system_tls() -> Result<ClientConfig, BoxError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    Ok(tls()?.with_root_certificates(roots).with_no_client_auth())
}

/// TLS by ring, which wants to know whom to trust next.
///
/// # Errors
///
/// As [`system_tls`].
pub(crate) fn tls() -> Result<ConfigBuilder<ClientConfig, WantsVerifier>, BoxError> {
    let builder = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()));
    Ok(builder.with_safe_default_protocol_versions()?)
}

/// Over TLS, and over plain HTTP too: endpoint and layer see to it that this goes to loopback only.
pub(crate) fn http_client(tls: ClientConfig) -> HttpClient {
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_all_versions()
        .build();
    Client::builder(TokioExecutor::new()).build(https)
}
