//! What the token endpoint grants and what it refuses when no script says otherwise.

use http::{Request, header};
use oauth2_client_credentials_testkit::{
    Answer, AuthorizationServer, BasicEncoding, Body, ClientAuthentication,
};
use serde_json::json;

use crate::support::{self, FORM, answered, fetch_token, form, send, token_request};

fn basic(credentials: &str, body: &'static str) -> Request<Body> {
    let mut request = form(body);
    request
        .headers_mut()
        .append(header::AUTHORIZATION, credentials.parse().unwrap());
    request
}

#[tokio::test]
async fn by_default_any_client_gets_a_bearer_token_of_an_hour() {
    let server = AuthorizationServer::new();
    let response = send(&server, form("grant_type=client_credentials"))
        .await
        .unwrap();
    assert_eq!(response.headers()[header::CONTENT_TYPE], "application/json");
    assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
    let expected = json!({ "access_token": "t1", "token_type": "Bearer", "expires_in": 3600 });
    assert_eq!(support::document(response).await, expected);
    assert_eq!(fetch_token(&server).await, "t2");
}

#[tokio::test]
async fn a_malformed_token_request_is_refused() {
    let server = AuthorizationServer::new();
    let mut get = token_request();
    *get.method_mut() = http::Method::GET;
    let mut text = token_request();
    text.headers_mut()
        .insert(header::CONTENT_TYPE, "text/plain".parse().unwrap());
    let mut undeclared = token_request();
    undeclared.headers_mut().remove(header::CONTENT_TYPE);
    let both = "Basic YTpi";
    let mut twice = basic(both, "grant_type=client_credentials");
    let authorization = twice.headers()[header::AUTHORIZATION].clone();
    twice
        .headers_mut()
        .append(header::AUTHORIZATION, authorization);
    for (request, status, code) in [
        (get, 405, "invalid_request"),
        (twice, 401, "invalid_client"),
        (text, 400, "invalid_request"),
        (undeclared, 400, "invalid_request"),
        (
            form("grant_type=client_credentials&a=%zz"),
            400,
            "invalid_request",
        ),
        (
            form("grant_type=client_credentials&scope=a&scope=b"),
            400,
            "invalid_request",
        ),
        (form(""), 400, "invalid_request"),
        (form("grant_type="), 400, "invalid_request"),
        (form("grant_type=password"), 400, "unsupported_grant_type"),
        (
            form("grant_type=client_credentials&scope=a++b"),
            400,
            "invalid_scope",
        ),
        (
            form("grant_type=client_credentials&scope=%22"),
            400,
            "invalid_scope",
        ),
        (
            basic(both, "grant_type=client_credentials&client_secret=b"),
            400,
            "invalid_request",
        ),
        (
            basic(both, "grant_type=client_credentials&client_id=c"),
            400,
            "invalid_request",
        ),
        (
            basic(both, "grant_type=client_credentials&client_assertion=c"),
            400,
            "invalid_request",
        ),
        (
            basic("Bearer YTpi", "grant_type=client_credentials"),
            401,
            "invalid_client",
        ),
        (
            basic("Basic YQ==", "grant_type=client_credentials"),
            401,
            "invalid_client",
        ),
    ] {
        let what = format!("{request:?}");
        let (given, document) = answered(&server, request).await;
        assert_eq!(
            (given, document["error"].as_str().unwrap()),
            (status, code),
            "{what}"
        );
        assert!(document["error_description"].is_string());
    }
    assert_eq!(server.issued(), 0);
}

#[tokio::test]
async fn an_authentication_that_is_not_whole_is_refused() {
    let server = AuthorizationServer::new();
    let mut declared_twice = token_request();
    let media_type = declared_twice.headers()[header::CONTENT_TYPE].clone();
    declared_twice
        .headers_mut()
        .append(header::CONTENT_TYPE, media_type);
    let with_uri = |uri: &'static str| {
        let mut request = form("grant_type=client_credentials");
        *request.uri_mut() = uri.parse().unwrap();
        request
    };
    for request in [
        declared_twice,
        with_uri("https://as.example.com/token?client_id=a&client_secret=b"),
        with_uri("https://as.example.com/token?client%5Fsecret="),
        form("grant_type=client_credentials&client_secret=b"),
        form("grant_type=client_credentials&client_id=&client_secret=b"),
        form("grant_type=client_credentials&client_id="),
        // An empty id before the colon.
        basic("Basic OmI=", "grant_type=client_credentials"),
        basic("Basic YTpi", "grant_type=client_credentials&client_id="),
        form("grant_type=client_credentials&client_assertion=a.b.c"),
        form("grant_type=client_credentials&client_assertion=a.b.c&client_assertion_type="),
        form("grant_type=client_credentials&client_assertion=&client_assertion_type=t"),
        form("grant_type=client_credentials&client_assertion_type=t"),
        form("grant_type=client_credentials&audience=\u{e9}"),
    ] {
        let what = format!("{request:?}");
        let (status, document) = answered(&server, request).await;
        assert_eq!(
            (status, document["error"].as_str().unwrap()),
            (400, "invalid_request"),
            "{what}"
        );
    }
    for request in [
        form("grant_type=client_credentials&client_id=a&client_secret="),
        with_uri("https://as.example.com/token?tenant=a"),
        // `a:`
        basic("Basic YTo=", "grant_type=client_credentials"),
    ] {
        let what = format!("{request:?}");
        assert_eq!(answered(&server, request).await.0, 200, "{what}");
    }
}

