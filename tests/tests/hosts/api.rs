//! An API that outlives the authorization server: it asks nobody about a token.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::{Instant, SystemTime},
};

use axum::{Router, extract::State, routing::get};
use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use example_tonic::{Shop, stock::stock_server::StockServer};
use http::{
    HeaderMap, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use serde_json::Value;
use tokio::net::TcpListener;
use tonic::{
    Status,
    transport::{Server, server::TcpIncoming},
};
use tower_oauth2_client_credentials::BoxError;

use super::*;

/// The tokens that came, and when each was new. Clones share them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tokens {
    seen: Arc<Mutex<HashMap<String, Instant>>>,
}

/// Between the first use of a token and the time from which the client counts its life: a token request, and a request. It is generous,
/// for a busy machine.
pub(crate) const UNCERTAINTY: Duration = Duration::from_millis(500);

impl Tokens {
    /// Whether a request may pass. A JWT tells its end, cut down to a whole second (and the second that is lost is the client's); another
    /// token is good for a lifetime after it was first seen, and as long as a request may be on its way that left before its end.
    fn judge(&self, headers: &HeaderMap) -> bool {
        let header = headers.get(AUTHORIZATION);
        let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        let Some(token) = token else {
            return false;
        };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let first = *seen.entry(token.to_owned()).or_insert_with(Instant::now);
        let has_ended = expiry(token).is_some_and(|expiry| expiry + 1 < since_epoch());
        !has_ended && first.elapsed() < LIFETIME + UNCERTAINTY
    }

    /// When the last token that came before `time` was new.
    pub(crate) fn last_before(&self, time: Instant) -> Option<Instant> {
        let seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.values().filter(|first| **first < time).max().copied()
    }

    /// Serves `GET /resource` on loopback, and tells where.
    pub(crate) async fn serve_http(&self) -> Result<String, BoxError> {
        async fn resource(State(tokens): State<Tokens>, headers: HeaderMap) -> Answer {
            match tokens.judge(&headers) {
                true => Ok("{}"),
                false => Err((StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")])),
            }
        }
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = format!("http://{}", listener.local_addr()?);
        let app = Router::new().route("/resource", get(resource));
        let app = app.with_state(self.clone());
        tokio::spawn(async move { axum::serve(listener, app).await });
        Ok(address)
    }

    /// Serves the example's gRPC service on loopback, and tells where.
    pub(crate) fn serve_grpc(&self) -> Result<String, BoxError> {
        let incoming = TcpIncoming::bind("127.0.0.1:0".parse()?)?;
        let address = format!("http://{}", incoming.local_addr()?);
        let tokens = self.clone();
        let check = move |request: tonic::Request<()>| {
            let headers = request.metadata().clone().into_headers();
            match tokens.judge(&headers) {
                true => Ok(request),
                false => Err(Status::unauthenticated("this token is not good")),
            }
        };
        let service = StockServer::with_interceptor(Shop::new(), check);
        let server = Server::builder().add_service(service);
        tokio::spawn(server.serve_with_incoming(incoming));
        Ok(address)
    }
}

type Answer = Result<&'static str, (StatusCode, [(http::HeaderName, &'static str); 1])>;

/// What a JWT says of its end (RFC 7519 §4.1.4); nothing, if it is none. Whoever wrote it is not the question here.
fn expiry(token: &str) -> Option<u64> {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?);
    let payload: Value = serde_json::from_slice(&payload.ok()?).ok()?;
    payload["exp"].as_u64()
}

fn since_epoch() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.expect("it is later than 1970").as_secs()
}
