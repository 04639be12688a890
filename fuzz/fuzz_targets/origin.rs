//! Any text as an origin, and any other as the URI of a request: what stands before the first line feed names the origin.
#![no_main]

use std::{
    convert::Infallible,
    future::{Ready, ready},
    pin::pin,
    sync::LazyLock,
    task::{Context, Poll, Waker},
    time::Duration,
};

use http::{Method, Request, Response, Uri, header::AUTHORIZATION};
use libfuzzer_sys::fuzz_target;
use oauth2_client_credentials::TokenResponse;
use tower_oauth2_client_credentials::{ClientCredentials, Fetch, Origins, TokenSource};
use tower_service::Service;

/// Answers with what it got.
#[derive(Clone)]
struct Echo;

impl Service<Request<()>> for Echo {
    type Response = Response<Request<()>>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<()>) -> Self::Future {
        ready(Ok(Response::new(request)))
    }
}

#[derive(Clone)]
struct Nobody;

impl Service<Fetch> for Nobody {
    type Response = TokenResponse;
    type Error = Infallible;
    type Future = Ready<Result<TokenResponse, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, _: Fetch) -> Self::Future {
        unreachable!("there is a token")
    }
}

static SOURCE: LazyLock<TokenSource> = LazyLock::new(|| {
    let token = TokenResponse::builder("t").expires_in(Duration::from_secs(100_000));
    TokenSource::builder(Nobody)
        .with_token(token.build().expect("a token"))
        .build()
});

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let (named, asked) = text.split_once('\n').unwrap_or((text, text));
    let origins = match Origins::new([named]) {
        Ok(origins) => origins,
        Err(error) => {
            assert!(!error.to_string().contains(char::is_control));
            return;
        }
    };
    let named: Uri = named.parse().expect("an origin is a URI");
    let is_loopback = named
        .host()
        .is_some_and(oauth2_client_credentials::is_loopback);
    assert!(named.scheme_str() == Some("https") || is_loopback);
    assert!(!named.to_string().contains(['*', '@']));
    let Ok(uri) = asked.parse::<Uri>() else {
        return;
    };
    for method in [Method::GET, Method::CONNECT] {
        let mut request = Request::new(());
        *request.method_mut() = method.clone();
        *request.uri_mut() = uri.clone();
        let mut service = ClientCredentials::new(Echo, SOURCE.clone(), origins.clone());
        let future = pin!(service.call(request));
        let Poll::Ready(outcome) = future.poll(&mut Context::from_waker(Waker::noop())) else {
            panic!("it waits");
        };
        let Ok(answer) = outcome else {
            continue;
        };
        let sent = answer.into_body();
        assert!(sent.headers().contains_key(AUTHORIZATION));
        assert_ne!(method, Method::CONNECT);
        assert_eq!(read(&uri), read(&named), "{uri} for {named}");
    }
});

/// The same by another library's eyes: how a browser reads it, if it does.
fn read(uri: &Uri) -> Option<url::Origin> {
    let url = url::Url::parse(&uri.to_string()).ok()?;
    Some(url.origin())
}
