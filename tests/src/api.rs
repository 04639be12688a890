//! An API that outlives the authorization server: it reads a token's end out of the token, and asks nobody.

use std::{
    collections::HashMap,
    convert::Infallible,
    io,
    net::Ipv4Addr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, SystemTime},
};

use base64::{Engine, prelude::BASE64_URL_SAFE_NO_PAD};
use bytes::Bytes;
use http::{
    HeaderMap, Request, Response, StatusCode,
    header::{AUTHORIZATION, WWW_AUTHENTICATE},
};
use http_body_util::Full;
use hyper::{body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

/// An API on loopback, which ends with this value. Its tokens are JWTs (RFC 9068).
#[derive(Debug)]
pub struct Api {
    address: String,
    judge: Arc<Judge>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Judge {
    tokens: Mutex<HashMap<String, Known>>,
    requests: AtomicU64,
    ended: AtomicU64,
    revoked: AtomicU64,
}

/// What is known of a token.
#[derive(Clone, Copy, Debug)]
struct Known {
    /// In seconds since 1970.
    expiry: u64,
    revoked: bool,
}

/// Tokens are forgotten when there are more, and they have ended.
const REMEMBERED: usize = 256;

impl Api {
    /// Serves every path.
    ///
    /// # Errors
    ///
    /// There is no port.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = format!("http://{}", listener.local_addr()?);
        let judge = Arc::<Judge>::default();
        let shared = Arc::clone(&judge);
        let accepting = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((tcp, _)) => drop(tokio::spawn(serve(tcp, Arc::clone(&shared)))),
                    Err(_) => sleep(Duration::from_millis(10)).await,
                }
            }
        });
        Ok(Self {
            address,
            judge,
            accepting,
        })
    }

    /// `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.address
    }

    /// Requests that came.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.judge.requests.load(Ordering::Relaxed)
    }

    /// Those among them whose token had ended, or who had none.
    #[must_use]
    pub fn ended(&self) -> u64 {
        self.judge.ended.load(Ordering::Relaxed)
    }

    /// Those among them whose token was revoked.
    #[must_use]
    pub fn revoked(&self) -> u64 {
        self.judge.revoked.load(Ordering::Relaxed)
    }

    /// Refuses every token that it has seen so far.
    pub fn revoke_all(&self) {
        for known in self.judge.tokens().values_mut() {
            known.revoked = true;
        }
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Judge {
    fn tokens(&self) -> std::sync::MutexGuard<'_, HashMap<String, Known>> {
        self.tokens.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A token's end is cut down to a whole second, and the second that is lost is the client's.
    fn answer(&self, headers: &HeaderMap, now: u64) -> StatusCode {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let header = headers.get(AUTHORIZATION);
        let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
        match token.and_then(|token| self.known(token, now)) {
            Some(known) if known.expiry + 1 < now => {}
            Some(known) if known.revoked => {
                self.revoked.fetch_add(1, Ordering::Relaxed);
                return StatusCode::UNAUTHORIZED;
            }
            Some(_) => return StatusCode::OK,
            None => {}
        }
        self.ended.fetch_add(1, Ordering::Relaxed);
        StatusCode::UNAUTHORIZED
    }

    fn known(&self, token: &str, now: u64) -> Option<Known> {
        let mut tokens = self.tokens();
        if let Some(known) = tokens.get(token) {
            return Some(*known);
        }
        let known = Known {
            expiry: expiry(token)?,
            revoked: false,
        };
        if tokens.len() > REMEMBERED {
            tokens.retain(|_, known| known.expiry + 1 >= now);
        }
        tokens.insert(token.to_owned(), known);
        Some(known)
    }
}

/// What a JWT says of its end (RFC 7519 §4.1.4). Whoever wrote it is not the question here.
fn expiry(token: &str) -> Option<u64> {
    let payload = BASE64_URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?);
    let payload: Value = serde_json::from_slice(&payload.ok()?).ok()?;
    payload["exp"].as_u64()
}

async fn serve(tcp: TcpStream, judge: Arc<Judge>) {
    let answer = service_fn(|request: Request<Incoming>| {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let now = now.expect("it is later than 1970").as_secs();
        let status = judge.answer(request.headers(), now);
        let mut answer = Response::new(Full::<Bytes>::default());
        *answer.status_mut() = status;
        if status == StatusCode::UNAUTHORIZED {
            let challenge = http::HeaderValue::from_static(r#"Bearer error="invalid_token""#);
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        async move { Ok::<_, Infallible>(answer) }
    });
    let _ = tcp.set_nodelay(true);
    // Its end is the client's affair.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(tcp), answer)
        .await;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(expiry: u64) -> HeaderMap {
        let payload = BASE64_URL_SAFE_NO_PAD.encode(format!(r#"{{"exp":{expiry}}}"#));
        let value = format!("Bearer e30.{payload}.s").parse().unwrap();
        [(AUTHORIZATION, value)].into_iter().collect()
    }

    #[test]
    fn a_token_is_good_to_its_end_unless_it_is_revoked() {
        let judge = Judge::default();
        assert_eq!(judge.answer(&headers(100), 101), StatusCode::OK);
        assert_eq!(judge.answer(&headers(100), 102), StatusCode::UNAUTHORIZED);
        assert_eq!(judge.answer(&HeaderMap::new(), 0), StatusCode::UNAUTHORIZED);
        assert_eq!(judge.ended.load(Ordering::Relaxed), 2);
        for known in judge.tokens().values_mut() {
            known.revoked = true;
        }
        assert_eq!(judge.answer(&headers(100), 50), StatusCode::UNAUTHORIZED);
        assert_eq!(judge.revoked.load(Ordering::Relaxed), 1);
        assert_eq!(judge.answer(&headers(200), 50), StatusCode::OK);
    }
}
