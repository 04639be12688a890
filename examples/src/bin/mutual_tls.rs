//! Mutual TLS (RFC 8705): one certificate is the client's credential at the token endpoint, and what its tokens are bound to at the API.
//!
//! ```text
//! cargo run -p examples --bin mutual_tls -- https://as.example.com orders client.pem client.key ca.pem https://api.example.com/v1/items
//! ```
//!
//! The issuer, the client's id, its certificate and key, the authority that both servers' certificates are from, and what to get. One
//! `rustls::ClientConfig` stands below both sides, so both see the same certificate.
#![allow(clippy::print_stdout, reason = "it shows what it got")]

#[path = "../exit.rs"]
mod exit;
#[path = "../log.rs"]
mod log;
#[path = "../start.rs"]
mod start;

use std::process::ExitCode;

use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use oauth2_client_credentials::{Certificate, Client, Issuer, TlsClientAuth};
use rustls::{
    RootCertStore,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, Origins, TokenEndpoint, TokenSource, replay,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log::start();
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let [issuer, client_id, certificate, key, authority, uri] =
        start::arguments("ISSUER CLIENT_ID CERTIFICATE KEY AUTHORITY URI")?;
    let uri: Uri = uri.parse()?;
    let certificate = read::<CertificateDer<'_>>(&certificate)?;
    let thumbprint = Certificate::from_der(&certificate)?.thumbprint_s256();

    // One configuration for both servers.
    let mut roots = RootCertStore::empty();
    roots.add(read(&authority)?)?;
    let tls = start::tls()?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], read::<PrivateKeyDer<'_>>(&key)?)?;
    let http = start::http_client(tls);

    // The certificate is the credential, and the tokens' binding.
    let client = Client::new(client_id, TlsClientAuth)?;
    let endpoint = TokenEndpoint::new(http.clone(), Issuer::new(&issuer)?, client)
        .certificate_thumbprint(thumbprint);
    let origins = Origins::new([start::origin(&uri)?])?;
    // Should the certificate be replaced below, the first 401 gets a token for the new one.
    let layer = ClientCredentialsLayer::new(TokenSource::new(endpoint), origins)
        .replay(replay::Empty::new());

    let answer = layer
        .layer(http)
        .oneshot(Request::get(uri).body(Full::default())?)
        .await?;
    println!("{}", answer.status());
    println!(
        "{}",
        String::from_utf8_lossy(&answer.into_body().collect().await?.to_bytes())
    );
    Ok(())
}

/// The first of its kind in a file in PEM.
fn read<T: PemObject>(path: &str) -> Result<T, BoxError> {
    T::from_pem_file(path).map_err(|error| format!("{path}: {error}").into())
}
