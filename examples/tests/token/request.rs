//! Each option shows in the token request.

use http::header::AUTHORIZATION;
use oauth2_client_credentials_testkit::{
    AuthorizationServer, ClientAuthentication, ReceivedRequest,
};

use crate::support::{Program, SECRET, file, only_request, serve, server};

/// The one token request of a run that got a token from a server which takes any client.
async fn request(args: &[&str]) -> ReceivedRequest {
    let server = serve(AuthorizationServer::builder()).await;
    let run = Program::with(&server)
        .args(args.iter().copied())
        .run()
        .await;
    run.answer();
    only_request(&server)
}

#[tokio::test]
async fn a_client_with_a_secret_uses_basic() {
    for args in [&[][..], &["--auth", "client_secret_basic"]] {
        let request = request(args).await;
        assert_eq!(
            request.client_authentication(),
            ClientAuthentication::ClientSecretBasic
        );
        assert_eq!(
            (request.client_id(), request.client_secret()),
            (Some("svc"), Some(SECRET))
        );
        assert_eq!(&request.body()[..], b"grant_type=client_credentials");
    }
}

#[tokio::test]
async fn post_sends_the_secret_in_the_body() {
    let request = request(&["--auth", "client_secret_post"]).await;
    assert_eq!(
        request.client_authentication(),
        ClientAuthentication::ClientSecretPost
    );
    assert_eq!(
        (request.client_id(), request.client_secret()),
        (Some("svc"), Some(SECRET))
    );
}

#[tokio::test]
async fn none_sends_the_id_and_no_secret() {
    let request = request(&["--auth", "none"]).await;
    assert_eq!(request.client_authentication(), ClientAuthentication::None);
    assert_eq!(
        &request.body()[..],
        b"grant_type=client_credentials&client_id=svc"
    );
}

#[tokio::test]
async fn none_needs_no_secret() {
    let server = serve(AuthorizationServer::builder().public_client("svc")).await;
    let program = Program::with(&server).without_secret();
    program.args(["--auth", "none"]).run().await.answer();
}

#[tokio::test]
async fn basic_is_encoded_as_asked() {
    let secret = file("encoded-secret", b"p/s c");
    for (encoding, header) in [
        // a%20b:p%2Fs%20c
        ("form", "Basic YSUyMGI6cCUyRnMlMjBj"),
        // a+b:p%2Fs+c
        ("strict", "Basic YStiOnAlMkZzK2M="),
        // a b:p/s c
        ("raw", "Basic YSBiOnAvcyBj"),
    ] {
        let server = serve(AuthorizationServer::builder()).await;
        let endpoint = server.token_endpoint();
        Program::new()
            .args(["--token-endpoint", &endpoint, "--client-id", "a b"])
            .args(["--basic-encoding", encoding])
            .file("--client-secret-file", &secret)
            .run()
            .await
            .answer();
        assert_eq!(
            only_request(&server).headers()[AUTHORIZATION],
            header,
            "{encoding}"
        );
    }
}

#[tokio::test]
async fn what_is_asked_for_is_sent() {
    let details = r#"[{"type":"payment","limit":7}]"#;
    let request = request(&[
        "--scope",
        "read",
        "--scope",
        "write",
        "--resource",
        "https://a.example/",
        "--resource",
        "urn:example:rs",
        "--audience",
        "orders",
        "--authorization-details",
        details,
        "--param",
        "tenant=t-1",
        "--param",
        "filter=a=b&c",
    ])
    .await;
    let expected = [
        ("grant_type", "client_credentials"),
        ("scope", "read write"),
        ("resource", "https://a.example/"),
        ("resource", "urn:example:rs"),
        ("audience", "orders"),
        ("authorization_details", details),
        ("tenant", "t-1"),
        ("filter", "a=b&c"),
    ];
    let sent: Vec<_> = request
        .parameters()
        .iter()
        .map(|(name, value)| (&**name, &**value))
        .collect();
    assert_eq!(sent, expected);
}

#[tokio::test]
async fn the_file_is_taken_before_the_environment_and_without_its_line_end() {
    for (name, ending) in [
        ("secret-lf", "\n"),
        ("secret-crlf", "\r\n"),
        ("secret-bare", ""),
    ] {
        let server = serve(server().client("other", "from the file ")).await;
        let path = file(name, format!("from the file {ending}").as_bytes());
        Program::new()
            .args(["--token-endpoint", &server.token_endpoint()])
            .args(["--client-id", "other"])
            .file("--client-secret-file", &path)
            .run()
            .await
            .answer();
        assert_eq!(
            only_request(&server).client_secret(),
            Some("from the file ")
        );
    }
}
