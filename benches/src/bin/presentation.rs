//! What it costs a request to show its token: the door that every scheme goes through, and the schemes that sign.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin presentation -- [--json]
//! ```

use std::{
    convert::Infallible,
    future::{Ready, ready},
    task::{Context, Poll, Waker},
    time::{Duration, Instant},
};

use http::{Request, Response};
use oauth2_client_credentials::{
    Bearer, BearerInQuery, Dpop, DpopKey, Presentation, SigningKey, TokenResponse, TokenType,
};
use serde_json::json;
use tower::{Layer, Service};
use tower_oauth2_client_credentials::{ClientCredentialsLayer, Fetch, Origins, TokenSource};

const ROUNDS: usize = 21;
const REQUESTS: u32 = 500;

/// Answers at once.
#[derive(Clone)]
struct Noop;

impl Service<Request<()>> for Noop {
    type Response = Response<()>;
    type Error = Infallible;
    type Future = Ready<Result<Response<()>, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Request<()>) -> Self::Future {
        ready(Ok(Response::new(())))
    }
}

type Send = Box<dyn FnMut()>;

fn layer(token_type: TokenType) -> ClientCredentialsLayer {
    let service = tower::service_fn(|_: Fetch| async { TokenResponse::new("never asked") });
    let token = TokenResponse::builder("t".repeat(1_000))
        .token_type(token_type)
        .expires_in(Duration::from_secs(3_600))
        .build()
        .expect("a token");
    let source = TokenSource::builder(service).with_token(token).build();
    let origins = Origins::new(["https://api.example.com"]).expect("an origin");
    ClientCredentialsLayer::new(source, origins)
}

/// Sends one request through `layer` each time it is called.
fn sender(layer: &ClientCredentialsLayer) -> Send {
    let mut service = layer.layer(Noop);
    Box::new(move || {
        let mut cx = Context::from_waker(Waker::noop());
        assert!(service.poll_ready(&mut cx).is_ready());
        let request = Request::get("https://api.example.com/v1/items")
            .body(())
            .expect("a request");
        let mut answer = std::pin::pin!(service.call(request));
        assert!(matches!(answer.as_mut().poll(&mut cx), Poll::Ready(Ok(_))));
    })
}

fn presented(token_type: TokenType, presentation: impl Presentation + 'static) -> Send {
    sender(&layer(token_type).presentation(presentation))
}

/// The key of RFC 8037, appendix A.1.
const ED25519: &str = r#"{"kty":"OKP","crv":"Ed25519","d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#;

fn es256() -> Dpop {
    Dpop::new(DpopKey::generate(|bytes| bytes.fill(59)).expect("a key"))
}

fn ed25519() -> Dpop {
    Dpop::new(DpopKey::new(SigningKey::from_jwk(ED25519).expect("a key")))
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn main() {
    let as_json = std::env::args().any(|argument| argument == "--json");
    let mut subjects: Vec<(&str, Send)> = vec![
        (
            "header, not through the door",
            sender(&layer(TokenType::Bearer)),
        ),
        ("header", presented(TokenType::Bearer, Bearer::new())),
        (
            "query",
            presented(TokenType::Bearer, BearerInQuery::against_rfc_9700()),
        ),
        ("DPoP, ES256", presented(TokenType::DPoP, es256())),
        ("DPoP, Ed25519", presented(TokenType::DPoP, ed25519())),
    ];
    let mut rounds = vec![Vec::with_capacity(ROUNDS); subjects.len()];
    for _ in 0..ROUNDS {
        for ((_, send), rounds) in subjects.iter_mut().zip(&mut rounds) {
            let start = Instant::now();
            for _ in 0..REQUESTS {
                send();
            }
            rounds.push(start.elapsed().as_secs_f64() * 1e6 / f64::from(REQUESTS));
        }
    }
    let cases: Vec<_> = subjects
        .iter()
        .zip(rounds)
        .map(|((subject, _), rounds)| json!({ "case": "presentation", "subject": subject, "us": median(rounds) }))
        .collect();
    if as_json {
        println!("{}", json!({ "cases": cases }));
        return;
    }
    println!("{:<30} {:>10}", "a request's token", "us");
    for case in cases {
        println!(
            "{:<30} {:>10.2}",
            case["subject"].as_str().unwrap_or_default(),
            case["us"].as_f64().unwrap_or_default()
        );
    }
}
