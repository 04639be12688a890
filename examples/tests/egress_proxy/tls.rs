//! An upstream over TLS, whose certificate comes from an authority of its own.

use std::sync::Arc;

use http::{Request, Version};
use http_body_util::Full;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::{
    proxy::{Proxy, file},
    stack::{self, caller, folder, json, program, ready, send_with},
    upstream::{Seen, serve},
};

/// Starts one that speaks these protocols. Tells its origin, and its authority's certificate in PEM.
async fn start(alpn: &[&[u8]]) -> (String, String) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let own = CertificateParams::new(["localhost".to_owned()]).unwrap();
    let own = own.signed_by(&key, &authority).unwrap();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let mut config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], key)
        .unwrap();
    config.alpn_protocols = alpn.iter().map(|name| name.to_vec()).collect();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let origin = format!(
        "https://localhost:{}",
        listener.local_addr().unwrap().port()
    );
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                if let Ok(stream) = acceptor.accept(stream).await {
                    serve(stream, Seen::new()).await;
                }
            });
        }
    });
    (origin, authority.pem())
}

#[tokio::test]
async fn it_speaks_what_the_upstream_speaks_whatever_the_caller_does() {
    let tokens = stack::server().await;
    for (alpn, spoken) in [
        (&[&b"h2"[..], b"http/1.1"][..], "HTTP/2.0"),
        (&[b"http/1.1"], "HTTP/1.1"),
    ] {
        let (origin, authority) = start(alpn).await;
        let ca = file(folder(), "pem", &authority);
        let config = stack::config(&tokens, &origin, "");
        let config = format!("{config}ca_file = \"{}\"\n", ca.display());
        let proxy = Proxy::start(program(), folder(), &config);
        ready(&proxy).await;
        for version in [Version::HTTP_11, Version::HTTP_2] {
            let request = Request::get(proxy.address()).body(Full::default()).unwrap();
            let answer = send_with(&caller(version), request).await;
            assert_eq!(json(&answer)["version"], spoken, "{version:?}");
        }
    }
}

#[tokio::test]
async fn an_upstream_that_nobody_vouches_for_gets_nothing() {
    let tokens = stack::server().await;
    let (origin, _) = start(&[b"h2"]).await;
    let proxy = Proxy::start(program(), folder(), &stack::config(&tokens, &origin, ""));
    let answer = stack::get(proxy.address()).await;
    assert_eq!(
        (answer.status().as_u16(), &json(&answer)["kind"]),
        (502, &"UpstreamConnect".into())
    );
}
