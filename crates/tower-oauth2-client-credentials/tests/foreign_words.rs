//! Errors repeat what others say: on one line, not at length, and without what the client keeps secret.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod credential_support;
mod discovery_support;
mod support;

use std::{
    collections::HashMap,
    error::Error,
    fmt,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use credential_support::Folder;
use discovery_support::{OAUTH, OPENID, Server, client as svc, issuer, metadata};
use http::{Request, Response};
use http_body_util::Full;
use oauth2_client_credentials::{
    Client, ClientSecretBasic, ClientSecretPost, EndpointUri, Material, Metadata, TokenResponse,
};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use serde_json::json;
use tower::{Layer, ServiceExt, service_fn};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, Credential, EndpointError, Evidence, Fetch, TokenEndpoint,
    TokenError, TokenErrorKind, TokenSource,
};

const SECRET: &str = "canary-se/cret";

/// Longer than any error of ours, and shorter than the limits of a body.
const MUCH: usize = 60_000;

/// The whole of an error, as a program logs it and as a programmer looks at it.
const LONGEST: usize = 4_000;

fn client() -> Client {
    Client::new("svc", ClientSecretPost::new(SECRET)).unwrap()
}

/// Looks at an error in all the ways in which it can be shown, and returns what most programs log.
#[track_caller]
fn look(error: &(dyn Error + 'static), advice: &str) -> String {
    let told = TokenError::find(error).map_or_else(|| error.to_string(), ToString::to_string);
    let mut shown = format!("{error:?}\n");
    let mut next = Some(error);
    while let Some(error) = next {
        let line = error.to_string();
        assert!(line.len() < LONGEST, "{} bytes: {line:.200}", line.len());
        assert!(!line.contains(char::is_control), "{line:?}");
        shown.push_str(&line);
        next = error.source();
    }
    assert!(
        shown.len() < 5 * LONGEST,
        "{} bytes: {shown:.200}",
        shown.len()
    );
    assert!(!shown.contains("canary"), "{shown}");
    assert!(told.contains(advice), "{advice}: {told}");
    told
}

async fn fetch(endpoint: &TokenEndpoint) -> EndpointError {
    let answer = endpoint.clone().oneshot(Fetch::new(Default::default()));
    answer.await.unwrap_err()
}

/// Whoever answers with metadata may have been sent the secret before.
#[tokio::test(start_paused = true)]
async fn of_metadata() {
    let mut lists = metadata("/token");
    lists["token_endpoint_auth_methods_supported"] = json!([SECRET]);
    // As much of a name as fits is shown, and the secret is not cut there either.
    let mut lists_late = metadata("/token");
    lists_late["token_endpoint_auth_methods_supported"] =
        json!([format!("{}{SECRET}", "x".repeat(53))]);
    let mut lists_much = metadata("/token");
    lists_much["token_endpoint_auth_methods_supported"] = json!(vec!["x"; MUCH]);
    let named = |issuer: String| json!({"issuer": issuer, "token_endpoint": "https://a.example"});
    for (document, material, advice) in [
        (
            named(format!("https://as.example.com/{SECRET}\r\nall is well")),
            false,
            "check the issuer",
        ),
        (named("x".repeat(MUCH)), false, "check the issuer"),
        (
            named(format!("{}{SECRET}", "x".repeat(93))),
            false,
            "check the issuer",
        ),
        (
            lists_late.clone(),
            false,
            "check how the client is registered",
        ),
        (lists_late, true, "check how the client is registered"),
        (lists.clone(), false, "check how the client is registered"),
        (
            lists_much.clone(),
            false,
            "check how the client is registered",
        ),
        (lists, true, "check how the client is registered"),
        (lists_much, true, "check how the client is registered"),
    ] {
        let server = Server::default();
        server.answer(OAUTH, 404, &json!({}));
        server.answer(OPENID, 200, &document);
        let credential = match material {
            false => Credential::new(client()),
            true => Credential::from_material("svc", Material::secret(SECRET)),
        };
        let endpoint = TokenEndpoint::new(server, issuer(), credential);
        look(&fetch(&endpoint).await, advice);
        look(&endpoint.clone().discovered().await.unwrap_err(), advice);
        let shown = format!("{endpoint:?} {:?}", endpoint.metadata().await);
        assert!(shown.len() < 2 * LONGEST, "{shown:.200}");
        assert!(!shown.contains("canary"), "{shown}");
        look(
            &TokenSource::new(endpoint).token().await.unwrap_err(),
            advice,
        );
    }
}

#[tokio::test(start_paused = true)]
async fn of_the_transport_to_metadata_and_token_endpoint() {
    for said in [
        format!("goodbye (b\"{SECRET}\")"),
        "x".repeat(100_000),
        "goodbye\r\nerror: all is well".to_owned(),
    ] {
        let http = service_fn(move |_: Request<Full<Bytes>>| {
            let said = BoxError::from(said.clone());
            async { Err::<Response<Full<Bytes>>, _>(said) }
        });
        let discovered = TokenEndpoint::new(http.clone(), issuer(), client());
        let advice = "check that its server runs";
        look(&fetch(&discovered).await, advice);
        look(&discovered.metadata().await.unwrap_err(), advice);
        let uri = EndpointUri::new("https://as.example.com/token").unwrap();
        let known = TokenEndpoint::new(http, uri, client());
        look(
            &fetch(&known).await,
            "the token request to https://as.example.com/token failed",
        );
        look(
            &TokenSource::new(known).token().await.unwrap_err(),
            "check its address",
        );
    }
}

/// The URI of the token endpoint is the server's to choose, and errors name it.
#[tokio::test(start_paused = true)]
async fn of_where_metadata_says_the_token_endpoint_is() {
    for path in [format!("/{SECRET}/token"), format!("/{}", "x".repeat(MUCH))] {
        let server = Server::new();
        server.answer(OAUTH, 200, &metadata(&path));
        let endpoint = TokenEndpoint::new(server, issuer(), client());
        let told = look(&fetch(&endpoint).await, "failed");
        assert!(told.contains("https://as.example.com/"), "{told}");
    }
}

/// The closure of the user's sees metadata, and a client is only made by it.
#[tokio::test(start_paused = true)]
async fn of_a_choice_by_metadata() {
    let choose = |_: &Metadata| Err::<Client, BoxError>("x\r\n".repeat(MUCH).into());
    let chosen = TokenEndpoint::discover_with(Server::new(), issuer(), choose).await;
    let error = chosen.unwrap_err();
    look(&error, "no request could be made");
    assert!(error.source().unwrap().to_string().ends_with('…'));
}

/// A redirect below a layer above leads anywhere.
#[tokio::test(start_paused = true)]
async fn of_where_a_request_is_led() {
    let server = AuthorizationServer::new();
    let (_, service) = support::stack(&server);
    let uri = format!("https://{}.example.com/", "x".repeat(MUCH));
    let request = Request::get(uri).body(()).unwrap();
    let error = service.oneshot(request).await.unwrap_err();
    look(&*error, "its token was not given for this origin");
}

/// Its answer's type is shown by who cannot use it.
#[tokio::test(start_paused = true)]
async fn of_the_type_of_a_token() {
    let server = AuthorizationServer::new();
    let typed = json!({"access_token": "t", "token_type": "x".repeat(MUCH), "expires_in": 60});
    server.set_outage(Some(Answer::json(200, typed)));
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = TokenEndpoint::new(server.clone(), uri, client());
    let layer = ClientCredentialsLayer::new(TokenSource::new(endpoint.clone()), support::origins());
    let bearer = oauth2_client_credentials::Bearer::new();
    for layer in [layer.clone(), layer.presentation(bearer)] {
        let service = layer.layer(ResourceServer::new(&server));
        let error = service.oneshot(support::request()).await.unwrap_err();
        look(&*error, "the request was not sent");
    }
    #[cfg(feature = "dpop")]
    {
        let key = oauth2_client_credentials::DpopKey::generate(|bytes| bytes.fill(7)).unwrap();
        let bound = endpoint.dpop(oauth2_client_credentials::Dpop::new(key));
        look(&fetch(&bound).await, "is not bound to the DPoP key");
    }
}

/// A token service of the user's, whatever it is.
#[tokio::test(start_paused = true)]
async fn of_a_token_service() {
    let much = || "x\r\n".repeat(MUCH);
    let failing =
        service_fn(move |_: Fetch| async move { Err::<TokenResponse, BoxError>(much().into()) });
    let error = TokenSource::new(failing).token().await.unwrap_err();
    look(&error, "check its address");
    let failing = service_fn(move |_: Fetch| async move {
        let error = TokenError::new(TokenErrorKind::Scope, much());
        Err::<TokenResponse, TokenError>(error)
    });
    let error = TokenSource::new(failing).token().await.unwrap_err();
    assert_eq!(error.kind(), TokenErrorKind::Scope);
    look(&error, "…");
}

/// A layer of the user's around the endpoint may say what it wants. What the server answered is kept.
#[tokio::test(start_paused = true)]
async fn of_what_wraps_an_answer() {
    for (said, is_kept) in [
        ("x".repeat(100_000), false),
        ("x\r\nerror: all is well".to_owned(), false),
        ("by the vault".to_owned(), true),
    ] {
        let server = AuthorizationServer::new();
        server.set_outage(Some(Answer::oauth_error(400, "invalid_scope")));
        let uri = EndpointUri::new("https://as.example.com/token").unwrap();
        let endpoint = TokenEndpoint::new(server, uri, client());
        let said = move |source| Around(said.clone(), source);
        let source = TokenSource::new(endpoint.map_err(said));
        let error = source.token().await.unwrap_err();
        look(&error, "with the error `invalid_scope`");
        assert_eq!(error.kind(), TokenErrorKind::Scope);
        let answer = error.response_error().unwrap();
        assert_eq!(answer.code(), Some("invalid_scope"));
        assert_eq!(error.source().unwrap().is::<Around>(), is_kept);
    }
}

#[derive(Debug)]
struct Around(String, EndpointError);

impl fmt::Display for Around {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Around {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.1)
    }
}

