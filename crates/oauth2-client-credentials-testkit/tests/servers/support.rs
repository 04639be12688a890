//! Requests as clients send them.

use http::{Request, Response, header};
use oauth2_client_credentials_testkit::{AuthorizationServer, Body, Fault, ResourceServer};
use serde_json::Value;
use tower::ServiceExt;

pub(crate) const FORM: &str = "application/x-www-form-urlencoded";

pub(crate) fn form(body: &'static str) -> Request<Body> {
    Request::post("https://as.example.com/token")
        .header(header::CONTENT_TYPE, FORM)
        .body(body.into())
        .unwrap()
}

pub(crate) fn token_request() -> Request<Body> {
    form("grant_type=client_credentials&client_id=billing&client_secret=s3cret")
}

pub(crate) async fn send(
    server: &AuthorizationServer,
    request: Request<Body>,
) -> Result<Response<Body>, Fault> {
    server.clone().oneshot(request).await
}

/// Status and document.
pub(crate) async fn answered(server: &AuthorizationServer, request: Request<Body>) -> (u16, Value) {
    let response = send(server, request).await.unwrap();
    (response.status().as_u16(), document(response).await)
}

pub(crate) async fn document(response: Response<Body>) -> Value {
    serde_json::from_slice(&response.into_body().into_bytes().await.unwrap()).unwrap()
}

pub(crate) async fn fetch_token(server: &AuthorizationServer) -> String {
    let (status, document) = answered(server, token_request()).await;
    assert_eq!(status, 200, "{document}");
    document["access_token"].as_str().unwrap().to_owned()
}

pub(crate) async fn call(
    resource: &ResourceServer,
    authorization: Option<&str>,
) -> Result<Response<Body>, Fault> {
    let mut request = Request::get("https://api.example.com/");
    if let Some(value) = authorization {
        request = request.header(header::AUTHORIZATION, value);
    }
    resource.clone().oneshot(request.body(()).unwrap()).await
}

pub(crate) async fn status(resource: &ResourceServer, token: &str) -> u16 {
    let response = call(resource, Some(&format!("Bearer {token}"))).await;
    response.unwrap().status().as_u16()
}