#[tokio::test]
async fn a_server_can_take_a_basic_header_as_it_is() {
    // `a+b:c%20d`
    const CREDENTIALS: &str = "Basic YStiOmMlMjBk";
    for (encoding, id, secret) in [
        (BasicEncoding::Form, "a b", "c d"),
        (BasicEncoding::Raw, "a+b", "c%20d"),
    ] {
        let server = AuthorizationServer::builder()
            .client(id, secret)
            .basic_encoding(encoding)
            .build();
        let request = basic(CREDENTIALS, "grant_type=client_credentials");
        assert_eq!(answered(&server, request).await.0, 200, "{encoding:?}");
        let received = &server.requests()[0];
        assert_eq!(received.client_id(), Some(id));
        assert_eq!(received.client_secret(), Some(secret));

        let other = AuthorizationServer::builder()
            .client(id, secret)
            .basic_encoding(match encoding {
                BasicEncoding::Form => BasicEncoding::Raw,
                _ => BasicEncoding::Form,
            })
            .build();
        let request = basic(CREDENTIALS, "grant_type=client_credentials");
        assert_eq!(answered(&other, request).await.0, 401, "{encoding:?}");
    }
}

#[tokio::test]
async fn what_only_looks_odd_is_granted() {
    let server = AuthorizationServer::new();
    let mut charset = token_request();
    let media_type = format!("{}; charset=UTF-8", FORM.to_uppercase());
    charset
        .headers_mut()
        .insert(header::CONTENT_TYPE, media_type.parse().unwrap());
    for request in [
        charset,
        form("grant_type=client_credentials&resource=urn:a&resource=urn:b&audience=a&audience=b"),
        form("grant_type=client_credentials&scope="),
        basic("bASIC YTpi", "grant_type=client_credentials&client_id=a"),
    ] {
        assert_eq!(answered(&server, request).await.0, 200);
    }
}

#[tokio::test]
async fn only_registered_clients_with_their_secret_get_a_token() {
    let server = AuthorizationServer::builder()
        .client("billing", "s3cret")
        .client("cs:b+we", "p d%")
        .public_client("open")
        .build();
    // `{"sub":"billing"}` as the payload of an assertion.
    let assertion = "grant_type=client_credentials&client_assertion=e30.eyJzdWIiOiJiaWxsaW5nIn0.c2ln&client_assertion_type=urn%3Aietf%3Aparams%3Aoauth%3Aclient-assertion-type%3Ajwt-bearer";
    for (request, expected) in [
        (token_request(), 200),
        (
            form("grant_type=client_credentials&client_id=billing&client_secret=wrong"),
            401,
        ),
        (form("grant_type=client_credentials&client_id=billing"), 401),
        (
            form("grant_type=client_credentials&client_id=nobody&client_secret=s3cret"),
            401,
        ),
        (form("grant_type=client_credentials"), 401),
        (form("grant_type=client_credentials&client_id=open"), 200),
        (
            form("grant_type=client_credentials&client_id=open&client_secret=s3cret"),
            401,
        ),
        (form(assertion), 200),
        // `cs%3Ab%2Bwe:p+d%25`, form encoded.
        (
            basic(
                "Basic Y3MlM0FiJTJCd2U6cCtkJTI1",
                "grant_type=client_credentials",
            ),
            200,
        ),
        // `cs:b+we:p d%`, as it is.
        (
            basic("Basic Y3M6Yit3ZTpwIGQl", "grant_type=client_credentials"),
            401,
        ),
    ] {
        let what = format!("{request:?}");
        let response = send(&server, request).await.unwrap();
        assert_eq!(response.status(), expected, "{what}");
        let challenged = response.headers().contains_key(header::WWW_AUTHENTICATE);
        assert_eq!(challenged, expected == 401);
    }
}

