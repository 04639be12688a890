//! Which requests carry the token, and which are not sent.

use std::{
    future::ready,
    sync::{Arc, Mutex},
};

use http::{HeaderValue, Method, Request, Uri, header::HOST};
use tower::{BoxError, Layer, ServiceExt};
use tower_oauth2_client_credentials::{Origins, TokenError, TokenErrorKind};

use crate::{REFUSED, empty, layer, page::rows, told};

/// What becomes of `METHOD URI`, which `Host: NAME` may follow, below this layer.
async fn outcome(origins: &Origins, request: &str) -> &'static str {
    let (request, host) = match request.split_once(" Host: ") {
        Some((request, host)) => (request, Some(HeaderValue::from_str(host).unwrap())),
        None => (request, None),
    };
    let (method, uri) = request.split_once(' ').unwrap();
    let Ok(uri) = uri.parse::<Uri>() else {
        return "no URI";
    };
    let mut request = Request::new(());
    *request.method_mut() = method.parse::<Method>().unwrap();
    *request.uri_mut() = uri.clone();
    request
        .headers_mut()
        .extend(host.clone().map(|host| (HOST, host)));
    let sent = Arc::new(Mutex::new(Vec::new()));
    let transport = tower::service_fn({
        let sent = Arc::clone(&sent);
        move |request: Request<()>| {
            sent.lock().unwrap().push((
                request.uri().clone(),
                request.headers().get(HOST).cloned(),
                told(&request),
            ));
            ready(Ok::<_, BoxError>(empty()))
        }
    });
    let answer = layer(origins.clone())
        .layer(transport)
        .oneshot(request)
        .await;
    let sent = sent.lock().unwrap();
    match (answer, &**sent) {
        (Ok(_), [(to, named, told)]) => {
            // Nothing of it is changed, whatever it says.
            assert_eq!((to, named), (&uri, &host));
            told
        }
        (Err(error), []) => {
            let error = TokenError::find(&*error).unwrap();
            assert_eq!(error.kind(), TokenErrorKind::Origin, "{uri}");
            assert!(!error.to_string().contains("password"), "{error}");
            REFUSED
        }
        (answer, sent) => panic!("{uri}: {answer:?} {sent:?}"),
    }
}

#[tokio::test]
async fn a_request_carries_the_token_or_is_refused_as_the_page_says() {
    let origins = Origins::new([
        "https://api.example.com",
        "https://xn--bcher-kva.example",
        "https://192.0.2.1",
        "https://[2001:db8::1]:8443",
        "http://localhost:8080",
        "http://127.0.0.1:8080",
        "http://[::1]:8080",
    ]);
    compare("Which requests carry it", &origins.unwrap()).await;
}

#[tokio::test]
async fn a_bound_transport_takes_what_the_page_says() {
    let origins = Origins::transport_bound_to("https://api.example.com").unwrap();
    compare("Where the transport is bound to one", &origins).await;
}

/// The rows, and all that are not as they say.
async fn compare(heading: &str, origins: &Origins) {
    let mut wrong = Vec::new();
    for (request, words) in rows(heading) {
        let outcome = outcome(origins, request).await;
        if outcome != words[0] {
            wrong.push(format!("{request}: {outcome}, and not {}", words[0]));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
