//! RabbitMQ, a broker whose passwords are tokens (`tests/servers/rabbitmq`).

use std::{path::Path, process::Command, time::Duration};

use http::Uri;
use tower_oauth2_client_credentials::BoxError;

use crate::{
    oidc_provider::OidcProvider,
    process::{Process, StartError},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/rabbitmq");

const SERVER: &str = "/usr/lib/rabbitmq/bin/rabbitmq-server";

/// It takes five seconds, and many more beside other tests.
const READY_WITHIN: Duration = Duration::from_secs(120);

/// A running RabbitMQ that lets in who has a token of an authorization server for
/// [its resource](OidcProvider::RESOURCE), and nobody else. It ends with this value.
#[derive(Debug)]
pub struct RabbitMq {
    process: Process,
}

impl RabbitMq {
    /// Starts it on a port that is free, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// It is not installed, or is not ready in time.
    pub fn start(provider: &OidcProvider) -> Result<Self, BoxError> {
        Self::start_with(Path::new(SERVER), provider)
    }

    fn start_with(server: &Path, provider: &OidcProvider) -> Result<Self, BoxError> {
        if !server.exists() {
            let missing =
                "RabbitMQ is not installed: run `just servers`, or tests/servers/rabbitmq/install";
            return Err(StartError::new(missing).into());
        }
        let keys: Uri = provider.resource_uri().parse()?;
        let port = keys.port_u16().ok_or("the provider has a port")?;
        let mut command = Command::new("./run");
        command
            .current_dir(FOLDER)
            .env("STOP_WITH_STDIN", "1")
            .env("AUTHORIZATION_SERVER_PORT", port.to_string())
            .env("AUDIENCE", OidcProvider::RESOURCE);
        let process = Process::start(command, READY_WITHIN)?;
        Ok(Self { process })
    }

    /// Where it speaks AMQP 0-9-1: host and port.
    #[must_use]
    pub fn address(&self) -> &str {
        let address = self.process.address();
        address.strip_prefix("http://").unwrap_or(address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_missing_is_told_how_to_come_by() {
        let Ok(provider) = OidcProvider::start() else {
            panic!("oidc-provider is not installed: run `just servers`");
        };
        let error = RabbitMq::start_with(Path::new("/nowhere"), &provider)
            .unwrap_err()
            .to_string();
        assert!(error.contains("`just servers`"), "{error}");
    }
}
