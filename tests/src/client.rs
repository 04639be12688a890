//! The HTTP clients of the tests: hyper-util's, over plain HTTP or with TLS.

use bytes::Bytes;
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use rustls::ClientConfig;
use serde_json::Value;
use tower::{Service, ServiceExt};
use tower_oauth2_client_credentials::BoxError;

/// A plain client, as most programs have one.
pub type HttpClient = Client<HttpConnector, Full<Bytes>>;

/// The same with TLS, and with a certificate of the client's own.
pub type HttpsClient = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// An answer that was read to its end.
#[derive(Clone, Debug, PartialEq)]
pub struct Answer {
    status: StatusCode,
    json: Value,
}

/// A client with connections of its own.
#[must_use]
pub fn http_client() -> HttpClient {
    Client::builder(TokioExecutor::new()).build_http()
}

/// A client that connects with this configuration, and over plain HTTP where the URI says so.
#[must_use]
pub fn https_client(tls: ClientConfig) -> HttpsClient {
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_http1()
        .build();
    Client::builder(TokioExecutor::new()).build(connector)
}

/// Sends `GET uri` through `service` and reads the answer.
///
/// # Errors
///
/// The service's error, the connection's, or that the answer is no JSON.
pub async fn ask<S, B>(service: S, uri: &str) -> Result<Answer, BoxError>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    exchange(service, Request::get(uri).body(Full::default())?).await
}

/// Sends any request through `service` and reads the answer.
///
/// # Errors
///
/// As for [`ask`].
pub async fn exchange<S, B>(service: S, request: Request<Full<Bytes>>) -> Result<Answer, BoxError>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    S::Error: Into<BoxError>,
    B: http_body::Body,
    B::Error: Into<BoxError>,
{
    let response = service.oneshot(request).await.map_err(Into::into)?;
    let status = response.status();
    let body = response
        .into_body()
        .collect()
        .await
        .map_err(Into::into)?
        .to_bytes();
    Ok(Answer {
        status,
        json: serde_json::from_slice(&body)?,
    })
}

impl Answer {
    /// The status.
    #[must_use]
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The body.
    #[must_use]
    pub fn json(&self) -> &Value {
        &self.json
    }
}
