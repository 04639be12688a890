//! What a request is told that is not sent, and a schedule that cannot be.

use std::time::Duration;

use http::{HeaderName, HeaderValue, Method, Request};
use oauth2_client_credentials::{Mac, OnExisting, TokenRequest};
use oauth2_client_credentials_testkit::{Answer, ResourceServer};
use serde_json::json;
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{ClientCredentialsLayer, Origins, Schedule, TokenError};

use crate::{
    Collection, failed,
    sources::{builder, client, server, source},
};

pub(crate) async fn collect(all: &mut Collection) {
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
    let mac = json!({"access_token": "t", "token_type": "mac", "expires_in": 60});
    let signing = layer(Answer::json(200, mac)).presentation(Mac::draft_01_with_issued_keys());
    all.add(
        "with a MAC for which no key came",
        &ask(signing, Method::GET, own, false).await,
    );
    all.add(
        "with more headers than there may be",
        &crowded(&layer(Answer::usual()), &api).await,
    );
    all.add(
        "with one token more than a source may have",
        &one_too_many(&api).await,
    );
    let refusing = layer(Answer::usual()).on_existing(OnExisting::Refuse);
    all.add(
        "with an authorization of its own",
        &ask(refusing, Method::GET, own, true).await,
    );
}

async fn crowded(layer: &ClientCredentialsLayer, api: &ResourceServer) -> TokenError {
    let mut request = Request::new(());
    *request.uri_mut() = "https://api.example.com/v1".parse().unwrap();
    for number in 0.. {
        let name = HeaderName::try_from(format!("x-{number}")).unwrap();
        let value = HeaderValue::from_static("");
        if request.headers_mut().try_append(name, value).is_err() {
            break;
        }
    }
    let sent = layer.layer(api.clone()).oneshot(request).await;
    TokenError::find(&*failed(sent)).unwrap().clone()
}

/// Two are being fetched.
async fn one_too_many(api: &ResourceServer) -> TokenError {
    let source = builder(&server([Answer::hang()]), client());
    let origins = Origins::new(["https://api.example.com"]).unwrap();
    let layer = ClientCredentialsLayer::new(source.max_tokens(2).build(), origins);
    let ask = |scope: &'static str| {
        let named = TokenRequest::builder().scope(scope).build().unwrap();
        let request = Request::get("https://api.example.com/v1").extension(named);
        layer.layer(api.clone()).oneshot(request.body(()).unwrap())
    };
    for scope in ["one", "two"] {
        tokio::spawn(ask(scope));
        tokio::task::yield_now().await;
    }
    TokenError::find(&*failed(ask("three").await))
        .unwrap()
        .clone()
}

pub(crate) fn schedules(all: &mut Collection) {
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
