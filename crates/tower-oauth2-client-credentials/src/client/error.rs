//! Why there is no HTTP client.

use std::{error::Error, fmt};

use crate::error::BoxError;

/// An [`HttpClient`](super::HttpClient) could not be built.
///
/// What stood in PEM is not repeated, nor is the parser's error: a key whose line ends were lost is a single line, and that would
/// have all of it.
#[derive(Debug)]
pub struct HttpClientError {
    problem: Problem,
    source: Option<BoxError>,
}

#[derive(Debug)]
pub(super) enum Problem {
    /// Neither the system nor the program has any.
    NoRoots,
    /// Those of the program.
    Roots,
    /// The client's own.
    Certificate,
    Key,
    /// The two do not fit, or rustls cannot use them.
    Identity,
    /// rustls itself.
    Tls,
}

impl HttpClientError {
    pub(super) fn new(problem: Problem, source: Option<BoxError>) -> Self {
        Self { problem, source }
    }
}

impl fmt::Display for HttpClientError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.problem {
            Problem::NoRoots => {
                "this system has no root certificates, so that no server could be trusted; install its CA certificates (often \
                 a package called ca-certificates), name a file in SSL_CERT_FILE, or give the program some of its own"
            }
            Problem::Roots => {
                "the root certificates that this program was given cannot be read; they have to be certificates in PEM, with \
                 their line ends, and at least one"
            }
            Problem::Certificate => {
                "the client certificate that this program was given cannot be read; it has to be in PEM, with its line ends, \
                 the client's own first"
            }
            Problem::Key => {
                "the key of the client certificate that this program was given cannot be read; it has to be a private key in \
                 PEM, with its line ends, and not encrypted"
            }
            Problem::Identity => {
                "the client certificate and the key that this program was given cannot be used; check that they belong together"
            }
            Problem::Tls => "TLS cannot be set up; the source says why",
        })
    }
}

impl Error for HttpClientError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as _)
    }
}
