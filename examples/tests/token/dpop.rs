//! `--dpop`: tokens that are bound to a key, at both servers.

use std::sync::atomic::{AtomicBool, Ordering};

use rcgen::KeyPair;

use crate::{
    http_server::{Answer, HttpServer, Received},
    support::{Program, file, object},
};

fn token(token_type: &str) -> Answer {
    let token = format!(
        r#"{{"access_token":"canary-token-1","token_type":"{token_type}","expires_in":60}}"#
    );
    (200, String::new(), token)
}

/// Both servers in one: they want a nonce of their own each.
async fn servers(token_type: &'static str, wants_nonces: bool) -> HttpServer {
    HttpServer::start(move |_, request: &Received| {
        let is_token_request = request.path == "/token";
        let nonce = if is_token_request { "as-1" } else { "rs-1" };
        let has_it = request.header("dpop").is_some() && request.jwt("dpop").1["nonce"] == nonce;
        let header = format!("dpop-nonce: {nonce}\r\n");
        match (is_token_request, has_it || !wants_nonces) {
            (true, true) => token(token_type),
            (true, false) => (400, header, r#"{"error":"use_dpop_nonce"}"#.to_owned()),
            (false, true) => (200, String::new(), "ok".to_owned()),
            (false, false) => {
                let challenge = "www-authenticate: DPoP error=\"use_dpop_nonce\"\r\n";
                (401, header + challenge, String::new())
            }
        }
    })
    .await
}

fn program(server: &HttpServer) -> Program {
    Program::at(&server.uri("/token")).args(["--dpop"])
}

#[tokio::test]
async fn a_proof_of_a_new_key_goes_with_the_token_request() {
    let server = servers("DPoP", false).await;
    let run = program(&server).args(["--json"]).run().await;
    assert_eq!(run.json()["token_type"], "DPoP");
    program(&server).run().await.answer();
    let received = server.received();
    let [one, other] = &received[..] else {
        panic!("one request each: {received:?}");
    };
    let (header, claims) = one.jwt("dpop");
    assert_eq!(claims["htm"], "POST");
    assert_eq!(claims["htu"], server.uri("/token"));
    assert_ne!(
        header["jwk"],
        other.jwt("dpop").0["jwk"],
        "each run has its own"
    );
}

#[tokio::test]
async fn a_key_from_a_file_is_the_same_each_time() {
    let key = file(
        "dpop.pem",
        KeyPair::generate().unwrap().serialize_pem().as_bytes(),
    );
    let server = servers("DPoP", false).await;
    for _ in 0..2 {
        program(&server)
            .file("--dpop-key-file", &key)
            .run()
            .await
            .answer();
    }
    let keys: Vec<_> = server
        .received()
        .iter()
        .map(|one| one.jwt("dpop").0["jwk"].clone())
        .collect();
    assert_eq!(keys[0], keys[1]);
    let none = file("no-dpop.pem", b"canary");
    let run = program(&server).file("--dpop-key-file", &none).run().await;
    run.fails("Configuration", &["no-dpop.pem"]);
}

#[tokio::test]
async fn nonces_of_both_servers_are_learned_and_used() {
    let server = servers("DPoP", true).await;
    let run = program(&server)
        .args(["--get", &server.uri("/api"), "--repeat", "2", "--json"])
        .run()
        .await;
    let json = run.json();
    assert_eq!(
        (&json["status"], &json["requests"]),
        (&200.into(), &2.into())
    );
    // A nonce is no refusal of the token.
    assert_eq!(
        (&json["rejected"], &json["replayed"]),
        (&0.into(), &1.into())
    );
    assert_eq!(server.paths(), ["/token", "/token", "/api", "/api", "/api"]);
    let received = server.received();
    let shown = received.last().unwrap();
    assert_eq!(shown.header("authorization"), Some("DPoP canary-token-1"));
    let (_, claims) = shown.jwt("dpop");
    assert_eq!(
        (&claims["htm"], &claims["nonce"]),
        (&"GET".into(), &"rs-1".into())
    );
    assert!(claims["ath"].is_string());
}

#[tokio::test]
async fn a_token_that_is_not_bound_is_refused() {
    let server = servers("Bearer", false).await;
    let run = program(&server)
        .args(["--get", &server.uri("/api")])
        .run()
        .await;
    run.fails("UnsupportedTokenType", &["`Bearer`", "DPoP"]);
    assert_eq!(server.paths(), ["/token"]);
}

#[tokio::test]
async fn a_server_that_always_wants_another_nonce_gets_two_requests() {
    let first = AtomicBool::new(true);
    let server = HttpServer::start(move |_, request| {
        if request.path == "/token" {
            return token("DPoP");
        }
        let nonce = if first.fetch_xor(true, Ordering::Relaxed) {
            "1"
        } else {
            "2"
        };
        let headers =
            format!("dpop-nonce: {nonce}\r\nwww-authenticate: DPoP error=\"use_dpop_nonce\"\r\n");
        (401, headers, String::new())
    })
    .await;
    let run = program(&server)
        .args(["--get", &server.uri("/api"), "--json"])
        .run()
        .await;
    run.fails("Rejected", &["use_dpop_nonce"]);
    assert_eq!(object(&run.stdout)["status"], 401);
    assert_eq!(server.paths(), ["/token", "/api", "/api"]);
}
