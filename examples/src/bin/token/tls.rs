//! Whom to trust.

use std::{fmt, path::Path, sync::Arc};

use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, pem::PemObject},
};

use crate::failure::Failure;

/// TLS to servers whose certificates come from an authority that the system trusts, or from one in `ca_file`.
///
/// # Errors
///
/// The file cannot be read, or has something else in it.
pub(crate) fn client_config(ca_file: Option<&Path>) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    // Systems have certificates that do not parse, and some have none at all. Both show where they matter: in a connection to
    // a server that nobody vouches for.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        add_file(&mut roots, path)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::configuration(format!("TLS: {error}")))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

fn add_file(roots: &mut RootCertStore, path: &Path) -> Result<(), Failure> {
    let failure = |what: &dyn fmt::Display| {
        Failure::configuration(format!(
            "the CA file {}: {what}; it has to have certificates in PEM",
            path.display()
        ))
    };
    let certificates = CertificateDer::pem_file_iter(path).map_err(|error| failure(&error))?;
    let before = roots.len();
    for certificate in certificates {
        let certificate = certificate.map_err(|error| failure(&error))?;
        roots.add(certificate).map_err(|error| failure(&error))?;
    }
    if roots.len() == before {
        return Err(failure(&"there is no certificate in it"));
    }
    Ok(())
}
