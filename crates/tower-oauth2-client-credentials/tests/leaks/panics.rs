//! A part of the program that panics with the secret in its hands: what we make of that has nothing of it.

use std::{
    convert::Infallible,
    panic,
    sync::{Arc, Mutex},
    thread,
    time::Duration,
};

use http::{Request, Response, header::AUTHORIZATION};
use oauth2_client_credentials::{ClientAssertion, EndpointUri, TokenResponse};
use oauth2_client_credentials_testkit::AuthorizationServer;
use tower::{BoxError, Layer, ServiceExt, service_fn};
use tower_oauth2_client_credentials::{
    ClientCredentialsLayer, Credential, Event, Fetch, Observer, Origins, TokenEndpoint,
    TokenErrorKind, TokenSource,
};

use crate::{SECRET, TOKEN, shown::Shown};

/// Panics with whatever it is told.
#[derive(Clone, Copy, Debug)]
struct Panics;

impl Observer for Panics {
    fn observe(&self, event: &Event<'_>) {
        panic!("{event:?} {SECRET} {TOKEN}");
    }
}

/// What this thread, which runs all tasks, panicked with of itself, and how often somebody with a secret since it was asked.
#[derive(Clone, Debug, Default)]
struct Heard(Arc<Mutex<(Vec<String>, usize)>>);

impl Heard {
    fn listen(&self) {
        let (heard, before) = (self.clone(), panic::take_hook());
        // Other tests have panics of their own.
        let own = thread::current().id();
        panic::set_hook(Box::new(move |panicked| {
            let is_here = panicked
                .location()
                .is_some_and(|place| place.file() == file!());
            let text = panicked.to_string();
            let mut heard = heard.0.lock().unwrap();
            if thread::current().id() != own {
                before(panicked);
            } else if is_here && text.contains(SECRET) {
                heard.1 += 1;
            } else {
                heard.0.push(text);
                before(panicked);
            }
        }));
    }

    /// How often somebody did since the last time.
    fn own(&self) -> usize {
        std::mem::take(&mut self.0.lock().unwrap().1)
    }
}

#[tokio::test]
async fn a_panic_with_a_secret_is_told_without_it() {
    let (shown, heard) = (Shown::default(), Heard::default());
    heard.listen();
    let answer = || TokenResponse::new(TOKEN);

    let service = service_fn(move |_: Fetch| async move {
        assert!(SECRET.is_empty(), "{SECRET}");
        answer()
    });
    let error = TokenSource::new(service).token().await.unwrap_err();
    assert_eq!(error.kind(), TokenErrorKind::Transient, "{error}");
    assert!(error.to_string().contains("panicked"), "{error}");
    assert_eq!(heard.own(), 1);
    shown.error(&error);

    let service = service_fn(|()| async {
        assert!(SECRET.is_empty(), "{SECRET}");
        Ok::<_, BoxError>(ClientAssertion::new(SECRET))
    });
    let credential = Credential::from_service("svc", service, Duration::ZERO);
    let uri = EndpointUri::new("https://as.example.com/token").unwrap();
    let endpoint = TokenEndpoint::new(AuthorizationServer::new(), uri, credential.clone());
    let error = TokenSource::new(endpoint).token().await.unwrap_err();
    assert_eq!(error.kind(), TokenErrorKind::Transient, "{error}");
    assert!(heard.own() > 0);
    shown.error(&error);
    shown.debug(&credential);

    // An observer must not, and here all do.
    let source = TokenSource::builder(service_fn(move |_: Fetch| async move { answer() }));
    let source = source.observer(Panics).build();
    let told = source.clone();
    let outcome = tokio::spawn(async move { told.token().await }).await;
    // It was told of the token when that was there already.
    assert!(outcome.unwrap().is_ok());
    assert_eq!(heard.own(), 1);
    shown.debug(&source);

    // Below the layer; the panic is the caller's.
    let source = TokenSource::new(service_fn(move |_: Fetch| async move { answer() }));
    let layer =
        ClientCredentialsLayer::new(source.clone(), Origins::new(["https://a.test"]).unwrap());
    let service = layer.layer(service_fn(|request: Request<()>| async move {
        let token = request.headers()[AUTHORIZATION].to_str().unwrap();
        assert!(token.is_empty(), "{token} {SECRET}");
        Ok::<_, Infallible>(Response::new(()))
    }));
    let request = Request::get("https://a.test").body(()).unwrap();
    let outcome = tokio::spawn(service.oneshot(request)).await;
    assert!(outcome.unwrap_err().is_panic());
    assert_eq!(heard.own(), 1);
    assert!(source.token().await.is_ok());
    shown.debug(&source);

    // A copy: the hook hears an assertion that fails, too.
    let others = heard.0.lock().unwrap().0.clone();
    for text in others {
        assert!(!text.contains("canary"), "{text}");
    }
    shown.assert_clean();
}
