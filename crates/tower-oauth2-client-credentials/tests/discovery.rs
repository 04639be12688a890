//! Token endpoints that an issuer's metadata names.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod discovery_support;
mod support;

use std::{error::Error, time::Duration};

use discovery_support::{OAUTH, OPENID, Server, client, issuer, metadata};
use oauth2_client_credentials::{
    Client, ClientSecretBasic, Issuer, Material, Metadata, NoAuthentication,
    SelfSignedTlsClientAuth, TlsClientAuth,
};
use serde_json::{Value, json};
use support::TokioClock;
use tokio::{task::JoinSet, time::sleep};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{
    Credential, EndpointError, Fetch, TokenEndpoint, TokenError, TokenErrorKind, TokenSource,
};

fn lazy(server: &Server) -> TokenEndpoint {
    TokenEndpoint::new(server.clone(), issuer(), client()).clock(TokioClock::new())
}

fn source(endpoint: &TokenEndpoint) -> TokenSource {
    TokenSource::builder(endpoint.clone())
        .clock(TokioClock::new())
        .draws(|| 0.5)
        .build()
}

async fn fetch(endpoint: &TokenEndpoint) -> Result<(), EndpointError> {
    let answer = endpoint.clone().oneshot(Fetch::new(Default::default()));
    answer.await.map(drop)
}

