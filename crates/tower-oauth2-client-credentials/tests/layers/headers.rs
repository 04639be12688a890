//! `AddAuthorization` and `SetRequestHeader`: whoever touches the header last has the last word.

use std::convert::Infallible;

use http::{HeaderValue, header::USER_AGENT};
use tower::{Layer, ServiceBuilder, service_fn};
use tower_http::{auth::AddAuthorizationLayer, set_header::SetRequestHeaderLayer};
use tower_oauth2_client_credentials::OnExisting;

use super::*;

type Values = Vec<String>;

/// Answers with the `Authorization` that came.
async fn echo(request: Request<Body>) -> Result<Response<Values>, Infallible> {
    let values = request.headers().get_all(AUTHORIZATION).iter();
    let values = values.map(|value| value.to_str().unwrap().to_owned());
    Ok(Response::new(values.collect()))
}

/// What comes to the transport, and how many token requests that took.
async fn sent<S>(server: &AuthorizationServer, service: S) -> (Values, u64)
where
    S: Service<Request<Body>, Response = Response<Values>, Error = BoxError>,
{
    let answer = service.oneshot(request()).await.unwrap();
    (answer.into_body(), server.token_requests())
}

fn values<const N: usize>(values: [&str; N]) -> Values {
    values.map(str::to_owned).to_vec()
}

#[tokio::test(start_paused = true)]
async fn add_authorization_below_overwrites_the_token() {
    let server = AuthorizationServer::new();
    let service = ServiceBuilder::new()
        .layer(ours(&server))
        .layer(AddAuthorizationLayer::bearer("fixed"))
        .service(service_fn(echo));
    assert_eq!(
        sent(&server, service).await,
        (values(["Bearer fixed"]), 1),
        "a token was fetched for nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn add_authorization_above_is_kept_unless_the_layer_replaces_it() {
    let server = AuthorizationServer::new();
    for (on_existing, seen, token_requests) in [
        (OnExisting::Keep, "Bearer fixed", 0),
        (OnExisting::Replace, "Bearer t1", 1),
    ] {
        let service = ServiceBuilder::new()
            .layer(AddAuthorizationLayer::bearer("fixed"))
            .layer(ours(&server).on_existing(on_existing))
            .service(service_fn(echo));
        assert_eq!(
            sent(&server, service).await,
            (values([seen]), token_requests)
        );
    }
}

#[tokio::test(start_paused = true)]
async fn set_request_header_below_overwrites_or_doubles_the_token() {
    let fixed = HeaderValue::from_static("Basic eA==");
    for (layer, seen) in [
        (
            SetRequestHeaderLayer::overriding(AUTHORIZATION, fixed.clone()),
            values(["Basic eA=="]),
        ),
        (
            // No server has to take a request with two.
            SetRequestHeaderLayer::appending(AUTHORIZATION, fixed.clone()),
            values(["Bearer t1", "Basic eA=="]),
        ),
        (
            SetRequestHeaderLayer::if_not_present(AUTHORIZATION, fixed),
            values(["Bearer t1"]),
        ),
    ] {
        let server = AuthorizationServer::new();
        let service = ours(&server).layer(layer.layer(service_fn(echo)));
        assert_eq!(sent(&server, service).await, (seen, 1));
    }
}

/// A header that is not ours may be set on either side.
#[tokio::test(start_paused = true)]
async fn set_request_header_of_another_name_may_stand_on_either_side() {
    let agent = || SetRequestHeaderLayer::overriding(USER_AGENT, HeaderValue::from_static("svc"));
    let transport = || {
        service_fn(|request: Request<Body>| {
            assert_eq!(request.headers()[USER_AGENT], "svc");
            echo(request)
        })
    };
    let server = AuthorizationServer::new();
    let above = agent().layer(ours(&server).layer(transport()));
    assert_eq!(sent(&server, above).await, (values(["Bearer t1"]), 1));
    let server = AuthorizationServer::new();
    let below = ours(&server).layer(agent().layer(transport()));
    assert_eq!(sent(&server, below).await, (values(["Bearer t1"]), 1));
}
