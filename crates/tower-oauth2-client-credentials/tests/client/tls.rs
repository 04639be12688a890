//! Whom it trusts, which version of HTTP it speaks, and whose certificate it shows.

use std::{env, fs, process::Command, sync::atomic::Ordering};

use bytes::Bytes;
use http::{Request, Version};
use oauth2_client_credentials::Certificate;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{HttpClient, TokenErrorKind};

use crate::{authorization_server, fetch, servers::Authority, told};

const BOTH: &[&[u8]] = &[b"h2", b"http/1.1"];

#[tokio::test]
async fn it_speaks_http_2_where_the_server_does_and_keeps_its_connection() {
    let authority = Authority::new();
    let server = authorization_server().serve().await.unwrap();
    let http = HttpClient::builder()
        .root_certificates_pem(authority.pem())
        .build()
        .unwrap();
    for (protocols, version) in [
        (BOTH, Version::HTTP_2),
        (&[&b"http/1.1"[..]][..], Version::HTTP_11),
        (&[][..], Version::HTTP_11),
    ] {
        let tls = authority
            .serve("localhost", protocols, server.addr(), false)
            .await;
        let request = Request::get(tls.token_endpoint()).body(Bytes::new());
        let answer = http.clone().oneshot(request.unwrap()).await.unwrap();
        assert_eq!(answer.version(), version);
        drop(answer);

        let tls = authority
            .serve("localhost", protocols, server.addr(), false)
            .await;
        for _ in 0..3 {
            fetch(http.clone(), &tls.token_endpoint()).await.unwrap();
        }
        assert_eq!(tls.connections.load(Ordering::Relaxed), 1, "{version:?}");
    }
    assert_eq!(server.get_ref().issued(), 9);
}

#[tokio::test]
async fn a_server_that_nobody_vouches_for_gets_nothing() {
    let (authority, other) = (Authority::new(), Authority::new());
    let server = authorization_server().serve().await.unwrap();
    for (name, trusted, reason) in [
        ("localhost", &other, "certificate"),
        ("as.example.com", &authority, "not valid for name"),
    ] {
        let tls = authority.serve(name, BOTH, server.addr(), false).await;
        let http = HttpClient::builder()
            .root_certificates_pem(trusted.pem())
            .build()
            .unwrap();
        let error = fetch(http, &tls.token_endpoint()).await.unwrap_err();
        let (kind, text) = told(&error);
        assert_eq!(kind, TokenErrorKind::Configuration);
        for part in [&format!("localhost:{} is not trusted", tls.port), reason] {
            assert!(text.contains(part), "{text}");
        }
    }
    assert_eq!(server.get_ref().requests().len(), 0);
}

/// That of a content network, say: rustls shows all names.
#[tokio::test]
async fn a_certificate_of_two_thousand_names_is_not_shown_whole() {
    let authority = Authority::new();
    let names: Vec<_> = (0..2_000)
        .map(|name| format!("n{name}.example.com"))
        .collect();
    let server = authorization_server().serve().await.unwrap();
    let tls = authority
        .serve(&names.join(","), BOTH, server.addr(), false)
        .await;
    let http = HttpClient::builder()
        .root_certificates_pem(authority.pem())
        .build()
        .unwrap();
    let error = fetch(http, &tls.token_endpoint()).await.unwrap_err();
    let (kind, text) = told(&error);
    assert_eq!(kind, TokenErrorKind::Configuration);
    for part in ["not valid for name", "n0.example.com", "…); check the host"] {
        assert!(text.contains(part), "{part}: {text}");
    }
    let shown = format!("{error:?}");
    assert!(
        text.len() < 1_500 && shown.len() < 3_000,
        "{} {}",
        text.len(),
        shown.len()
    );
}

/// Runs itself again, with another system.
#[test]
fn the_roots_of_the_system_are_trusted_beside_those_that_were_given() {
    const CHILD: &str = "CLIENT_TEST_IS_CHILD";
    if env::var_os(CHILD).is_some() {
        return child();
    }
    let folder = env::temp_dir().join(format!("client-roots-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    let run = Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            "tls::the_roots_of_the_system_are_trusted_beside_those_that_were_given",
        ])
        .env(CHILD, "1")
        .env("SSL_CERT_FILE", folder.join("system.pem"))
        .output();
    fs::remove_dir_all(&folder).unwrap();
    let run = run.unwrap();
    let said = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success(), "{said}");
    assert!(said.contains("1 passed"), "{said}");
}

#[tokio::main(flavor = "current_thread")]
async fn child() {
    let (system, given) = (Authority::new(), Authority::new());
    fs::write(env::var("SSL_CERT_FILE").unwrap(), system.pem()).unwrap();
    let server = authorization_server().serve().await.unwrap();
    let plain = HttpClient::new().unwrap();
    let both = HttpClient::builder()
        .root_certificates_pem(given.pem())
        .build()
        .unwrap();
    for (authority, http, trusted) in [
        (&system, &plain, true),
        (&given, &plain, false),
        (&system, &both, true),
        (&given, &both, true),
    ] {
        let tls = authority
            .serve("localhost", BOTH, server.addr(), false)
            .await;
        let outcome = fetch(http.clone(), &tls.token_endpoint()).await;
        assert_eq!(outcome.is_ok(), trusted, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_server_that_asks_for_a_certificate_is_shown_it() {
    let authority = Authority::new();
    let server = authorization_server().serve().await.unwrap();
    let tls = authority
        .serve("localhost", BOTH, server.addr(), true)
        .await;
    let (certificate, key) = authority.client();
    let builder = || HttpClient::builder().root_certificates_pem(authority.pem());

    let http = builder().client_certificate_pem(&*certificate, &*key);
    fetch(http.build().unwrap(), &tls.token_endpoint())
        .await
        .unwrap();
    let shown = tls.shown.lock().unwrap().clone().unwrap();
    assert_eq!(
        Certificate::from_der(&shown).unwrap().thumbprint_s256(),
        Certificate::from_pem(&certificate)
            .unwrap()
            .thumbprint_s256()
    );

    let without = builder().build().unwrap();
    fetch(without, &tls.token_endpoint()).await.unwrap_err();
    assert_eq!(server.get_ref().issued(), 1);
}
