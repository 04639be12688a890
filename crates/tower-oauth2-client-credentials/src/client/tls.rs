//! Whom to trust, and who we are.

use std::sync::Arc;

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::{HttpClientError, error::Problem};
use crate::error::BoxError;

/// The client's certificate and its key, in PEM, unread.
pub(super) struct Identity {
    pub(super) certificate: Vec<u8>,
    pub(super) key: Vec<u8>,
}

/// TLS to servers that the system's roots or these ones vouch for, which are shown `identity`.
pub(super) fn config(
    roots: &[Vec<u8>],
    identity: Option<&Identity>,
) -> Result<ClientConfig, HttpClientError> {
    let system = rustls_native_certs::load_native_certs();
    let reason = system.errors.into_iter().next().map(BoxError::from);
    let trusted = trusting(system.certs, reason, roots)?;
    // By name: another crate may have chosen another provider for the whole process, or none.
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| HttpClientError::new(Problem::Tls, Some(error.into())))?
        .with_root_certificates(trusted);
    let Some(identity) = identity else {
        return Ok(config.with_no_client_auth());
    };
    let chain = certificates(&identity.certificate, Problem::Certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&identity.key)
        .map_err(|_| HttpClientError::new(Problem::Key, None))?;
    config
        .with_client_auth_cert(chain, key)
        .map_err(|error| HttpClientError::new(Problem::Identity, Some(error.into())))
}

/// The system's roots and the program's own. `reason`: why the system's may not be all.
fn trusting(
    system: Vec<CertificateDer<'static>>,
    reason: Option<BoxError>,
    own: &[Vec<u8>],
) -> Result<RootCertStore, HttpClientError> {
    let mut trusted = RootCertStore::empty();
    // Systems have certificates that do not parse. That shows where it matters: at a server that nobody vouches for.
    trusted.add_parsable_certificates(system);
    for pem in own {
        for certificate in certificates(pem, Problem::Roots)? {
            trusted
                .add(certificate)
                .map_err(|error| HttpClientError::new(Problem::Roots, Some(error.into())))?;
        }
    }
    if trusted.is_empty() {
        return Err(HttpClientError::new(Problem::NoRoots, reason));
    }
    Ok(trusted)
}

fn certificates(
    pem: &[u8],
    problem: Problem,
) -> Result<Vec<CertificateDer<'static>>, HttpClientError> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(read) if !read.is_empty() => Ok(read),
        _ => Err(HttpClientError::new(problem, None)),
    }
}

#[cfg(test)]
mod tests {
    use std::error::Error;

    use super::*;

    /// A container made of nothing but the program.
    #[test]
    fn a_system_without_roots_is_told_so_and_what_to_try() {
        let error = trusting(Vec::new(), None, &[]).unwrap_err();
        let text = error.to_string();
        assert!(
            text.contains("ca-certificates") && text.contains("SSL_CERT_FILE"),
            "{text}"
        );
        assert!(error.source().is_none());
        let error = trusting(Vec::new(), Some("no such folder".into()), &[]).unwrap_err();
        assert_eq!(error.source().unwrap().to_string(), "no such folder");
    }

    #[test]
    fn a_certificate_of_the_system_that_does_not_parse_harms_nobody() {
        let system = vec![CertificateDer::from(vec![0; 9])];
        let error = trusting(system, None, &[]).unwrap_err();
        assert!(
            error.to_string().contains("no root certificates"),
            "{error}"
        );
    }
}
