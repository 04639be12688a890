//! A Kubernetes projected service account token as the client's credential (RFC 7523 §2.2): no secret is kept anywhere.
//!
//! ```text
//! cargo run -p examples --bin projected_token -- \
//!     https://as.example.com orders /var/run/secrets/tokens/as https://api.example.com/v1/items
//! ```
//!
//! The issuer of access tokens, the client's id there, the file, and what to get, once a second until Ctrl-C. The volume in the pod:
//!
//! ```yaml
//! volumes:
//! - name: tokens
//!   projected:
//!     sources:
//!     - serviceAccountToken: { path: as, audience: "https://as.example.com", expirationSeconds: 3600 }
//! ```
//!
//! The authorization server has to trust the cluster's issuer and know the service account as this client. The kubelet renews the
//! token by swapping a symbolic link; nothing here has to be told.
#![allow(clippy::print_stdout, reason = "it shows what it got")]

#[path = "../../exit.rs"]
mod exit;
mod stack;

use std::{env, process::ExitCode, sync::Arc, time::Duration};

use http::{Request, Uri};
use http_body_util::Full;
use hyper_rustls::HttpsConnectorBuilder;
use hyper_util::{client::legacy, rt::TokioExecutor};
use oauth2_client_credentials::{Issuer, TokenRequest};
use rustls::{ClientConfig, RootCertStore, crypto::ring};
use tokio::time;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{BoxError, Credential, Origins};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let arguments: Vec<_> = env::args().skip(1).collect();
    let [issuer, client_id, file, uri] = arguments.as_slice() else {
        return Err("it takes ISSUER CLIENT_ID FILE URI, as its first lines say".into());
    };
    let uri: Uri = uri.parse()?;
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err("the URI has to be absolute".into());
    };

    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    let tls = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        // Endpoint and layer see to it that plain HTTP goes to loopback only.
        .https_or_http()
        .enable_all_versions()
        .build();

    let credential = Credential::assertion_file(client_id, file);
    let service = stack::protected(
        legacy::Client::builder(TokioExecutor::new()).build(https),
        Issuer::new(issuer)?,
        credential.clone(),
        TokenRequest::new(),
        Origins::new([format!("{scheme}://{authority}")])?,
    );
    loop {
        let request = Request::get(&uri).body(Full::default())?;
        match service.clone().oneshot(request).await {
            Ok(answer) => print!("{}", answer.status()),
            Err(error) => print!("{error}"),
        }
        println!(", assertion {} from the file", credential.version());
        time::sleep(Duration::from_secs(1)).await;
    }
}
