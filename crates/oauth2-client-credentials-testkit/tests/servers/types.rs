//! How the types fit where a client is generic over its HTTP service.

use std::error::Error;

use bytes::Bytes;
use http::{Request, Response};
use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
use tower::{Service, ServiceExt};

use crate::support::FORM;

/// A client that makes the bodies of its requests from bytes and reads any body.
async fn fetch<T, B, R>(http: T) -> Bytes
where
    T: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
    T::Future: Send + 'static,
    T::Error: Into<Box<dyn Error + Send + Sync>>,
    B: From<Bytes> + 'static,
    R: http_body::Body + Send + 'static,
    R::Data: Send,
    R::Error: Into<Box<dyn Error + Send + Sync>>,
{
    let body = Bytes::from_static(b"grant_type=client_credentials");
    let request = Request::post("/token").header("content-type", FORM);
    let answer = http.oneshot(request.body(body.into()).unwrap()).await;
    let response = answer.map_err(Into::into).unwrap();
    let body = http_body_util::BodyExt::collect(response.into_body()).await;
    body.map_err(Into::into).unwrap().to_bytes()
}

#[tokio::test]
async fn the_body_types_are_found_by_inference() {
    let document = fetch(AuthorizationServer::new()).await;
    assert!(document.windows(4).any(|window| window == b"\"t1\""));
}

#[test]
fn handles_can_be_shared_between_threads() {
    fn shared<T: Clone + Send + Sync + 'static>() {}
    shared::<AuthorizationServer>();
    shared::<ResourceServer>();
}
