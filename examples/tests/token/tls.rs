//! TLS: whom the program trusts, and both versions of HTTP over it.

use std::time::Duration;

use oauth2_client_credentials_testkit::ResourceServer;
use tokio::net::TcpListener;

use crate::{
    authority::Authority,
    support::{Program, file, missing_file, serve, server},
};

#[tokio::test]
async fn an_authority_that_is_named_is_trusted_on_both_sides() {
    let authority = Authority::new();
    let ca_file = file("ca.pem", authority.pem().as_bytes());
    let server = serve(server()).await;
    let resource = ResourceServer::new(server.get_ref()).serve().await.unwrap();
    for protocol in [&b"h2"[..], b"http/1.1"] {
        let protocol = &[protocol];
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
            .serve("localhost", &[b"http/1.1"], server.addr())
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
    let port = authority.serve("localhost", &[b"h2"], server.addr()).await;
    let run = Program::at(&format!("https://localhost:{port}/token"))
        .run()
        .await;
    run.fails(
        "Configuration",
        &[&format!("localhost:{port}"), "UnknownIssuer", "--ca-file"],
    );

    let ca_file = file("other-name.pem", authority.pem().as_bytes());
    let port = authority
        .serve("as.example.com", &[b"h2"], server.addr())
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
