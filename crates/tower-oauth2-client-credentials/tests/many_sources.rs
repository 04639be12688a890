//! Several sources on one thread, more than it holds headers of: each request carries its own source's token, and in a header that
//! nobody prints.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::{convert::Infallible, future::ready, time::Duration};

use http::{HeaderValue, Request, Response, header::AUTHORIZATION};
use oauth2_client_credentials::TokenResponse;
use tower::{Service, ServiceExt, service_fn};
use tower_oauth2_client_credentials::{BoxError, ClientCredentials, Fetch, Origins, TokenSource};

/// More than a thread has places, so that some share one.
const SOURCES: usize = 9;

fn token(number: usize) -> TokenResponse {
    let token = TokenResponse::builder(format!("t{number}"));
    token
        .expires_in(Duration::from_secs(3_600))
        .build()
        .unwrap()
}

#[test]
fn each_request_carries_the_token_of_its_own_source() {
    let echo = service_fn(|request: Request<()>| {
        let shown = request.headers()[AUTHORIZATION].clone();
        ready(Ok::<_, Infallible>(Response::new(shown)))
    });
    let sources: Vec<_> = (0..SOURCES)
        .map(|number| {
            let service = service_fn(move |_: Fetch| ready(Ok::<_, BoxError>(token(number))));
            TokenSource::builder(service)
                .with_token(token(number))
                .build()
        })
        .collect();
    let mut services: Vec<_> = sources
        .iter()
        .map(|source| {
            let origins = Origins::new(["https://api.example.com"]).unwrap();
            ClientCredentials::new(echo, source.clone(), origins)
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    let mut send = |number: usize| -> HeaderValue {
        let request = Request::get("https://api.example.com/").body(()).unwrap();
        let service: &mut ClientCredentials<_> = &mut services[number];
        let answer = runtime.block_on(async { service.ready().await.unwrap().call(request).await });
        answer.unwrap().into_body()
    };
    for round in 0..4 {
        for number in 0..SOURCES {
            // Each twice in a row, and then another.
            for _ in 0..2 {
                let shown = send(number);
                assert_eq!(shown, format!("Bearer t{number}"), "round {round}");
                assert!(shown.is_sensitive(), "round {round}, source {number}");
            }
        }
    }
    for source in &sources {
        source.invalidate();
    }
    for number in 0..SOURCES {
        assert_eq!(send(number), format!("Bearer t{number}"), "a new one");
    }
}
