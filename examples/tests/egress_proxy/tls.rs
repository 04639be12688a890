//! An upstream over TLS, whose certificate comes from an authority of its own.

use http::{Request, StatusCode, Version};
use http_body_util::Full;
use oauth2_client_credentials_testkit::{AuthorizationServer, Serving};

use crate::{
    authority::Authority,
    proxy::{Proxy, file},
    stack::{self, caller, folder, json, program, ready, send_with},
    upstream::Upstream,
};

/// An upstream over TLS that speaks these protocols, with callers that `clients` vouches for, if it is there. Tells its origin.
async fn start(
    authority: &Authority,
    clients: Option<&Authority>,
    protocols: &[&[u8]],
) -> (Upstream, String) {
    let upstream = Upstream::start().await;
    let address = upstream.authority().parse().unwrap();
    let port = authority
        .serve_to(clients, "localhost", protocols, address)
        .await;
    (upstream, format!("https://localhost:{port}"))
}

/// One that trusts this authority, with these lines more for its token.
async fn proxy(
    tokens: &Serving<AuthorizationServer>,
    upstream: &str,
    authority: &Authority,
    more: &str,
) -> Proxy {
    let ca = file(folder(), "pem", &authority.pem());
    let config = stack::config(tokens, upstream, "");
    let config = format!("{config}ca_file = \"{}\"\n{more}", ca.display());
    let proxy = Proxy::start(program(), folder(), &config);
    ready(&proxy).await;
    proxy
}

#[tokio::test]
async fn it_speaks_what_the_upstream_speaks_whatever_the_caller_does() {
    let (tokens, authority) = (stack::server().await, Authority::new());
    for (alpn, spoken) in [
        (&[&b"h2"[..], b"http/1.1"][..], "HTTP/2.0"),
        (&[b"http/1.1"], "HTTP/1.1"),
    ] {
        let (_, origin) = start(&authority, None, alpn).await;
        let proxy = proxy(&tokens, &origin, &authority, "").await;
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
    let (upstream, origin) = start(&Authority::new(), None, &[b"h2"]).await;
    let proxy = Proxy::start(program(), folder(), &stack::config(&tokens, &origin, ""));
    let answer = stack::get(proxy.address()).await;
    assert_eq!(
        (answer.status().as_u16(), &json(&answer)["kind"]),
        (502, &"UpstreamConnect".into())
    );
    assert_eq!(upstream.requests(), 0);
}

#[tokio::test]
async fn an_upstream_that_asks_for_a_certificate_is_shown_the_clients() {
    let (tokens, servers) = (stack::server().await, Authority::new());
    let (clients, others) = (Authority::new(), Authority::new());
    for alpn in [&b"h2"[..], b"http/1.1"] {
        let (upstream, origin) = start(&servers, Some(&clients), &[alpn]).await;
        for (shown, status) in [
            (Some(&clients), StatusCode::OK),
            (Some(&others), StatusCode::BAD_GATEWAY),
            (None, StatusCode::BAD_GATEWAY),
        ] {
            let more = shown.map(|authority| {
                let (certificate, key) = authority.client();
                let certificate = file(folder(), "pem", &certificate);
                let key = file(folder(), "key", &key);
                format!(
                    "auth = \"client_secret_basic\"\ncert_file = \"{}\"\ncert_key_file = \"{}\"\n",
                    certificate.display(),
                    key.display()
                )
            });
            let proxy = proxy(&tokens, &origin, &servers, &more.unwrap_or_default()).await;
            assert_eq!(stack::get(proxy.address()).await.status(), status);
        }
        assert_eq!(upstream.requests(), 1);
    }
}
