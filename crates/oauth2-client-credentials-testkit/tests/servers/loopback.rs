//! Both servers over HTTP, and every kind of failure as a socket shows it.

use std::{
    io,
    time::{Duration, Instant},
};

use bytes::Bytes;
use http::{Request, StatusCode, Version, header};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer, Serving};
use serde_json::Value;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::{sleep, timeout},
};

use crate::support::FORM;

type HttpClient = Client<HttpConnector, Full<Bytes>>;

const BODY: &str = "grant_type=client_credentials&client_id=billing&client_secret=s3cret";
const LONG: Duration = Duration::from_secs(10);

fn clients() -> [HttpClient; 2] {
    let mut builder = Client::builder(TokioExecutor::new());
    [builder.build_http(), builder.http2_only(true).build_http()]
}

fn token_request(url: &str) -> Request<Full<Bytes>> {
    Request::post(url)
        .header(header::CONTENT_TYPE, FORM)
        .body(BODY.into())
        .unwrap()
}

/// A server that answers the first request so and the next as usual.
async fn serving(answer: Answer) -> Serving<AuthorizationServer> {
    let server = AuthorizationServer::builder().script([answer]).build();
    server.serve().await.unwrap()
}

/// Sends a token request by hand, and reads to the end of the connection.
async fn exchange(serving: &Serving<AuthorizationServer>) -> (String, io::Result<usize>) {
    let mut stream = TcpStream::connect(serving.addr()).await.unwrap();
    let head =
        format!("POST /token HTTP/1.1\r\nhost: a\r\ncontent-type: {FORM}\r\ncontent-length: ");
    let request = format!("{head}{}\r\n\r\n{BODY}", BODY.len());
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let end = timeout(LONG, stream.read_to_end(&mut answer))
        .await
        .unwrap();
    (String::from_utf8(answer).unwrap(), end)
}

