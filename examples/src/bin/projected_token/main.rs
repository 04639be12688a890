//! A Kubernetes projected service account token as the client's credential (RFC 7523 §2.2): no secret is kept anywhere.
//!
//! ```text
//! cargo run -p examples --bin projected_token -- \
//!     https://as.example.com orders /var/run/secrets/tokens/as https://api.example.com/v1/items
//! ```
//!
//! The issuer of access tokens, the client's id there, the file, and what to get, once a second until Ctrl-C. When the first request
//! fails for a token that it cannot have until somebody changes something, it ends and says why. Any other failure, and all that come
//! later, may pass by themselves: they are told once, until something else comes of it. The volume in the pod:
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
#[path = "../../log.rs"]
mod log;
mod stack;
#[path = "../../start.rs"]
mod start;

use std::{process::ExitCode, time::Duration};

use http::{Request, Uri};
use http_body_util::Full;
use oauth2_client_credentials::{Issuer, TokenRequest};
use tokio::time;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{BoxError, Credential, Origins, TokenError};

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    log::start();
    exit::exit(run().await)
}

async fn run() -> Result<(), BoxError> {
    let [issuer, client_id, file, uri] = start::arguments("ISSUER CLIENT_ID FILE URI")?;
    let uri: Uri = uri.parse()?;
    let http = start::http_client(start::system_tls()?);

    let credential = Credential::assertion_file(client_id, file);
    let service = stack::protected(
        http,
        Issuer::new(&issuer)?,
        credential.clone(),
        TokenRequest::new(),
        Origins::new([start::origin(&uri)?])?,
    );
    let get = async || {
        let request = Request::get(&uri).body(Full::default())?;
        let answer = service.clone().oneshot(request).await?;
        Ok::<_, BoxError>(answer.status())
    };
    let (mut outcome, mut before) = (get().await, None);
    // A server that is down comes back, and a pod that ended meanwhile would only be started again and again.
    let is_final =
        |error: &BoxError| TokenError::find(&**error).is_some_and(|error| !error.is_transient());
    if outcome.as_ref().is_err_and(is_final) {
        return outcome.map(drop);
    }
    loop {
        // The text has times in it, which are others each second.
        let kind = |error: &BoxError| TokenError::find(&**error).map(TokenError::kind);
        let failed = outcome.as_ref().err().map(kind);
        match &outcome {
            Ok(status) => println!("{status}, assertion {} from the file", credential.version()),
            Err(error) if failed != before => {
                println!("{}; it goes on asking", exit::causes(&**error))
            }
            Err(_) => {}
        }
        before = failed;
        time::sleep(Duration::from_secs(1)).await;
        outcome = get().await;
    }
}