/// Parsers like to show where they stood.
#[tokio::test]
async fn of_a_file_and_its_reader() {
    let folder = Folder::new();
    folder.write("secret", &format!("{{\n  \"secret\": \"{SECRET}\"\n}}\n"));
    let whole = |bytes: &[u8]| Err::<_, BoxError>(String::from_utf8_lossy(bytes).into());
    let line = |bytes: &[u8]| {
        let text = std::str::from_utf8(bytes)?;
        Err(format!("line 2: {}", text.lines().nth(1).unwrap()).into())
    };
    // `invalid type: string "…", expected u64`, which is the value and not its line.
    let parsed = |bytes: &[u8]| {
        let numbers: HashMap<String, u64> = serde_json::from_slice(bytes)?;
        Err(format!("{numbers:?}").into())
    };
    let second = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        Err(format!("unexpected {}", text.split('"').nth(3).unwrap()).into())
    };
    let much = |_: &[u8]| Err("x\r\n".repeat(MUCH).into());
    let path = || folder.path("secret");
    for credential in [
        Credential::from_file("svc", path(), whole),
        Credential::from_file("svc", path(), line),
        Credential::from_file("svc", path(), parsed),
        Credential::from_file("svc", path(), second),
        Credential::from_file("svc", path(), much),
    ] {
        let endpoint = credential_support::endpoint(&AuthorizationServer::new(), &credential);
        look(&fetch(&endpoint).await, "check the path, who may read it");
        look(&credential.last_error().unwrap(), "check the path");
        assert!(!format!("{credential:?}").contains("canary"));
    }
}