#[tokio::test]
async fn a_replaced_secret_takes_the_place_of_the_old_one() {
    let server = AuthorizationServer::builder()
        .client("billing", "old")
        .build();
    assert_eq!(
        answered(&server, token_request()).await.1["error"],
        "invalid_client"
    );
    server.replace_secret("billing", "s3cret");
    assert_eq!(answered(&server, token_request()).await.0, 200);
}

#[tokio::test]
async fn scopes_that_exist_are_granted_and_others_refused() {
    let server = AuthorizationServer::builder()
        .scopes(["read", "write"])
        .build();
    for (request, expected) in [
        (form("grant_type=client_credentials"), Some("read write")),
        (
            form("grant_type=client_credentials&scope=write"),
            Some("write"),
        ),
        (
            form("grant_type=client_credentials&scope=write+read"),
            Some("write read"),
        ),
        (form("grant_type=client_credentials&scope=read+admin"), None),
    ] {
        let (status, document) = answered(&server, request).await;
        assert_eq!(
            document.get("scope").and_then(|scope| scope.as_str()),
            expected
        );
        assert_eq!(status, if expected.is_some() { 200 } else { 400 });
    }
}

#[tokio::test]
async fn another_path_is_told_where_the_token_endpoint_is() {
    let server = AuthorizationServer::builder()
        .token_path("oauth2/v1/token")
        .script([Answer::token("scripted")])
        .build();
    let response = send(&server, token_request()).await.unwrap();
    assert_eq!(response.status(), 404);
    let body = response.into_body().into_bytes().await.unwrap();
    assert_eq!(body, "the token endpoint is /oauth2/v1/token");
    assert_eq!((server.token_requests(), server.requests().len()), (0, 1));

    let mut request = token_request();
    *request.uri_mut() = "/oauth2/v1/token?tenant=1".parse().unwrap();
    // What came to another path took nothing from the script.
    let (_, document) = answered(&server, request).await;
    assert_eq!(document["access_token"], "scripted");
    assert_eq!((server.token_requests(), server.requests().len()), (1, 2));
}

#[tokio::test]
async fn what_was_asked_can_be_looked_at() {
    let server = AuthorizationServer::new();
    let body = "grant_type=client_credentials&resource=urn:a&x=1+2&resource=urn:b";
    send(&server, basic("Basic YSUyNTpzJTNB", body))
        .await
        .unwrap();
    send(&server, token_request()).await.unwrap();
    send(&server, form("client_id=c")).await.unwrap();

    let requests = server.requests();
    let [first, second, third] = requests.as_slice() else {
        panic!("three requests were sent");
    };
    assert_eq!(first.number(), Some(1));
    assert_eq!(first.method(), http::Method::POST);
    assert_eq!(first.uri(), "https://as.example.com/token");
    assert_eq!(first.headers()[header::CONTENT_TYPE], FORM);
    assert_eq!(first.body(), body);
    let names: Vec<_> = first
        .parameters()
        .iter()
        .map(|(name, _)| name.as_str())
        .collect();
    assert_eq!(names, ["grant_type", "resource", "x", "resource"]);
    assert_eq!(
        (first.parameter("x"), first.parameter("y")),
        (Some("1 2"), None)
    );
    assert_eq!(first.values("resource"), ["urn:a", "urn:b"]);
    assert_eq!(
        first.client_authentication(),
        ClientAuthentication::ClientSecretBasic
    );
    assert_eq!(
        (first.client_id(), first.client_secret()),
        (Some("a%"), Some("s:"))
    );

    assert_eq!(
        second.client_authentication(),
        ClientAuthentication::ClientSecretPost
    );
    assert_eq!(
        (second.client_id(), second.client_secret()),
        (Some("billing"), Some("s3cret"))
    );
    assert_eq!(third.client_authentication(), ClientAuthentication::None);
    assert_eq!(third.client_id(), Some("c"));
}

#[tokio::test]
async fn no_secret_and_no_token_shows_in_debug() {
    let canary = "canary-7f3a";
    let server = AuthorizationServer::builder()
        .client("billing", canary)
        .token_prefix(canary);
    let shown = format!("{server:?}");
    let server = server.build();
    server.push_answer(Answer::token(canary));
    server.set_outage(Some(Answer::body(200, canary)));
    let body = "grant_type=client_credentials&client_id=billing&client_secret=canary-7f3a";
    // `billing:canary-7f3a`
    let request = basic("Basic YmlsbGluZzpjYW5hcnktN2YzYQ==", body);
    let response = send(&server, request).await.unwrap();
    let shown = format!("{shown}{server:?}{:?}{response:?}", server.requests());
    assert!(
        !shown.contains(canary) && !shown.contains("YmlsbGluZz"),
        "{shown}"
    );
}