/// What an endpoint's error says was wrong before anything was sent to it.
fn cause(error: &EndpointError) -> &TokenError {
    TokenError::find(error.source().unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn the_metadata_is_read_once_and_kept() {
    let server = Server::new();
    let endpoint = TokenEndpoint::discover(server.clone(), issuer(), client())
        .await
        .unwrap();
    assert_eq!(server.paths(), [OAUTH]);
    for _ in 0..3 {
        fetch(&endpoint.clone()).await.unwrap();
    }
    assert_eq!(server.paths(), ["/token"; 3]);
    assert_eq!(
        endpoint.metadata().await.unwrap().unwrap().issuer(),
        "https://as.example.com"
    );
    assert!(server.paths().is_empty());
}

async fn eight_at_once(endpoint: &TokenEndpoint) -> Vec<Result<(), EndpointError>> {
    let one = |_| {
        let endpoint = endpoint.clone();
        async move { fetch(&endpoint).await }
    };
    (0..8).map(one).collect::<JoinSet<_>>().join_all().await
}

#[tokio::test(start_paused = true)]
async fn all_who_need_it_at_once_share_one_reading() {
    let server = Server::new();
    let endpoint = lazy(&server);
    assert!(server.paths().is_empty(), "making one asks nobody");
    let all = eight_at_once(&endpoint).await;
    assert!(all.iter().all(Result::is_ok), "{all:?}");
    let read = server.paths().into_iter().filter(|path| path == OAUTH);
    assert_eq!(read.count(), 1);
}

#[tokio::test(start_paused = true)]
async fn those_who_share_a_reading_that_fails_share_its_failure() {
    let server = Server::default();
    let all = eight_at_once(&lazy(&server)).await;
    assert!(all.iter().all(Result::is_err), "{all:?}");
    assert_eq!(server.paths(), [OAUTH, OPENID]);
}

#[tokio::test(start_paused = true)]
async fn openid_connects_place_is_looked_at_when_the_other_has_none() {
    let wrong_issuer = json!({"issuer": "https://other.example.com", "token_endpoint": "https://other.example.com/t"});
    for (status, other) in [
        (404, json!({})),
        (403, json!({})),
        (302, json!({})),
        (200, json!("<html>")),
        (200, wrong_issuer),
    ] {
        let server = Server::new();
        server.answer(OAUTH, status, &other);
        server.answer(OPENID, 200, &metadata("/token"));
        fetch(&lazy(&server)).await.unwrap();
        assert_eq!(
            server.paths(),
            [OAUTH, OPENID, "/token"],
            "{status} {other}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_wrong_with_the_metadata_is_said_for_both_places() {
    let server = Server::default();
    let other =
        json!({"issuer": "https://as.example.com/", "token_endpoint": "https://as.example.com/t"});
    server.answer(OPENID, 200, &other);
    let error = TokenEndpoint::discover(server, issuer(), client())
        .await
        .unwrap_err();
    let cause = cause(&error);
    assert_eq!(cause.kind(), TokenErrorKind::Configuration);
    for words in [
        "https://as.example.com/.well-known/oauth-authorization-server answered 404",
        "https://as.example.com/.well-known/openid-configuration answered something else",
        "`https://as.example.com/`",
        "character for character",
    ] {
        assert!(cause.to_string().contains(words), "{words}: {cause}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_down_is_asked_at_one_place_only() {
    for status in [None, Some(503), Some(429), Some(500)] {
        let server = Server::default();
        match status {
            Some(status) => server.answer(OAUTH, status, &json!({})),
            None => server.set_down(true),
        }
        let error = fetch(&lazy(&server)).await.unwrap_err();
        assert_eq!(cause(&error).kind(), TokenErrorKind::Transient, "{error:?}");
        assert!(
            cause(&error)
                .to_string()
                .contains("https://as.example.com/.well-known")
        );
        assert_eq!(server.paths(), [OAUTH]);
    }
}

/// The metadata server is down when the program starts.
#[tokio::test(start_paused = true)]
async fn an_issuer_that_was_down_at_the_start_is_found_when_it_is_up() {
    let server = Server::new();
    server.set_down(true);
    let source = source(&lazy(&server));
    let error = source.warm_up(Duration::from_secs(5)).await.unwrap_err();
    assert!(error.is_transient(), "{error}");
    for words in [
        "metadata of the issuer https://as.example.com",
        "connection refused",
    ] {
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
    server.set_down(false);
    source.warm_up(Duration::from_secs(60)).await.unwrap();
    source.token().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_method_that_the_server_does_not_list_is_ruled_out_before_anything_is_sent() {
    let basic = || Client::new("svc", ClientSecretBasic::new("s3cret")).unwrap();
    for (list, client, fits) in [
        (json!(["client_secret_post"]), basic(), false),
        (
            json!(["client_secret_post", "client_secret_basic"]),
            basic(),
            true,
        ),
        (json!(["private_key_jwt"]), client(), false),
        (
            json!(["none"]),
            Client::new("svc", NoAuthentication).unwrap(),
            true,
        ),
        // Nothing said, nothing ruled out.
        (Value::Null, client(), true),
    ] {
        let server = Server::new();
        let mut document = metadata("/token");
        document["token_endpoint_auth_methods_supported"] = list.clone();
        server.answer(OAUTH, 200, &document);
        let method = client.authentication_method();
        let outcome = TokenEndpoint::discover(server.clone(), issuer(), client).await;
        assert_eq!(outcome.is_ok(), fits, "{list} {method}");
        if let Err(error) = outcome {
            let cause = cause(&error);
            assert_eq!(cause.kind(), TokenErrorKind::Configuration);
            let listed = list[0].as_str().unwrap();
            for words in [method, listed, "https://as.example.com"] {
                assert!(cause.to_string().contains(words), "{words}: {cause}");
            }
        }
        assert_eq!(server.paths(), [OAUTH]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_may_be_chosen_by_the_metadata() {
    let server = Server::new();
    let mut document = metadata("/token");
    document["token_endpoint_auth_methods_supported"] = json!(["client_secret_post"]);
    server.answer(OAUTH, 200, &document);
    let choose =
        |metadata: &Metadata| Ok(Material::secret("s3cret").into_client("svc", Some(metadata))?);
    let endpoint = TokenEndpoint::discover_with(server.clone(), issuer(), choose)
        .await
        .unwrap();
    fetch(&endpoint).await.unwrap();
    assert!(server.received()[1].body.contains("client_secret=s3cret"));
    assert_eq!(server.paths(), [OAUTH, "/token"]);

    let choose = |_: &Metadata| Err::<Client, _>("nothing fits".into());
    let error = TokenEndpoint::discover_with(server.clone(), issuer(), choose)
        .await
        .unwrap_err();
    assert_eq!(error.source().unwrap().to_string(), "nothing fits");
}

/// Also where nothing is read before the first token is asked for.
#[tokio::test(start_paused = true)]
async fn a_method_follows_from_the_material_and_the_metadata() {
    for (list, in_body) in [
        (json!(["client_secret_post"]), Some(true)),
        (
            json!(["client_secret_basic", "client_secret_post"]),
            Some(false),
        ),
        (Value::Null, Some(false)),
        (json!(["private_key_jwt"]), None),
    ] {
        let server = Server::new();
        let mut document = metadata("/token");
        document["token_endpoint_auth_methods_supported"] = list.clone();
        server.answer(OAUTH, 200, &document);
        let credential = Credential::from_material("svc", Material::secret("s3cret"));
        let endpoint = TokenEndpoint::new(server.clone(), issuer(), credential);
        let outcome = fetch(&endpoint).await;
        assert_eq!(outcome.is_ok(), in_body.is_some(), "{list}");
        match (outcome, in_body) {
            (Ok(()), Some(in_body)) => {
                let body = server.received()[1].body.contains("client_secret=s3cret");
                assert_eq!(body, in_body, "{list}");
            }
            (Err(error), None) => {
                let cause = cause(&error).to_string();
                for words in [
                    "client_secret_basic",
                    "private_key_jwt",
                    "https://as.example.com",
                ] {
                    assert!(cause.contains(words), "{words}: {cause}");
                }
            }
            _ => unreachable!(),
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_client_with_a_certificate_goes_to_the_alias() {
    let tls = Client::new("svc", TlsClientAuth).unwrap();
    let self_signed = Client::new("svc", SelfSignedTlsClientAuth).unwrap();
    for (client, thumbprint, alias) in [
        (tls, None, true),
        (self_signed, None, true),
        (client(), None, false),
        (
            client(),
            Some("bwcK0esc3ACC3DB2Y5_lESsXE8o9ltc05O89jdN-dg2"),
            true,
        ),
    ] {
        let server = Server::new();
        let mut document = metadata("/token");
        document["token_endpoint_auth_methods_supported"] = Value::Null;
        document["mtls_endpoint_aliases"] =
            json!({"token_endpoint": "https://mtls.example.com/token"});
        server.answer(OAUTH, 200, &document);
        let mut endpoint = TokenEndpoint::new(server.clone(), issuer(), client);
        if let Some(thumbprint) = thumbprint {
            endpoint = endpoint.certificate_thumbprint(thumbprint);
        }
        fetch(&endpoint).await.unwrap();
        let asked = server.received().last().unwrap().authority.clone();
        assert_eq!(asked == "mtls.example.com", alias, "{asked}");
    }
}

#[test]
fn the_identity_is_known_before_the_network_and_tells_issuers_and_certificates_apart() {
    let of =
        |issuer: &str| TokenEndpoint::new(Server::new(), Issuer::new(issuer).unwrap(), client());
    let one = of("https://as.example.com");
    let identity = one.identity();
    assert!(identity.contains("https://as.example.com") && identity.contains("svc"));
    assert_eq!(identity, of("https://as.example.com").identity());
    assert_ne!(identity, of("https://as.example.com/").identity());
    let bound = one.clone().certificate_thumbprint("a").identity();
    let rotated = one.certificate_thumbprint("b").identity();
    assert!(identity != bound && bound != rotated);
}

#[tokio::test(start_paused = true)]
async fn with_a_known_endpoint_there_is_no_metadata() {
    let server = Server::new();
    let uri = oauth2_client_credentials::EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = TokenEndpoint::new(server.clone(), uri, client());
    assert!(endpoint.metadata().await.unwrap().is_none());
    endpoint.discovered().await.unwrap();
    sleep(Duration::from_secs(1)).await;
    assert!(server.paths().is_empty());
}