/// A value with all that separates words in it, one without quotes, a short text, and one in a file with more lines than are looked for.
#[tokio::test(start_paused = true)]
async fn of_a_file_whose_value_is_in_parts() {
    let folder = Folder::new();
    let value = "aB3:ca=q,Zt7'na ry";
    let lines: String = (0..300)
        .map(|line| format!("certificate-{line}\n"))
        .collect();
    for (text, said) in [
        (format!("{{\"client_secret\": \"{value}\"}}"), value),
        (
            "secret: correct horse battery".to_owned(),
            "correct horse battery",
        ),
        ("s3cr".to_owned(), "s3cr"),
        (format!("{lines}key canary"), "canary"),
    ] {
        folder.write("secret", &text);
        let reader = move |_: &[u8]| Err::<Evidence, _>(format!("unexpected {said:?}").into());
        let credential = Credential::from_file("svc", folder.path("secret"), reader);
        let endpoint = credential_support::endpoint(&AuthorizationServer::new(), &credential);
        let error = fetch(&endpoint).await;
        let shown = format!("{error} {error:?} {credential:?}");
        assert!(!shown.contains(said), "{shown}");
    }
}

/// It was given the secret first, and then its server repeats it.
#[tokio::test(start_paused = true)]
async fn of_a_service_that_gives_the_credential() {
    for said in [format!("no longer valid: {SECRET}"), "x\r\n".repeat(MUCH)] {
        for kind in [None, Some(TokenErrorKind::Configuration)] {
            let (said, asked) = (said.clone(), Arc::new(AtomicBool::new(false)));
            let vault = service_fn(move |()| {
                let (said, first) = (said.clone(), !asked.swap(true, Ordering::Relaxed));
                async move {
                    match kind {
                        _ if first => Ok(ClientSecretBasic::new(SECRET)),
                        Some(kind) => Err(BoxError::from(TokenError::new(kind, said))),
                        None => Err(said.into()),
                    }
                }
            });
            let credential = Credential::from_service("svc", vault, Duration::ZERO);
            let server = AuthorizationServer::new();
            server.set_outage(Some(Answer::oauth_error(401, "invalid_client")));
            let endpoint = credential_support::endpoint(&server, &credential);
            // With the one that was given, until the service was asked for another.
            fetch(&endpoint).await;
            let told = fetch(&endpoint).await;
            look(&told, "failed");
            assert!(
                told.to_string().contains("with an older credential"),
                "{told}"
            );
            look(&credential.last_error().unwrap(), "");
        }
    }
}

