//! What a request is told that could not carry a token, and what was wrong with the set-up.

use std::{
    future::{Future, pending, poll_fn},
    pin::pin,
    task::{Context, Poll, Waker},
    time::{Duration, SystemTime},
};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use oauth2_client_credentials::{
    Client, ClientSecretBasic, Dpop, DpopKey, EndpointUri, Issuer, Metadata, TokenRequest,
};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use serde_json::json;
use tokio::time::{Instant, sleep};
use tower::service_fn;
use tower_oauth2_client_credentials::{
    BoxError, Clock, Credential, Schedule, TokenEndpoint, TokenError, TokenSource,
    TokenSourceBuilder,
};

use crate::{Collection, failed, keys};

pub(crate) fn server(answers: impl IntoIterator<Item = Answer>) -> AuthorizationServer {
    AuthorizationServer::builder()
        .client("svc", "s3cret")
        .script(answers)
        .repeat_last()
        .build()
}

pub(crate) fn client() -> Client {
    Client::new("svc", ClientSecretBasic::new("s3cret")).unwrap()
}

fn uri() -> EndpointUri {
    EndpointUri::new("https://as.example.com/token").unwrap()
}

pub(crate) fn builder(
    server: &AuthorizationServer,
    credential: impl Into<Credential>,
) -> TokenSourceBuilder {
    TokenSource::builder(TokenEndpoint::new(server.clone(), uri(), credential))
}

pub(crate) fn source(answer: Answer) -> TokenSource {
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
            "a scope that is not granted",
            Answer::oauth_error(400, "invalid_scope"),
        ),
        (
            "a server that wants proofs",
            Answer::oauth_error(400, "use_dpop_nonce").header("dpop-nonce", "n"),
        ),
        ("a web page", Answer::body(200, "<html>")),
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
    all.add("a program that stands still", &standing_still().await);
    let warming = source(Answer::hang());
    let deadline = Duration::from_secs(7);
    all.add(
        "a program that warms up in vain",
        &failed(warming.warm_up(deadline).await),
    );
    let asking = source(Answer::usual());
    all.add(
        "no runtime",
        &without_runtime(async move { asking.token().await }),
    );
    discovery(all).await;
}

async fn refused_again() -> Result<(), TokenError> {
    let source = source(Answer::token("same"));
    let token = source.token().await?;
    source.reject(token.generation());
    source.token().await.map(drop)
}

/// Goes by tokio's clock.
#[derive(Debug)]
struct Driven(Instant);

impl Clock for Driven {
    fn monotonic(&self) -> Duration {
        self.0.elapsed()
    }

    fn wall(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + self.0.elapsed()
    }
}

/// Each of its tokens ends before it looks.
async fn standing_still() -> TokenError {
    let answer = Answer::token("t{n}").lifetime(Duration::from_secs(4));
    let slow = server([answer.after(Duration::from_millis(10))]);
    let source = builder(&slow, client())
        .clock(Driven(Instant::now()))
        .build();
    let mut waiting = pin!(async { source.token().await });
    for _ in 0..3 {
        let polled = poll_fn(|cx| Poll::Ready(waiting.as_mut().poll(cx))).await;
        assert!(polled.is_pending());
        sleep(Duration::from_secs(60)).await;
    }
    failed(waiting.await)
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

/// Polled once, on a thread that has none.
fn without_runtime<T: Send + 'static, E: Send + 'static>(
    waiting: impl Future<Output = Result<T, E>> + Send + 'static,
) -> E {
    let polled = std::thread::spawn(move || {
        let mut waiting = pin!(waiting);
        match waiting
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()))
        {
            Poll::Ready(outcome) => failed(outcome),
            Poll::Pending => panic!("this needs a runtime"),
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

    let silent =
        service_fn(|_: Request<Bytes>| pending::<Result<Response<Full<Bytes>>, BoxError>>());
    let silent = TokenEndpoint::new(silent, issuer(), client());
    let asked = failed(silent.metadata().await);
    all.add("an issuer that is silent", &asked);
    all.add(
        "an issuer without a runtime",
        &without_runtime(async move { silent.metadata().await }),
    );
    let none_fits =
        |_: &Metadata| Err::<Client, BoxError>("no credential for it, mount one".into());
    let plain = service_fn(|_: Request<Bytes>| async {
        let document = json!({"issuer": "https://as.example.com", "token_endpoint": "https://as.example.com/token"});
        Ok::<_, BoxError>(Response::new(Full::new(Bytes::from(document.to_string()))))
    });
    all.add(
        "a choice of the program's that chooses nothing",
        &failed(TokenEndpoint::discover_with(plain, issuer(), none_fits).await),
    );

    let endpoint = TokenEndpoint::new(server([Answer::usual()]), uri(), client());
    let token = TokenSource::new(endpoint.clone()).token().await.unwrap();
    all.add(
        "a revocation without an endpoint",
        &failed(endpoint.revoke(&token).await),
    );
    let refuses = server([Answer::oauth_error(400, "unsupported_token_type")]);
    let refuses = TokenEndpoint::new(refuses, uri(), client());
    let revoked_at = EndpointUri::new("https://as.example.com/token").unwrap();
    let refuses = refuses.revocation_endpoint(revoked_at);
    all.add(
        "a revocation that is refused",
        &failed(refuses.revoke(&token).await),
    );
    let bound = TokenEndpoint::new(server([Answer::usual()]), uri(), client());
    let bound = bound.dpop(Dpop::new(DpopKey::new(keys::p256())));
    all.add(
        "a token that is not bound",
        &failed(TokenSource::new(bound).token().await),
    );
}
