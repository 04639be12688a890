//! What a request is told that could not carry a token, and what was wrong with the set-up.

use std::{
    fs,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use bytes::Bytes;
use http::{Method, Request, Response};
use http_body_util::Full;
use oauth2_client_credentials::{
    Client, ClientSecretBasic, Dpop, DpopKey, EndpointUri, Issuer, OnExisting, TokenRequest,
};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer};
use serde_json::json;
use tower::{Layer, ServiceExt, service_fn};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentialsLayer, Credential, HttpClient, Origins, Schedule, TokenEndpoint,
    TokenError, TokenSource, TokenSourceBuilder,
};

use crate::{Collection, failed, keys};

fn server(answers: impl IntoIterator<Item = Answer>) -> AuthorizationServer {
    AuthorizationServer::builder()
        .client("svc", "s3cret")
        .script(answers)
        .repeat_last()
        .build()
}

fn client() -> Client {
    Client::new("svc", ClientSecretBasic::new("s3cret")).unwrap()
}

fn uri() -> EndpointUri {
    EndpointUri::new("https://as.example.com/token").unwrap()
}

fn builder(server: &AuthorizationServer, credential: impl Into<Credential>) -> TokenSourceBuilder {
    TokenSource::builder(TokenEndpoint::new(server.clone(), uri(), credential))
}

fn source(answer: Answer) -> TokenSource {
    builder(&server([answer]), client()).build()
}

/// Under driven time: nothing here is waited for.
pub(crate) async fn collect(all: &mut Collection) {
    all.chapter("A token that could not be had");
    for (met, answer) in [
        ("no connection", Answer::connect_error()),
        ("a connection that broke", Answer::reset()),
        ("an answer that broke off", Answer::torn_body()),
        ("an answer without end", Answer::endless_body()),
        ("no answer", Answer::hang()),
        ("a client of HTTP that panics", Answer::panic()),
        ("a wrong secret", Answer::oauth_error(401, "invalid_client")),
        (
            "a server that is away for now",
            Answer::oauth_error(503, "temporarily_unavailable"),
        ),
    ] {
        all.add(met, &failed(source(answer).token().await));
    }
    let gated = source(Answer::oauth_error(401, "invalid_client"));
    failed(gated.token().await);
    all.add(
        "a wrong secret, asked again at once",
        &failed(gated.token().await),
    );
    let closed = source(Answer::usual());
    closed.close();
    all.add("a source that was closed", &failed(closed.token().await));
    all.add(
        "a token that is refused and handed out again",
        &failed(refused_again().await),
    );
    all.add("a wait that is over", &failed(impatient().await));
    all.add("a line that is too long", &failed(in_line().await));
    all.add(
        "no runtime",
        &failed(without_runtime(&source(Answer::usual()))),
    );
    discovery(all).await;
    requests(all).await;
    schedules(all);
}

async fn refused_again() -> Result<(), TokenError> {
    let source = source(Answer::token("same"));
    let token = source.token().await?;
    source.reject(token.generation());
    source.token().await.map(drop)
}

async fn impatient() -> Result<(), TokenError> {
    let hasty = Schedule::builder()
        .wait_budget(Duration::from_secs(1))
        .build()
        .unwrap();
    let source = builder(&server([Answer::hang()]), client())
        .schedule(hasty)
        .build();
    source.token().await.map(drop)
}

async fn in_line() -> Result<(), TokenError> {
    let narrow = Schedule::builder()
        .concurrent_fetches(1)
        .wait_budget(Duration::from_secs(1))
        .build()
        .unwrap();
    let source = builder(&server([Answer::hang()]), client())
        .schedule(narrow)
        .build();
    let other = TokenRequest::builder().scope("other").build().unwrap();
    let before = source.clone();
    tokio::spawn(async move { before.token().await });
    tokio::task::yield_now().await;
    source.for_request(other).token().await.map(drop)
}

fn without_runtime(source: &TokenSource) -> Result<(), TokenError> {
    let source = source.clone();
    // A thread that has none.
    let polled = std::thread::spawn(move || {
        let mut token = pin!(source.token());
        match token.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(outcome) => outcome.map(drop),
            Poll::Pending => Ok(()),
        }
    });
    polled.join().unwrap()
}

