//! Clients that prove themselves with an assertion.

use std::path::PathBuf;

use rcgen::KeyPair;
use serde_json::Value;

use crate::{
    http_server::{HttpServer, Received},
    support::{Program, Run, file, missing_file},
};

/// Of RFC 8037, appendix A.
const JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"of-the-jwk",
    "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn pem(name: &str) -> PathBuf {
    file(
        name,
        KeyPair::generate().unwrap().serialize_pem().as_bytes(),
    )
}

/// The only request of a run against a server that gives a token to anybody.
async fn request(program: impl FnOnce(Program) -> Program) -> Received {
    let (run, mut received) = run(program).await;
    run.answer();
    assert_eq!(received.len(), 1);
    received.remove(0)
}

async fn run(program: impl FnOnce(Program) -> Program) -> (Run, Vec<Received>) {
    let server = HttpServer::start(|_, _| {
        let token = r#"{"access_token":"canary-token-1","token_type":"Bearer","expires_in":60}"#;
        (200, String::new(), token.to_owned())
    })
    .await;
    let run = program(Program::at(&server.uri("/token")).without_secret())
        .run()
        .await;
    (run, server.received())
}

fn assertion(request: &Received) -> (Value, Value) {
    assert!(
        request
            .body
            .contains("client_id=svc&client_assertion_type=urn")
    );
    assert_eq!(request.header("authorization"), None);
    request.jwt("client_assertion")
}

#[tokio::test]
async fn a_client_with_a_key_signs() {
    let request = request(|program| program.file("--key-file", &pem("pkcs8.pem"))).await;
    let (header, claims) = assertion(&request);
    assert_eq!(
        (&header["alg"], &header["typ"]),
        (&"ES256".into(), &"client-authentication+jwt".into())
    );
    assert_eq!(
        (&claims["iss"], &claims["sub"]),
        (&"svc".into(), &"svc".into())
    );
    assert!(
        claims["aud"].as_str().unwrap().ends_with("/token"),
        "{claims}"
    );
}

#[tokio::test]
async fn what_the_assertion_says_is_what_was_asked_for() {
    let key = file("ed25519.jwk", JWK.as_bytes());
    let own = request(|program| program.file("--key-file", &key)).await;
    let (header, _) = assertion(&own);
    assert_eq!(
        (&header["alg"], &header["kid"]),
        (&"EdDSA".into(), &"of-the-jwk".into())
    );
    let given = request(|program| {
        program
            .file("--key-file", &key)
            .args([
                "--auth",
                "private_key_jwt",
                "--alg",
                "Ed25519",
                "--key-id",
                "k1",
            ])
            .args(["--assertion-audience", "urn:as", "--assertion-typ", "JWT"])
    });
    let (header, claims) = assertion(&given.await);
    let row = ["alg", "kid", "typ"].map(|name| header[name].as_str().unwrap());
    assert_eq!(row, ["Ed25519", "k1", "JWT"]);
    assert_eq!(claims["aud"], "urn:as");
}

#[tokio::test]
async fn a_secret_signs_only_if_that_is_said() {
    let secret = file("long-secret", b"canary-secret-of-more-than-32-bytes\n");
    for (alg, expected) in [(None, "HS256"), (Some("HS512"), "HS512")] {
        let request = request(|program| {
            let program = program
                .args(["--auth", "client_secret_jwt"])
                .file("--client-secret-file", &secret);
            match alg {
                Some(alg) => program.args(["--alg", alg]),
                None => program,
            }
        });
        let request = request.await;
        assert_eq!(assertion(&request).0["alg"], expected);
        assert!(!request.body.contains("canary"));
    }
    let short = file("short-secret", b"too short");
    let (run, _) = run(|program| {
        program
            .args(["--auth", "client_secret_jwt"])
            .file("--client-secret-file", &short)
    })
    .await;
    run.fails("Configuration", &["32 bytes"]);
}

#[tokio::test]
async fn an_assertion_from_a_file_is_sent_as_it_is() {
    let path = file("projected", b"eyJhbGciOiJub25lIn0.e30.c2ln\n");
    let request = request(|program| program.file("--assertion-file", &path)).await;
    assert!(
        request
            .body
            .ends_with("&client_assertion=eyJhbGciOiJub25lIn0.e30.c2ln")
    );
}

#[tokio::test]
async fn what_is_wrong_with_a_file_is_said_and_nothing_is_sent() {
    for (option, path, words) in [
        ("--key-file", missing_file("no-key"), "No such file"),
        (
            "--key-file",
            file("no-key.pem", b"canary"),
            "cannot be read",
        ),
        (
            "--key-file",
            file("no-key.jwk", b"{\"canary\":1}"),
            "cannot be read",
        ),
        (
            "--assertion-file",
            file("no-assertion", b"can ary"),
            "assertion",
        ),
        ("--assertion-file", file("empty-assertion", b"\n"), "empty"),
    ] {
        let (run, received) = run(|program| program.file(option, &path)).await;
        run.fails("Configuration", &[words]);
        assert!(received.is_empty());
    }
    let key = pem("es256.pem");
    let (run, received) =
        run(|program| program.file("--key-file", &key).args(["--alg", "RS256"])).await;
    run.is_refused(&["--alg", "ES256"]);
    assert!(received.is_empty());
}

#[tokio::test]
async fn rsa_keys_sign_too() {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../crates/oauth2-client-credentials/tests/keys"
    );
    let key = PathBuf::from(folder).join("rsa-pkcs8.pem");
    for algorithm in ["RS256", "PS256"] {
        let request =
            request(|program| program.file("--key-file", &key).args(["--alg", algorithm])).await;
        assert_eq!(assertion(&request).0["alg"], algorithm);
    }
}
