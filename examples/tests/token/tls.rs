//! TLS: whom the program trusts, and both versions of HTTP over it.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use oauth2_client_credentials_testkit::ResourceServer;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{
        RootCertStore, ServerConfig, crypto::ring, pki_types::PrivateKeyDer,
        server::WebPkiClientVerifier,
    },
};

use crate::support::{Program, file, missing_file, serve, server};

/// A certificate authority of our own.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
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

    /// Puts TLS for `name` before a server, and says on which port.
    async fn serve(&self, name: &str, protocol: &[u8], server: SocketAddr) -> u16 {
        self.serve_to(None, name, protocol, server).await
    }

    /// The same for clients with a certificate of this authority only, if there is one.
    pub(crate) async fn serve_to(
        &self,
        clients: Option<&Self>,
        name: &str,
        protocol: &[u8],
        server: SocketAddr,
    ) -> u16 {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .unwrap();
        let config = match clients {
            None => config.with_no_client_auth(),
            Some(clients) => {
                let mut roots = RootCertStore::empty();
                roots.add(clients.issuer.der().clone()).unwrap();
                let verifier =
                    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), provider);
                config.with_client_cert_verifier(verifier.build().unwrap())
            }
        };
        let mut config = config
            .with_single_cert(
                vec![certificate.der().clone()],
                PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
            )
            .unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // A client that does not trust us hangs up here.
                    let Ok(mut tls) = acceptor.accept(tcp).await else {
                        return;
                    };
                    let mut behind = TcpStream::connect(server).await.unwrap();
                    let _ = copy_bidirectional(&mut tls, &mut behind).await;
                });
            }
        });
        port
    }
}

#[tokio::test]
async fn an_authority_that_is_named_is_trusted_on_both_sides() {
    let authority = Authority::new();
    let ca_file = file("ca.pem", authority.pem().as_bytes());
    let server = serve(server()).await;
    let resource = ResourceServer::new(server.get_ref()).serve().await.unwrap();
    for protocol in [&b"h2"[..], b"http/1.1"] {
        let endpoint = authority.serve("localhost", protocol, server.addr()).await;
        let api = authority
            .serve("localhost", protocol, resource.addr())
            .await;
        let run = Program::at(&format!("https://localhost:{endpoint}/token"))
            .file("--ca-file", &ca_file)
            .args(["--get", &format!("https://localhost:{api}/")])
            .run()
            .await;
        assert_eq!(run.answer(), "200 OK\nok\n");
    }
    assert_eq!(
        (
            server.get_ref().token_requests(),
            resource.get_ref().served()
        ),
        (2, 2)
    );
}

#[tokio::test]
async fn the_roots_of_the_system_are_trusted_too() {
    let [system, named] = [Authority::new(), Authority::new()];
    let roots = file("system.pem", system.pem().as_bytes());
    let ca_file = file("named.pem", named.pem().as_bytes());
    let server = serve(server()).await;
    for authority in [&system, &named] {
        let port = authority
            .serve("localhost", b"http/1.1", server.addr())
            .await;
        Program::at(&format!("https://localhost:{port}/token"))
            .env("SSL_CERT_FILE", &roots)
            .file("--ca-file", &ca_file)
            .run()
            .await
            .answer();
    }
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_nothing() {
    let authority = Authority::new();
    let server = serve(server()).await;
    let port = authority.serve("localhost", b"h2", server.addr()).await;
    let run = Program::at(&format!("https://localhost:{port}/token"))
        .run()
        .await;
    run.fails(
        "Configuration",
        &[&format!("localhost:{port}"), "UnknownIssuer", "--ca-file"],
    );

    let ca_file = file("other-name.pem", authority.pem().as_bytes());
    let port = authority
        .serve("as.example.com", b"h2", server.addr())
        .await;
    let run = Program::at(&format!("https://localhost:{port}/token"))
        .file("--ca-file", &ca_file)
        .run()
        .await;
    run.fails("Configuration", &["not valid for name", "check the host"]);
    assert_eq!(server.get_ref().requests().len(), 0);
}

#[tokio::test]
async fn a_handshake_that_stands_still_is_given_up() {
    let server = serve(server()).await;
    // Connections are made, and nobody ever reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let begun = std::time::Instant::now();
    let run = Program::with(&server)
        .args(["--get", &format!("https://{address}/")])
        .run()
        .await;
    run.fails("Transient", &[&address.to_string(), "none within 5s"]);
    assert!(begun.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn a_ca_file_that_has_none_is_named() {
    let server = serve(server()).await;
    for (path, word) in [
        (missing_file("no-such-ca.pem"), "No such file"),
        (file("empty-ca.pem", b""), "no certificate"),
        (file("text-ca.pem", b"certificate"), "no certificate"),
        (
            file("torn-ca.pem", b"-----BEGIN CERTIFICATE-----\nAAAA\n"),
            "PEM",
        ),
        (
            file(
                "wrong-ca.pem",
                b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            ),
            "PEM",
        ),
    ] {
        let run = Program::with(&server).file("--ca-file", &path).run().await;
        run.fails("Configuration", &[path.to_str().unwrap(), word]);
    }
    assert_eq!(server.get_ref().requests().len(), 0);
}