async fn discovery(all: &mut Collection) {
    let issuer = || Issuer::new("https://as.example.com").unwrap();
    let asking = |status: u16, document: serde_json::Value| {
        let http = service_fn(move |_: Request<Bytes>| {
            let body = Full::new(Bytes::from(document.to_string()));
            let answer = Response::builder().status(status).body(body).unwrap();
            async { Ok::<_, BoxError>(answer) }
        });
        TokenSource::new(TokenEndpoint::new(http, issuer(), client()))
    };
    all.add(
        "an issuer without metadata",
        &failed(asking(404, json!({})).token().await),
    );
    let listed = json!({
        "issuer": "https://as.example.com",
        "token_endpoint": "https://as.example.com/token",
        "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    });
    all.add(
        "an issuer that does not take the client's method",
        &failed(asking(200, listed).token().await),
    );
    let gone = service_fn(|_: Request<Bytes>| async {
        Err::<Response<Full<Bytes>>, BoxError>("connection refused".into())
    });
    let gone = TokenSource::new(TokenEndpoint::new(gone, issuer(), client()));
    all.add("an issuer that is not reached", &failed(gone.token().await));

    let endpoint = TokenEndpoint::new(server([Answer::usual()]), uri(), client());
    let token = TokenSource::new(endpoint.clone()).token().await.unwrap();
    all.add(
        "a revocation without an endpoint",
        &failed(endpoint.revoke(&token).await),
    );
    let bound = TokenEndpoint::new(server([Answer::usual()]), uri(), client());
    let bound = bound.dpop(Dpop::new(DpopKey::new(keys::p256())));
    all.add(
        "a token that is not bound",
        &failed(TokenSource::new(bound).token().await),
    );
}

async fn requests(all: &mut Collection) {
    all.chapter("A request that is not sent");
    let layer = |answer| {
        ClientCredentialsLayer::new(
            source(answer),
            Origins::new(["https://api.example.com"]).unwrap(),
        )
    };
    let api = ResourceServer::new(&server([Answer::usual()]));
    let ask = |layer: ClientCredentialsLayer, method: Method, uri: &'static str, header: bool| {
        let api = api.clone();
        async move {
            let mut request = Request::builder().method(method).uri(uri);
            if header {
                request = request.header("authorization", "Basic eA==");
            }
            let sent = layer.layer(api).oneshot(request.body(()).unwrap()).await;
            TokenError::find(&*failed(sent)).unwrap().clone()
        }
    };
    let own = "https://api.example.com/v1";
    for (met, method, uri) in [
        (
            "to another host",
            Method::GET,
            "https://evil.example.com/v1",
        ),
        ("over plain http", Method::GET, "http://api.example.com/v1"),
        ("to nobody knows where", Method::GET, "/v1"),
        ("through a proxy", Method::CONNECT, "api.example.com:443"),
    ] {
        all.add(met, &ask(layer(Answer::usual()), method, uri, false).await);
    }
    let mac = json!({"access_token": "t", "token_type": "mac", "expires_in": 60});
    all.add(
        "with a token of another type",
        &ask(layer(Answer::json(200, mac)), Method::GET, own, false).await,
    );
    let refusing = layer(Answer::usual()).on_existing(OnExisting::Refuse);
    all.add(
        "with an authorization of its own",
        &ask(refusing, Method::GET, own, true).await,
    );
}

fn schedules(all: &mut Collection) {
    all.chapter("A schedule that cannot be kept");
    let zero = Duration::ZERO;
    let build = Schedule::builder;
    for (met, builder) in [
        ("no attempt", build().attempts(0)),
        ("no token request", build().concurrent_fetches(0)),
        ("a lead of more than all", build().lead_fraction(1.5)),
        ("an attempt of no time", build().attempt_timeout(zero)),
        ("a wait of no time", build().wait_budget(zero)),
        (
            "a backoff that shrinks",
            build().backoff(Duration::from_secs(2), Duration::from_secs(1)),
        ),
        ("an age", build().wait_budget(Duration::MAX)),
    ] {
        all.add(met, &failed(builder.build()));
    }
}

/// What takes files, threads or sockets, and so the time that it takes.
pub(crate) async fn collect_in_real_time(all: &mut Collection) {
    all.chapter("A credential that is not there");
    let asking = |credential: Credential| builder(&server([Answer::usual()]), credential).build();
    let missing = Credential::secret_file("svc", "/nowhere/client-secret", ClientSecretBasic::new);
    all.add(
        "a file that is missing",
        &failed(asking(missing).token().await),
    );
    let path = std::env::temp_dir().join(format!("empty-{}", std::process::id()));
    fs::write(&path, "").unwrap();
    let empty = Credential::secret_file("svc", &path, ClientSecretBasic::new);
    let error = failed(asking(empty).token().await);
    fs::remove_file(&path).unwrap();
    all.add_at(
        "a file that is empty",
        &error,
        &path.display().to_string(),
        "/run/secrets/client-secret",
    );
    let vault =
        service_fn(|()| async { Err::<ClientSecretBasic, BoxError>("permission denied".into()) });
    let vault = Credential::from_service("svc", vault, Duration::from_secs(60));
    all.add("a vault that refuses", &failed(asking(vault).token().await));
    let wrong = service_fn(|()| async {
        Ok::<_, BoxError>(oauth2_client_credentials::ClientAssertion::new(""))
    });
    let wrong = Credential::from_service("svc", wrong, Duration::from_secs(60));
    all.add(
        "a vault that gives nothing",
        &failed(asking(wrong).token().await),
    );

    all.chapter("An HTTP client for the token side");
    let build = HttpClient::builder;
    all.add(
        "root certificates that are none",
        &failed(build().root_certificates_pem("secret").build()),
    );
    let roots = || keys::certificate();
    let with = |certificate: &str, key: &str| {
        failed(
            build()
                .root_certificates_pem(roots())
                .client_certificate_pem(certificate, key)
                .build(),
        )
    };
    all.add(
        "a client certificate that is none",
        &with("secret", keys::P256),
    );
    all.add(
        "a client's key that is none",
        &with(keys::certificate(), "secret"),
    );
    all.add(
        "a client's key of another certificate",
        &with(keys::certificate(), keys::ED25519),
    );
    let http = build().root_certificates_pem(roots()).build().unwrap();
    let asks = |uri: &str| {
        let endpoint = TokenEndpoint::new(
            http.clone(),
            EndpointUri::allow_plaintext(uri).unwrap(),
            client(),
        );
        let once = Schedule::builder().attempts(1).build().unwrap();
        TokenSource::builder(endpoint).schedule(once).build()
    };
    // Nobody listens on it.
    all.add(
        "nobody who listens",
        &failed(asks("https://127.0.0.1:1/token").token().await),
    );
    all.add(
        "plain http",
        &failed(asks("http://as.example.com/token").token().await),
    );
}
