//! TLS before a server, with certificates that are made for one test.

use std::{
    future::pending,
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig,
        crypto::ring,
        pki_types::{CertificateDer, PrivateKeyDer},
        server::WebPkiClientVerifier,
    },
};

/// A certificate authority of our own.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A running TLS server; it ends with its runtime.
pub(crate) struct TlsServer {
    pub(crate) port: u16,
    /// Handshakes that came to an end.
    pub(crate) connections: Arc<AtomicUsize>,
    /// Notified, it reads nothing more from the connections that it has, and keeps them.
    pub(crate) dark: Arc<Notify>,
    /// The certificate that the last client showed.
    pub(crate) shown: Arc<Mutex<Option<CertificateDer<'static>>>>,
}

impl Authority {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        Self {
            issuer: CertifiedIssuer::self_signed(params, key).unwrap(),
        }
    }

    pub(crate) fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a client, and its key, in PEM.
    pub(crate) fn client(&self) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["svc.example.com".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    /// Puts TLS for `name`, or for several with commas between them, before `server`. Clients need a certificate of this authority if `mutual`.
    pub(crate) async fn serve(
        &self,
        name: &str,
        protocols: &[&[u8]],
        server: SocketAddr,
        mutual: bool,
    ) -> TlsServer {
        let mut config = self.config(name, mutual);
        config.alpn_protocols = protocols.iter().map(|one| one.to_vec()).collect();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let running = TlsServer {
            port: listener.local_addr().unwrap().port(),
            connections: Arc::default(),
            dark: Arc::default(),
            shown: Arc::default(),
        };
        let (connections, shown) = (running.connections.clone(), running.shown.clone());
        let dark = running.dark.clone();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, connections, shown) =
                    (acceptor.clone(), connections.clone(), shown.clone());
                let dark = dark.clone();
                tokio::spawn(async move {
                    // A client that does not trust us hangs up here.
                    let Ok(mut tls) = acceptor.accept(tcp).await else {
                        return;
                    };
                    connections.fetch_add(1, Ordering::Relaxed);
                    let peer = tls.get_ref().1.peer_certificates();
                    *shown.lock().unwrap() = peer.map(|chain| chain[0].clone().into_owned());
                    let mut behind = TcpStream::connect(server).await.unwrap();
                    tokio::select! {
                        _ = copy_bidirectional(&mut tls, &mut behind) => {}
                        () = dark.notified() => pending().await,
                    }
                });
            }
        });
        running
    }

    fn config(&self, name: &str, mutual: bool) -> ServerConfig {
        let key = KeyPair::generate().unwrap();
        let names: Vec<_> = name.split(',').map(str::to_owned).collect();
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = if mutual {
            let mut roots = RootCertStore::empty();
            roots.add(self.issuer.der().clone()).unwrap();
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
            config.with_client_cert_verifier(verifier.build().unwrap())
        } else {
            config.with_no_client_auth()
        };
        config
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap()
    }
}

impl TlsServer {
    pub(crate) fn token_endpoint(&self) -> String {
        format!("https://localhost:{}/token", self.port)
    }
}
