//! Where it does not go.

use bytes::Bytes;
use http::{Request, header::LOCATION};
use oauth2_client_credentials_testkit::Answer;
use tokio::net::TcpListener;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{TokenErrorKind, TokenSource};

use crate::{authorization_server, builder, endpoint, fetch, told};

#[tokio::test]
async fn a_redirect_is_not_followed_and_the_error_says_what_it_was() {
    let elsewhere = authorization_server().serve().await.unwrap();
    for status in [301, 302, 303, 307, 308] {
        let server = authorization_server();
        let to = elsewhere.token_endpoint();
        server.set_outage(Some(Answer::body(status, "").header(LOCATION, to)));
        let served = server.serve().await.unwrap();
        let http = builder().build().unwrap();
        let source = TokenSource::new(endpoint(http, &served.token_endpoint()));
        let told = source.token().await.unwrap_err();
        assert!(told.to_string().contains(&status.to_string()), "{told}");
        assert!(!told.is_transient(), "{told}");
    }
    assert_eq!(elsewhere.get_ref().requests().len(), 0);
}

#[tokio::test]
async fn plain_http_leaves_this_machine_with_nothing_in_it() {
    let http = builder().build().unwrap();
    for uri in [
        "http://192.0.2.1/token?key=s3cret",
        "http://u:s3cret@as.example.com/token",
    ] {
        let request = Request::post(uri).body(Bytes::from_static(b"client_secret=s3cret"));
        let error = http.clone().oneshot(request.unwrap()).await.unwrap_err();
        let error = error.downcast_ref().unwrap();
        let (kind, text) = told::<tower_oauth2_client_credentials::TokenError>(error);
        assert_eq!(kind, TokenErrorKind::Configuration);
        assert!(text.contains("plain http goes to loopback only"), "{text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
}

#[tokio::test]
async fn a_server_that_is_gone_is_no_connection() {
    let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr();
    let uri = format!("http://{}/token?key=s3cret", address.unwrap());
    let http = builder().build().unwrap();
    let error = fetch(http, &uri).await.unwrap_err();
    let (kind, text) = told(&error);
    assert_eq!(kind, TokenErrorKind::Transient);
    assert!(text.contains("refused"), "{text}");
    assert!(text.contains("check the URL"), "{text}");
    assert!(!text.contains("s3cret"), "{text}");
}
