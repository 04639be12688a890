//! Certificates that are made for one test and thrown away.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
    },
};

use oauth2_client_credentials::Certificate;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use rustls::{
    ClientConfig, RootCertStore, ServerConfig,
    crypto::ring,
    pki_types::{CertificateDer, PrivateKeyDer},
};
use tower_oauth2_client_credentials::BoxError;

/// An authority, and a folder with what a server needs of it, which is gone with this value.
#[derive(Debug)]
pub struct Pki {
    folder: PathBuf,
    authority: CertifiedIssuer<'static, KeyPair>,
    self_signed: Identity,
}

/// A client's certificate and its key.
#[derive(Debug)]
pub struct Identity {
    certificate: CertificateDer<'static>,
    key: KeyPair,
}

/// The name that certificates for clients are made out to.
const CLIENT: &str = "svc.example.com";

impl Pki {
    /// A new authority, with a certificate for `localhost` and one that a client has signed itself.
    ///
    /// # Errors
    ///
    /// The files cannot be written.
    pub fn new() -> Result<Self, BoxError> {
        static NEXT: AtomicU32 = AtomicU32::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("oauth2-pki-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        fs::create_dir(&folder)?;

        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params
            .distinguished_name
            .push(DnType::CommonName, "authority of a test");
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
        let key = KeyPair::generate()?;
        let server =
            CertificateParams::new(["localhost".to_owned()])?.signed_by(&key, &authority)?;
        let own_key = KeyPair::generate()?;
        let own = CertificateParams::new([CLIENT.to_owned()])?.self_signed(&own_key)?;
        fs::write(folder.join("ca.pem"), authority.pem())?;
        fs::write(folder.join("server.pem"), server.pem())?;
        fs::write(folder.join("server.key"), key.serialize_pem())?;
        fs::write(folder.join("self-signed.pem"), own.pem())?;
        let self_signed = Identity {
            certificate: own.der().clone(),
            key: own_key,
        };
        Ok(Self {
            folder,
            authority,
            self_signed,
        })
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// A new certificate for the client, from the authority.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn client(&self) -> Result<Identity, BoxError> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new([CLIENT.to_owned()])?;
        let certificate = params.signed_by(&key, &self.authority)?;
        Ok(Identity {
            certificate: certificate.der().clone(),
            key,
        })
    }

    /// The authority's own certificate, in PEM.
    #[must_use]
    pub fn root_certificate(&self) -> String {
        self.authority.pem()
    }

    /// TLS for a server called `localhost`, with a new certificate: one that is good now, or one that has ended.
    ///
    /// # Errors
    ///
    /// It cannot be made.
    pub fn server_config(&self, expired: bool) -> Result<ServerConfig, BoxError> {
        let mut params = CertificateParams::new(["localhost".to_owned()])?;
        if expired {
            params.not_before = rcgen::date_time_ymd(2020, 1, 1);
            params.not_after = rcgen::date_time_ymd(2021, 1, 1);
        }
        let key = KeyPair::generate()?;
        let certificate = params.signed_by(&key, &self.authority)?;
        let key = PrivateKeyDer::try_from(key.serialize_der())?;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)?;
        Ok(config)
    }

    /// The certificate that the client has signed itself.
    #[must_use]
    pub fn self_signed(&self) -> &Identity {
        &self.self_signed
    }

    /// TLS to servers of this authority, which are shown `identity`.
    ///
    /// # Errors
    ///
    /// The certificates are none.
    pub fn client_config(&self, identity: &Identity) -> Result<ClientConfig, BoxError> {
        let mut roots = RootCertStore::empty();
        roots.add(self.authority.der().clone())?;
        let key = PrivateKeyDer::try_from(identity.key.serialize_der())?;
        let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_client_auth_cert(vec![identity.certificate.clone()], key)?;
        Ok(config)
    }
}

impl Identity {
    /// The thumbprint that tokens are bound to (RFC 8705 §3.1).
    ///
    /// # Errors
    ///
    /// None, as long as the certificate is one.
    pub fn thumbprint(&self) -> Result<String, BoxError> {
        Ok(Certificate::from_der(&self.certificate)?.thumbprint_s256())
    }
}

impl Drop for Pki {
    fn drop(&mut self) {
        // What is left in a folder for temporary files harms nobody.
        let _ = fs::remove_dir_all(&self.folder);
    }
}
