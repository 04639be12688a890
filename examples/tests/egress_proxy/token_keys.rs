//! What each key of a token's table does to the request for it, and that the documentation has all keys.

use std::path::Path;

use serde_json::Value;

use crate::{
    http_server::{HttpServer, Received},
    proxy::{Proxy, file},
    stack::{self, SECRET, folder, json, program, ready},
};

/// Of RFC 8037, appendix A.
const JWK: &str = r#"{"kty":"OKP","crv":"Ed25519","kid":"of-the-jwk",
    "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn config(place: &str, lines: &str) -> String {
    format!(
        "[[route]]\nprefix = \"/\"\nupstream = \"http://127.0.0.1:1\"\ntoken = \"main\"\n\
         [token.main]\n{place}\nclient_id = \"svc\"\n{lines}\n"
    )
}

/// The request for a token by these lines.
async fn request(lines: &str) -> Received {
    let kind = if lines.contains("dpop") {
        "DPoP"
    } else {
        "Bearer"
    };
    let server = HttpServer::start(move |_, _| {
        let token =
            format!(r#"{{"access_token":"canary-token-1","token_type":"{kind}","expires_in":60}}"#);
        (200, String::new(), token)
    })
    .await;
    let place = format!("token_endpoint = \"{}\"", server.uri("/token"));
    let proxy = Proxy::start(program(), folder(), &config(&place, lines));
    ready(&proxy).await;
    server.received().remove(0)
}

fn quoted(path: &Path) -> String {
    format!("{:?}", path.display().to_string())
}

fn secret() -> String {
    format!(
        "client_secret_file = {}",
        quoted(&file(folder(), "secret", SECRET))
    )
}

#[tokio::test]
async fn what_is_asked_for_is_in_the_request() {
    let lines = format!(
        "{}\nauth = \"client_secret_post\"\nscope = [\"a\", \"b\"]\nresource = [\"https://r.example\"]\naudience = \"aud\"\n\
         param = [\"tenant=one\"]\nauthorization_details = '[{{\"type\":\"t\"}}]'",
        secret()
    );
    let request = request(&lines).await;
    for pair in [
        "client_id=svc",
        "client_secret=canary-secret",
        "scope=a+b",
        "resource=https%3A%2F%2Fr.example",
        "audience=aud",
        "tenant=one",
        "authorization_details=%5B%7B%22type%22%3A%22t%22%7D%5D",
    ] {
        let mut pairs = request.body.split('&');
        assert!(
            pairs.any(|one| one == pair),
            "no {pair} in {}",
            request.body
        );
    }
    assert_eq!(request.header("authorization"), None);
}

#[tokio::test]
async fn a_secret_is_encoded_as_the_server_reads_it() {
    let file = file(folder(), "secret", "canary/+");
    let lines = |encoding| {
        format!(
            "auth = \"client_secret_basic\"\nclient_secret_file = {}\nbasic_encoding = \"{encoding}\"",
            quoted(&file)
        )
    };
    // svc:canary/+ and svc:canary%2F%2B
    for (encoding, shown) in [
        ("raw", "Basic c3ZjOmNhbmFyeS8r"),
        ("form", "Basic c3ZjOmNhbmFyeSUyRiUyQg=="),
    ] {
        let request = request(&lines(encoding)).await;
        assert_eq!(request.header("authorization"), Some(shown), "{encoding}");
    }
}

#[tokio::test]
async fn a_key_signs_what_is_asked_for() {
    let lines = format!(
        "key_file = {}\nkey_id = \"k1\"\nalg = \"EdDSA\"\nassertion_audience = \"https://aud.example\"\nassertion_typ = \"JWT\"",
        quoted(&file(folder(), "jwk", JWK))
    );
    let (header, claims) = request(&lines).await.jwt("client_assertion");
    assert_eq!(
        (&header["kid"], &header["alg"], &header["typ"]),
        (&"k1".into(), &"EdDSA".into(), &"JWT".into())
    );
    assert_eq!(claims["aud"], "https://aud.example");
}

#[tokio::test]
async fn tokens_are_bound_to_the_key_that_is_named() {
    let lines = format!(
        "{}\ndpop = true\ndpop_key_file = {}",
        secret(),
        quoted(&file(folder(), "jwk", JWK))
    );
    let (header, _) = request(&lines).await.jwt("dpop");
    let own: Value = serde_json::from_str(JWK).unwrap();
    assert_eq!(header["jwk"]["x"], own["x"]);
}

#[tokio::test]
async fn an_assertion_that_is_replaced_in_its_file_is_read_without_being_told() {
    let server = HttpServer::start(|_, request| {
        if request.body.contains("client_assertion=second") {
            let token =
                r#"{"access_token":"canary-token-1","token_type":"Bearer","expires_in":60}"#;
            return (200, String::new(), token.to_owned());
        }
        let refusal = r#"{"error":"invalid_client"}"#;
        (401, String::new(), refusal.to_owned())
    })
    .await;
    let assertion = file(folder(), "jwt", "first\n");
    let place = format!("token_endpoint = \"{}\"", server.uri("/token"));
    let lines = format!("assertion_file = {}", quoted(&assertion));
    let proxy = Proxy::start(program(), folder(), &config(&place, &lines));
    let answer = stack::get(proxy.address()).await;
    assert_eq!(json(&answer)["kind"], "ClientAuthentication");
    assert!(server.received()[0].body.contains("client_assertion=first"));
    std::fs::write(&assertion, "second\n").unwrap();
    ready(&proxy).await;
}

#[tokio::test]
async fn an_issuer_says_where_its_token_endpoint_is() {
    let server = HttpServer::start(|base, request| {
        let body = if request.path.starts_with("/.well-known/") {
            format!(r#"{{"issuer":"{base}","token_endpoint":"{base}/elsewhere"}}"#)
        } else {
            r#"{"access_token":"canary-token-1","token_type":"Bearer","expires_in":60}"#.to_owned()
        };
        (200, String::new(), body)
    })
    .await;
    let place = format!("issuer = \"{}\"", server.uri(""));
    let proxy = Proxy::start(program(), folder(), &config(&place, &secret()));
    ready(&proxy).await;
    assert!(server.paths().contains(&"/elsewhere".to_owned()));
}

#[tokio::test]
async fn a_strict_one_takes_no_answer_that_the_rfcs_do_not_know() {
    let server = HttpServer::start(|_, _| {
        let token = r#"{"access_token":"canary-token-1","token_type":"Bearer","expires_in":"60"}"#;
        (200, String::new(), token.to_owned())
    })
    .await;
    let place = format!("token_endpoint = \"{}\"", server.uri("/token"));
    for (strict, kind) in [(false, "UpstreamConnect"), (true, "Protocol")] {
        let lines = format!("{}\nstrict = {strict}", secret());
        let proxy = Proxy::start(program(), folder(), &config(&place, &lines));
        let answer = stack::get(proxy.address()).await;
        assert_eq!(json(&answer)["kind"], kind, "{strict}");
    }
}

#[test]
fn the_documentation_has_every_key() {
    let text = include_str!("../../../docs/egress-proxy.md");
    let good = config(
        "token_endpoint = \"https://as.example.com/token\"",
        "auth = \"none\"",
    );
    let good = format!("listen = \"127.0.0.1:0\"\n{good}");
    let mut keys = 0;
    for table in ["", "[[route]]\n", "[token.main]\n"] {
        let bad = match table {
            "" => format!("xyz = 1\n{good}"),
            table => good.replace(table, &format!("{table}xyz = 1\n")),
        };
        let refused = Proxy::try_start(program(), folder(), &bad).unwrap_err();
        // What serde lists.
        let (_, known) = refused.stderr.split_once("expected one of ").unwrap();
        for key in known.split('`').skip(1).step_by(2) {
            let row = text.lines().find(|line| {
                line.starts_with('|')
                    && line
                        .split('|')
                        .nth(1)
                        .is_some_and(|cell| cell.contains(&format!("`{key}`")))
            });
            assert!(
                row.is_some() || ["route", "token"].contains(&key),
                "{key} is in no table"
            );
            keys += 1;
        }
    }
    assert!(keys > 30, "{keys}");
}
