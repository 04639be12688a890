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

use std::{env, process::ExitCode, sync::Arc};

use bytes::Bytes;
use http::{Request, Uri};
use http_body_util::{BodyExt, Full};
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy, rt::TokioExecutor};
use oauth2_client_credentials::{Certificate, Client, Issuer, TlsClientAuth};
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, Origins, TokenEndpoint, TokenSource, replay,
};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [issuer, client_id, certificate, key, authority, uri] = arguments.as_slice() else {
        return Err(
            "it takes ISSUER CLIENT_ID CERTIFICATE KEY AUTHORITY URI, as its first lines say"
                .into(),
        );
    };
    let certificate = CertificateDer::from_pem_file(certificate)?;
    let thumbprint = Certificate::from_der(&certificate)?.thumbprint_s256();

    // One configuration for both servers.
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_file(authority)?)?;
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_client_auth_cert(vec![certificate], PrivateKeyDer::from_pem_file(key)?)?;
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        // Endpoint and layer see to it that plain HTTP goes to loopback only.
        .https_or_http()
        .enable_all_versions()
        .build();
    let http = legacy::Client::builder(TokioExecutor::new()).build::<_, Full<Bytes>>(https);

    // The certificate is the credential, and the tokens' binding.
    let client = Client::new(client_id, TlsClientAuth)?;
    let endpoint = TokenEndpoint::new(http.clone(), Issuer::new(issuer)?, client)
        .certificate_thumbprint(thumbprint);
    let uri: Uri = uri.parse()?;
    let origin = format!(
        "https://{}",
        uri.authority().ok_or("the URI has to be absolute")?
    );
    // Should the certificate be replaced below, the first 401 gets a token for the new one.
    let layer = ClientCredentialsLayer::new(TokenSource::new(endpoint), Origins::new([origin])?)
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