/// The next request gets a token.
async fn recovers(serving: &Serving<AuthorizationServer>) {
    let [client, _] = clients();
    let response = client
        .request(token_request(&serving.token_endpoint()))
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_token_is_fetched_and_used_over_both_versions_of_http() {
    let server = AuthorizationServer::new();
    let resource = ResourceServer::new(&server).serve().await.unwrap();
    let serving = server.serve().await.unwrap();
    assert_eq!(serving.token_endpoint(), format!("{}token", serving.uri()));
    assert_eq!(
        resource.uri().to_string(),
        format!("{}/", resource.origin())
    );

    for (client, version) in clients()
        .into_iter()
        .zip([Version::HTTP_11, Version::HTTP_2])
    {
        let response = client
            .request(token_request(&serving.token_endpoint()))
            .await
            .unwrap();
        assert_eq!(
            (response.status(), response.version()),
            (StatusCode::OK, version)
        );
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let document: Value = serde_json::from_slice(&body).unwrap();
        let token = document["access_token"].as_str().unwrap();
        for (token, status) in [(token, StatusCode::OK), ("other", StatusCode::UNAUTHORIZED)] {
            let request = Request::post(resource.uri())
                .header(header::AUTHORIZATION, format!("Bearer {token}"))
                .body("a body".into());
            let response = client.request(request.unwrap()).await.unwrap();
            assert_eq!(response.status(), status);
        }
    }
    assert_eq!((server.token_requests(), server.issued()), (2, 2));
    assert_eq!(
        (resource.get_ref().served(), resource.get_ref().refused()),
        (2, 2)
    );
    let [first, _] = server.requests().try_into().unwrap();
    assert_eq!(
        (first.parameter("client_id"), first.uri().path()),
        (Some("billing"), "/token")
    );
}

#[tokio::test]
async fn a_connect_error_is_a_connection_closed_without_an_answer() {
    let serving = serving(Answer::connect_error()).await;
    let (answer, end) = exchange(&serving).await;
    assert_eq!((answer.as_str(), end.unwrap()), ("", 0));
    recovers(&serving).await;
}

#[tokio::test]
async fn a_reset_is_a_reset() {
    let serving = serving(Answer::reset()).await;
    let (answer, end) = exchange(&serving).await;
    assert_eq!(answer, "");
    assert_eq!(end.unwrap_err().kind(), io::ErrorKind::ConnectionReset);
    recovers(&serving).await;
}

#[tokio::test]
async fn a_panic_ends_the_connection_and_nothing_else() {
    let serving = serving(Answer::panic()).await;
    let (answer, end) = exchange(&serving).await;
    assert_eq!((answer.as_str(), end.unwrap()), ("", 0));
    recovers(&serving).await;
}

#[tokio::test]
async fn a_torn_body_is_a_chunked_body_without_its_end() {
    let serving = serving(Answer::torn_body()).await;
    let (answer, end) = exchange(&serving).await;
    end.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(
        answer.contains(r#""access_token":"t1"#) && !answer.ends_with("0\r\n\r\n"),
        "{answer}"
    );
    recovers(&serving).await;
}

#[tokio::test]
async fn every_fault_is_an_error_of_the_client_over_both_versions_of_http() {
    for answer in [
        Answer::connect_error(),
        Answer::reset(),
        Answer::panic(),
        Answer::torn_body(),
    ] {
        for client in clients() {
            let serving = serving(answer.clone()).await;
            let request = client.request(token_request(&serving.token_endpoint()));
            let answered = async { request.await.map(|response| response.into_body().collect()) };
            let failed = match timeout(LONG, answered).await.unwrap() {
                Ok(body) => timeout(LONG, body).await.unwrap().is_err(),
                Err(_) => true,
            };
            assert!(failed, "{answer:?}");
            recovers(&serving).await;
        }
    }
}

#[tokio::test]
async fn silence_lasts_until_the_client_goes_away() {
    for client in clients() {
        let serving = serving(Answer::hang()).await;
        let request = client.request(token_request(&serving.token_endpoint()));
        assert!(timeout(Duration::from_millis(100), request).await.is_err());
        drop(client);
        // Counting anew begins with what is still under way.
        let forgotten = async {
            while serving.get_ref().max_concurrency() != 0 {
                sleep(Duration::from_millis(1)).await;
                serving.get_ref().reset_counters();
            }
        };
        timeout(LONG, forgotten).await.unwrap();
        recovers(&serving).await;
        assert_eq!(serving.get_ref().max_concurrency(), 1);
    }
}

#[tokio::test]
async fn an_endless_body_does_not_end_by_itself() {
    for client in clients() {
        let serving = serving(Answer::endless_body()).await;
        let response = client
            .request(token_request(&serving.token_endpoint()))
            .await
            .unwrap();
        let mut body = response.into_body();
        let mut length = 0;
        while length < 4_000_000 {
            let frame = timeout(LONG, body.frame()).await.unwrap();
            length += frame
                .unwrap()
                .unwrap()
                .into_data()
                .map_or(0, |data| data.len());
        }
        recovers(&serving).await;
    }
}

#[tokio::test]
async fn a_slow_answer_takes_its_time() {
    let answer = Answer::body(200, "slow").after(Duration::from_millis(60));
    let serving = serving(answer.slowly(Duration::from_millis(20))).await;
    let [client, _] = clients();
    let sent = Instant::now();
    let response = client
        .request(token_request(&serving.token_endpoint()))
        .await
        .unwrap();
    assert!(sent.elapsed() >= Duration::from_millis(60));
    assert_eq!(
        response.into_body().collect().await.unwrap().to_bytes(),
        "slow"
    );
    assert!(sent.elapsed() >= Duration::from_millis(140));
}

#[tokio::test]
async fn shutdown_frees_the_port_and_ends_requests_under_way() {
    let serving = serving(Answer::hang()).await;
    let address = serving.addr();
    let [client, _] = clients();
    let request = tokio::spawn(client.request(token_request(&serving.token_endpoint())));
    let server = serving.get_ref().clone();
    while server.token_requests() == 0 {
        sleep(Duration::from_millis(1)).await;
    }
    timeout(LONG, serving.shutdown()).await.unwrap();
    assert!(timeout(LONG, request).await.unwrap().unwrap().is_err());
    let refused = TcpStream::connect(address).await.unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::ConnectionRefused);
}

#[tokio::test]
async fn dropping_it_stops_the_server() {
    let serving = AuthorizationServer::new().serve().await.unwrap();
    let address = serving.addr();
    drop(serving);
    let stopped = async {
        while TcpStream::connect(address).await.is_ok() {
            sleep(Duration::from_millis(1)).await;
        }
    };
    timeout(LONG, stopped).await.unwrap();
}

#[tokio::test]
async fn several_ports_are_one_server() {
    let server = AuthorizationServer::new();
    let (first, second) = (server.serve().await.unwrap(), server.serve().await.unwrap());
    assert_ne!(first.addr(), second.addr());
    recovers(&first).await;
    recovers(&second).await;
    assert_eq!(server.token_requests(), 2);
}

#[tokio::test]
async fn a_thousand_requests_at_once_are_all_answered() {
    let resource = ResourceServer::builder().build().serve().await.unwrap();
    let [_, client] = clients();
    let requests: Vec<_> = (0..1_000)
        .map(|_| {
            let request = Request::get(resource.uri()).header(header::AUTHORIZATION, "Bearer t1");
            client.request(request.body(Full::default()).unwrap())
        })
        .map(tokio::spawn)
        .collect();
    for request in requests {
        let response = timeout(LONG, request).await.unwrap().unwrap().unwrap();
        assert_eq!(response.status(), StatusCode::OK);
    }
    assert_eq!(resource.get_ref().served(), 1_000);
}
