//! Redis, which a fleet shares its tokens through (`tests/servers/redis`).

use std::{path::Path, process::Command};

use tower_oauth2_client_credentials::BoxError;

use crate::{
    pki::Pki,
    process::{Process, READY_WITHIN, StartError},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/redis");

const SERVER: &str = "/usr/bin/redis-server";

/// A Redis with TLS and passwords. It can be stopped and started again, where it was; it ends with this value.
#[derive(Debug)]
pub struct Redis {
    pki: Pki,
    process: Option<Process>,
    /// Zero: any that is free.
    port: u16,
}

impl Redis {
    /// Starts it on a port that is free, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// It is not installed, or is not ready in time.
    pub fn start() -> Result<Self, BoxError> {
        let mut redis = Self {
            pki: Pki::new()?,
            process: None,
            port: 0,
        };
        redis.start_again(Path::new(SERVER))?;
        Ok(redis)
    }

    /// Ends it, and with it all that it knew.
    pub fn stop(&mut self) {
        self.process = None;
    }

    /// Starts it where it was, empty.
    ///
    /// # Errors
    ///
    /// It is not ready in time.
    pub fn restart(&mut self) -> Result<(), BoxError> {
        self.stop();
        self.start_again(Path::new(SERVER))
    }

    /// Its port, where it speaks TLS as `localhost`.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The certificate of the authority that its own is from, as PEM.
    ///
    /// # Errors
    ///
    /// The file is gone.
    pub fn root_certificate(&self) -> Result<Vec<u8>, BoxError> {
        Ok(std::fs::read(self.pki.folder().join("ca.pem"))?)
    }

    /// The URL for one of its users, `fleet` or `admin`, at a port: its own, or that of something in between.
    #[must_use]
    pub fn url(user: &str, port: u16) -> String {
        format!("rediss://{user}:{user}-password@localhost:{port}")
    }

    fn start_again(&mut self, server: &Path) -> Result<(), BoxError> {
        if !server.exists() {
            let missing =
                "Redis is not installed: run `just servers`, or tests/servers/redis/install";
            return Err(StartError::new(missing).into());
        }
        let mut command = Command::new("./run");
        command
            .current_dir(FOLDER)
            .env("STOP_WITH_STDIN", "1")
            .env("PKI", self.pki.folder());
        if self.port != 0 {
            command.env("PORT", self.port.to_string());
        }
        let process = Process::start(command, READY_WITHIN)?;
        let (_, port) = process.address().rsplit_once(':').unwrap_or_default();
        self.port = port.parse()?;
        self.process = Some(process);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_is_missing_is_told_how_to_come_by() {
        let mut redis = Redis {
            pki: Pki::new().unwrap(),
            process: None,
            port: 0,
        };
        let error = redis.start_again(Path::new("/nowhere")).unwrap_err();
        assert!(error.to_string().contains("`just servers`"), "{error}");
    }
}
