//! How an HTTP client is to be.

use std::{fmt, time::Duration};

use super::{
    HttpClient, HttpClientError,
    tls::{self, Identity},
};

/// An [`HttpClient`] that is set up one thing at a time.
#[must_use = "nothing is there until it is built"]
pub struct HttpClientBuilder {
    connect_timeout: Duration,
    timeout: Duration,
    roots: Vec<Vec<u8>>,
    identity: Option<Identity>,
}

/// Less than a source gives one attempt (6 s): who waits for it hears why there is no connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Less than that too, so that the error names whom was asked.
const TIMEOUT: Duration = Duration::from_millis(5_500);

impl HttpClientBuilder {
    /// How long a connection may take to be made, the name's resolution, TCP and TLS together (default: 5 s).
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.connect_timeout = timeout;
        self
    }

    /// How long a whole request may take, from the connection to the last byte of the answer's body (default: 5.5 s). A
    /// [`Schedule`](crate::Schedule) has a limit of its own for each attempt, 6 s unless it is set.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// Trusts servers that these certificates vouch for, in PEM, beside those that the system's do. May be called more than once.
    pub fn root_certificates_pem(mut self, pem: impl Into<Vec<u8>>) -> Self {
        self.roots.push(pem.into());
        self
    }

    /// Shows servers that ask for one this certificate, in PEM, followed by those that vouch for it; and its private key in PEM
    /// (PKCS #8, PKCS #1 or SEC 1). For mutual TLS at the token endpoint (RFC 8705 §2).
    ///
    /// They are read once. With a new certificate build a new client, a new endpoint and a new source.
    pub fn client_certificate_pem(
        mut self,
        certificate: impl Into<Vec<u8>>,
        key: impl Into<Vec<u8>>,
    ) -> Self {
        self.identity = Some(Identity {
            certificate: certificate.into(),
            key: key.into(),
        });
        self
    }

    /// Reads the system's root certificates and all that was given.
    ///
    /// # Errors
    ///
    /// There is no root certificate at all, PEM that was given cannot be read, or the client's key is not that of its certificate.
    pub fn build(self) -> Result<HttpClient, HttpClientError> {
        let tls = tls::config(&self.roots, self.identity.as_ref())?;
        Ok(HttpClient::with(tls, self.connect_timeout, self.timeout))
    }
}

impl Default for HttpClientBuilder {
    fn default() -> Self {
        Self {
            connect_timeout: CONNECT_TIMEOUT,
            timeout: TIMEOUT,
            roots: Vec::new(),
            identity: None,
        }
    }
}

/// Without the certificates, and above all without the key.
impl fmt::Debug for HttpClientBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("HttpClientBuilder")
            .field("connect_timeout", &self.connect_timeout)
            .field("timeout", &self.timeout)
            .field("client_certificate", &self.identity.is_some())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Schedule;

    #[test]
    fn its_own_error_comes_before_the_source_gives_up_an_attempt() {
        let attempt = Schedule::default().attempt_timeout(Duration::ZERO);
        assert!(CONNECT_TIMEOUT < TIMEOUT && TIMEOUT < attempt);
    }
}
