//! `@node-oauth/oauth2-server`, which decodes nothing in HTTP Basic (`tests/servers/node-oauth2-server`).

use std::path::Path;

use oauth2_client_credentials::{EndpointUri, EndpointUriError};

use crate::process::{Process, StartError};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/node-oauth2-server");

/// A running server, which ends with this value. It knows the clients `plain` and `we+ird %41`.
#[derive(Debug)]
pub struct NodeOauth2Server {
    process: Process,
}

impl NodeOauth2Server {
    /// Starts it on a port that is free, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// Node or the server's packages are missing, or it is not ready in time.
    pub fn start() -> Result<Self, StartError> {
        let folder = Path::new(FOLDER);
        if !folder.join("node_modules/@node-oauth").is_dir() {
            return Err(StartError::new(
                "the packages of @node-oauth/oauth2-server are not installed: run `just servers`, or `npm ci --ignore-scripts` \
                 in tests/servers/node-oauth2-server",
            ));
        }
        let process = Process::start_in(folder, "node".as_ref(), "server.mjs")?;
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
}
