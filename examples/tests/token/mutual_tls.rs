//! `--cert-file`: the client's certificate, for both servers.

use serde_json::json;

use crate::{
    authority::Authority,
    http_server::HttpServer,
    support::{Program, file},
};

/// Both servers in one.
async fn server() -> HttpServer {
    HttpServer::start(|_, request| {
        let token = r#"{"access_token":"canary-token-1","token_type":"Bearer","expires_in":60}"#;
        let body = if request.path == "/token" {
            token
        } else {
            "ok"
        };
        (200, String::new(), body.to_owned())
    })
    .await
}

#[tokio::test]
async fn the_certificate_is_what_the_client_authenticates_with_at_both_servers() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let server = server().await;
    let port = servers
        .serve_to(
            Some(&clients),
            "localhost",
            &[b"http/1.1"],
            server.address(),
        )
        .await;
    let ca_file = file("mtls-ca.pem", servers.pem().as_bytes());
    let (certificate, key) = clients.client();
    let cert_file = file("mtls-cert.pem", certificate.as_bytes());
    let key_file = file("mtls-key.pem", key.as_bytes());
    let program = || {
        Program::at(&format!("https://localhost:{port}/token"))
            .file("--ca-file", &ca_file)
            .file("--cert-file", &cert_file)
            .file("--cert-key-file", &key_file)
            .args(["--get", &format!("https://localhost:{port}/api")])
    };
    for args in [
        &[][..],
        &["--auth", "tls_client_auth"],
        &["--auth", "self_signed_tls_client_auth"],
    ] {
        let run = program().args(args.iter().copied()).run().await;
        assert_eq!(run.answer(), "200 OK\nok\n", "{args:?}");
        let received = server.received();
        let request = &received[received.len() - 2];
        assert_eq!(request.body, "grant_type=client_credentials&client_id=svc");
    }
    // Named, another method goes with the certificate too.
    program()
        .args(["--auth", "client_secret_post"])
        .run()
        .await
        .answer();

    let without = Program::at(&format!("https://localhost:{port}/token"))
        .file("--ca-file", &ca_file)
        .run()
        .await;
    without.fails("Transient", &[&format!("localhost:{port}")]);
}

/// Its alias for clients with a certificate (RFC 8705 §5) is on another port than the metadata, which is for everybody.
#[tokio::test]
async fn with_a_certificate_the_alias_is_taken_whatever_the_method() {
    let (servers, clients) = (Authority::new(), Authority::new());
    let behind = server().await;
    let port = servers
        .serve_to(
            Some(&clients),
            "localhost",
            &[b"http/1.1"],
            behind.address(),
        )
        .await;
    let issuer = HttpServer::start(move |base, request| {
        if request.path == "/plain" {
            let token = r#"{"access_token":"canary-token-2","token_type":"Bearer"}"#;
            return (200, String::new(), token.to_owned());
        }
        let alias = format!("https://localhost:{port}/token");
        let document = json!({
            "issuer": base,
            "token_endpoint": format!("{base}/plain"),
            "mtls_endpoint_aliases": {"token_endpoint": alias},
        });
        (200, String::new(), document.to_string())
    })
    .await;
    let ca_file = file("alias-ca.pem", servers.pem().as_bytes());
    let (certificate, key) = clients.client();
    let cert_file = file("alias-cert.pem", certificate.as_bytes());
    let key_file = file("alias-key.pem", key.as_bytes());
    let program = || {
        Program::new()
            .args(["--issuer", &issuer.uri(""), "--client-id", "svc"])
            .file("--ca-file", &ca_file)
    };
    let methods = [
        "tls_client_auth",
        "client_secret_basic",
        "client_secret_post",
        "none",
    ];
    for method in methods {
        let program = program().args(["--auth", method]);
        let run = program
            .file("--cert-file", &cert_file)
            .file("--cert-key-file", &key_file)
            .run()
            .await;
        assert!(run.answer().contains("canary-token-1"), "{method}: {run:?}");
    }
    assert_eq!(behind.paths(), ["/token"; 4]);
    let without = program().run().await;
    assert!(without.answer().contains("canary-token-2"), "{without:?}");
}

#[tokio::test]
async fn a_certificate_that_cannot_be_used_is_named() {
    let clients = Authority::new();
    let ((certificate, _), (_, key_of_another)) = (clients.client(), clients.client());
    let certificate = file("own-cert.pem", certificate.as_bytes());
    let other = file("other-key.pem", key_of_another.as_bytes());
    let none = file("no-cert.pem", b"canary");
    for (cert_file, key_file, words) in [
        (&certificate, &other, ["own-cert.pem", "other-key.pem"]),
        (&none, &other, ["no-cert.pem", "no certificate"]),
        (&certificate, &none, ["no-cert.pem", "private key"]),
    ] {
        let run = Program::at("https://localhost:1/token")
            .file("--cert-file", cert_file)
            .file("--cert-key-file", key_file)
            .run()
            .await;
        run.fails("Configuration", &words);
    }
}
