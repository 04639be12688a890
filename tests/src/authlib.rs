//! Authlib over Flask (`tests/servers/authlib`).

use std::path::Path;

use oauth2_client_credentials::{EndpointUri, EndpointUriError};
use tower_oauth2_client_credentials::BoxError;

use crate::{
    oidc_provider::private_key,
    process::{Process, StartError},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/authlib");

/// A running server, which ends with this value.
#[derive(Debug)]
pub struct Authlib {
    process: Process,
}

impl Authlib {
    /// Starts it on a port that is free, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// The server's packages are missing, or it is not ready in time.
    pub fn start() -> Result<Self, StartError> {
        let folder = Path::new(FOLDER);
        let python = folder.join(".venv/bin/python");
        if !python.exists() {
            return Err(StartError::new(
                "the packages of Authlib are not installed: run `just servers`, or tests/servers/authlib/install",
            ));
        }
        let process = Process::start_in(folder, &python, "server.py")?;
        Ok(Self { process })
    }

    /// Its token endpoint.
    ///
    /// # Errors
    ///
    /// None, as long as plain HTTP is allowed on loopback.
    pub fn token_endpoint(&self) -> Result<EndpointUri, EndpointUriError> {
        self.process.token_endpoint()
    }

    /// The private key, in PEM, of the client that signs with this algorithm. That client is called `signs-` and the algorithm.
    ///
    /// # Errors
    ///
    /// The server does not answer, or has no such key.
    pub async fn private_key(&self, algorithm: &str) -> Result<String, BoxError> {
        private_key(self.process.address(), algorithm).await
    }
}