/// What says nothing wrong stays what it is, for whoever looks for it.
#[tokio::test(start_paused = true)]
async fn what_is_short_and_has_no_secret_stays_what_it_was() {
    let http = service_fn(|_: Request<Full<Bytes>>| async {
        Err::<Response<Full<Bytes>>, _>(std::io::Error::from(std::io::ErrorKind::ConnectionRefused))
    });
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    let error = fetch(&TokenEndpoint::new(http, uri, svc())).await;
    assert!(error.source().unwrap().is::<std::io::Error>(), "{error:?}");
}

/// What stands before it does not make it too long.
#[tokio::test(start_paused = true)]
async fn what_is_just_short_enough_stays_what_it_was_for_who_waits_for_a_token() {
    for (long, is_kept) in [(4_090, true), (4_100, false)] {
        let http = service_fn(move |_: Request<Full<Bytes>>| async move {
            let error = std::io::Error::other("x".repeat(long));
            Err::<Response<Full<Bytes>>, _>(error)
        });
        let uri = EndpointUri::new("https://as.example.com/token").unwrap();
        let endpoint = TokenEndpoint::new(http, uri, svc());
        let error = TokenSource::new(endpoint).token().await.unwrap_err();
        let found = std::iter::successors(error.source(), |&error| error.source())
            .any(|error| error.is::<std::io::Error>());
        assert_eq!(found, is_kept, "{long}: {error:.100}");
    }
}
