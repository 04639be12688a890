//! Whom to trust.

use std::{fmt, path::Path, sync::Arc};

use oauth2_client_credentials::Certificate;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
};

use super::{failure::Failure, options::Options};

/// TLS to servers whose certificates come from an authority that the system trusts, or from one in `--ca-file`; they are shown
/// the client's own certificate, if it has one.
///
/// # Errors
///
/// A file cannot be read, or has something else in it, or the client's key is not that of its certificate.
pub(crate) fn client_config(options: &Options) -> Result<ClientConfig, Failure> {
    let mut roots = RootCertStore::empty();
    // Systems have certificates that do not parse, and some have none at all. Both show where they matter: in a connection to
    // a server that nobody vouches for.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = &options.ca_file {
        add_file(&mut roots, path)?;
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| Failure::configuration(format!("TLS: {error}")))?;
    let config = config.with_root_certificates(roots);
    let (Some(certificate), Some(key)) = (&options.cert_file, &options.cert_key_file) else {
        return Ok(config.with_no_client_auth());
    };
    let (chain, own) = (chain(certificate)?, private_key(key)?);
    config.with_client_auth_cert(chain, own).map_err(|error| {
        Failure::configuration(format!(
            "the certificate file {} and the key file {}: {error}; check that they belong together",
            certificate.display(),
            key.display()
        ))
    })
}

/// The thumbprint of the client's own certificate, if it has one.
///
/// # Errors
///
/// Its file cannot be read, or has something else in it.
pub(crate) fn thumbprint(options: &Options) -> Result<Option<String>, Failure> {
    let Some(path) = &options.cert_file else {
        return Ok(None);
    };
    // The first is the client's, the others vouch for it.
    let Some(own) = chain(path)?.into_iter().next() else {
        return Ok(None);
    };
    let own = Certificate::from_der(&own).map_err(|error| {
        Failure::configuration(format!("the certificate file {}: {error}", path.display()))
    })?;
    Ok(Some(own.thumbprint_s256()))
}

fn chain(path: &Path) -> Result<Vec<CertificateDer<'static>>, Failure> {
    let failure = |what: &dyn fmt::Display| {
        Failure::configuration(format!(
            "the certificate file {}: {what}; it has to have the client's certificate in PEM",
            path.display()
        ))
    };
    let chain = CertificateDer::pem_file_iter(path).map_err(|error| failure(&error))?;
    let chain: Vec<_> = chain
        .collect::<Result<_, _>>()
        .map_err(|error| failure(&error))?;
    if chain.is_empty() {
        return Err(failure(&"there is no certificate in it"));
    }
    Ok(chain)
}

fn private_key(path: &Path) -> Result<PrivateKeyDer<'static>, Failure> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| {
        Failure::configuration(format!(
            "the key file {}: {error}; it has to have the certificate's private key in PEM",
            path.display()
        ))
    })
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
