//! A `Host` that names somebody else than the URI, over real connections.

use bytes::Bytes;
use http::{Request, header::HOST};
use http_body_util::Full;
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use oauth2_client_credentials_testkit::AuthorizationServer;
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{Origins, TokenError, TokenErrorKind};

use crate::{WITH, layer, told};

/// The test kit's server stands for an API here: it keeps what it was sent.
#[tokio::test]
async fn the_connection_is_the_uris_whoever_host_names() {
    for is_http2 in [false, true] {
        let named = AuthorizationServer::new().serve().await.unwrap();
        let other = AuthorizationServer::new().serve().await.unwrap();
        let http = Client::builder(TokioExecutor::new())
            .http2_only(is_http2)
            .build_http::<Full<Bytes>>();
        let service =
            layer(Origins::new([format!("http://{}", named.addr())]).unwrap()).layer(http);
        let host = other.addr().to_string();
        let to = |uri: String, host: &str| {
            let request = Request::post(uri).header(HOST, host);
            request.body(Full::default()).unwrap()
        };

        let sent = service
            .clone()
            .oneshot(to(named.token_endpoint(), &host))
            .await;
        assert!(sent.is_ok(), "{sent:?}");
        let [came] = &named.get_ref().requests()[..] else {
            panic!("it has to come, once");
        };
        // The one that is named has to know its own names: here it is told another.
        assert_eq!(came.headers()[HOST], host);
        let mut request = Request::new(());
        request.headers_mut().clone_from(came.headers());
        assert_eq!(told(&request), WITH);
        if is_http2 {
            let authority = came.uri().authority().unwrap();
            assert_eq!(authority.as_str(), named.addr().to_string());
        }

        // And the other way round it is not sent.
        let own = named.addr().to_string();
        let refused = service.oneshot(to(other.token_endpoint(), &own)).await;
        let error = refused.unwrap_err();
        let error = TokenError::find(&*error).unwrap();
        assert_eq!(error.kind(), TokenErrorKind::Origin);
        assert_eq!(other.get_ref().requests().len(), 0);
    }
}
