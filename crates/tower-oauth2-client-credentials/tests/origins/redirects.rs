//! Redirects, followed above our layer and below it.

use std::{
    convert::Infallible,
    future::ready,
    sync::{Arc, Mutex},
};

use http::{Method, Request, Response, StatusCode, Uri, header::LOCATION};
use tower::{BoxError, Layer, Service, ServiceExt, service_fn, util::BoxCloneService};
use tower_http::follow_redirect::FollowRedirectLayer;
use tower_http_06::follow_redirect::FollowRedirectLayer as FollowRedirectLayer06;
use tower_oauth2_client_credentials::{Origins, TokenError, TokenErrorKind};

use crate::{REFUSED, empty, layer, page::rows, told};

const HOME: &str = "https://api.example.com/start";

/// What each request was told of, in the order in which they came.
type Seen = Arc<Mutex<Vec<(Uri, &'static str)>>>;

type Client = BoxCloneService<Request<String>, u16, BoxError>;

/// An API that sends each request from [`HOME`] on to `to`, and answers all others.
fn api(
    status: u16,
    to: &str,
    seen: &Seen,
) -> impl Service<Request<String>, Response = Response<()>, Error = Infallible, Future: Send>
+ Clone
+ Send
+ 'static {
    let (to, seen) = (to.to_owned(), Arc::clone(seen));
    service_fn(move |request: Request<String>| {
        let uri = request.uri().clone();
        let mut answer = empty();
        if uri == HOME {
            *answer.status_mut() = StatusCode::from_u16(status).unwrap();
            answer.headers_mut().insert(LOCATION, to.parse().unwrap());
        }
        seen.lock().unwrap().push((uri, told(&request)));
        ready(Ok(answer))
    })
}

/// What became of a request to [`HOME`]: how often it was sent on, and with what.
async fn outcome(client: Client, method: &Method, seen: &Seen) -> &'static str {
    let request = Request::builder().method(method).uri(HOME);
    let answer = client.oneshot(request.body(String::new()).unwrap()).await;
    let seen = seen.lock().unwrap();
    assert_eq!(seen[0], (Uri::from_static(HOME), crate::WITH));
    match (answer, &seen[1..]) {
        (Ok(200), [(_, told)]) => told,
        (Ok(300..400), []) => "not followed",
        (Err(error), []) => {
            let error = TokenError::find(&*error).unwrap();
            assert_eq!(error.kind(), TokenErrorKind::Origin);
            assert!(!error.to_string().contains("password"), "{error}");
            REFUSED
        }
        (answer, seen) => panic!("{answer:?} {seen:?}"),
    }
}

#[tokio::test]
async fn a_redirect_ends_as_the_page_says_above_and_below() {
    let ours = layer(Origins::new(["https://api.example.com"]).unwrap());
    let mut wrong = Vec::new();
    let rows = rows("Redirects");
    for (to, words) in &rows {
        for status in [301, 302, 303, 307, 308] {
            for method in [Method::GET, Method::POST] {
                for (place, expected) in words.iter().enumerate() {
                    let seen = Seen::default();
                    let api = api(status, to, &seen);
                    let client = match place {
                        0 => boxed(FollowRedirectLayer::new().layer(ours.layer(api))),
                        1 => boxed(ours.layer(FollowRedirectLayer::new().layer(api))),
                        _ => boxed(ours.layer(FollowRedirectLayer06::new().layer(api))),
                    };
                    let outcome = outcome(client, &method, &seen).await;
                    if outcome != *expected {
                        wrong.push(format!("{method} {status} to {to}, {place}: {outcome}"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    println!("{} places, 5 statuses, 2 methods, 3 layers", rows.len());
}

/// And where nobody follows it.
#[tokio::test]
async fn without_a_layer_that_follows_the_caller_sees_the_redirect() {
    let ours = layer(Origins::new(["https://api.example.com"]).unwrap());
    for (to, _) in rows("Redirects") {
        let seen = Seen::default();
        let client = boxed(ours.layer(api(307, to, &seen)));
        assert_eq!(outcome(client, &Method::GET, &seen).await, "not followed");
    }
}

fn boxed<S, B>(service: S) -> Client
where
    S: Service<Request<String>, Response = Response<B>> + Clone + Send + 'static,
    S::Future: Send + 'static,
    S::Error: Into<BoxError>,
    B: 'static,
{
    let service = service.map_response(|answer| answer.status().as_u16());
    BoxCloneService::new(service.map_err(Into::into))
}
