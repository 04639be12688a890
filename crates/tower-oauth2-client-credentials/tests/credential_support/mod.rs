//! What the tests of credentials share: a folder for one test, and a source on a clock that the test drives.
#![allow(dead_code, reason = "each test binary uses a part of it")]

use std::{
    fs,
    path::{Path, PathBuf},
    sync::atomic::{AtomicU32, Ordering},
};

use oauth2_client_credentials::EndpointUri;
use oauth2_client_credentials_testkit::AuthorizationServer;
use tower_oauth2_client_credentials::{Credential, TokenEndpoint, TokenSource};

use crate::support::TokioClock;

/// A folder of one test's own, gone with this value.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let name = format!(
            "credential-{}-{}",
            std::process::id(),
            NEXT.fetch_add(1, Ordering::Relaxed)
        );
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }

    pub(crate) fn write(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

pub(crate) fn endpoint(server: &AuthorizationServer, credential: &Credential) -> TokenEndpoint {
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    TokenEndpoint::new(server.clone(), uri, credential.clone())
}

/// Nobody told it of the credential: the endpoint does.
pub(crate) fn source(endpoint: TokenEndpoint) -> TokenSource {
    TokenSource::builder(endpoint)
        .clock(TokioClock::new())
        .draws(|| 0.5)
        .build()
}
