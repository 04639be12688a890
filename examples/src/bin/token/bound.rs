//! Showing a token that is bound to a key: a proof goes with each request (RFC 9449 §7).

use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, Response, Uri};
use http_body_util::Full;
use oauth2_client_credentials::{Dpop, Fresh, Presentation};
use rustls::crypto::ring;
use tower::Service;
use tower_oauth2_client_credentials::{BoxError, TokenSource};

/// Sends `GET uri` with a token of `source` and a proof of `dpop`; once more if the server wants a nonce that is new.
pub(crate) async fn get<S, B>(
    mut http: S,
    source: &TokenSource,
    dpop: &Dpop,
    uri: &Uri,
) -> Result<Response<B>, BoxError>
where
    S: Service<Request<Full<Bytes>>, Response = Response<B>>,
    S::Error: Into<BoxError>,
{
    let token = source.token().await?;
    let mut last = false;
    loop {
        let (mut head, body) = Request::get(uri).body(Full::default())?.into_parts();
        dpop.attach(&mut head, token.response(), &fresh()?)?;
        let sent = Request::from_parts(head, body);
        std::future::poll_fn(|cx| http.poll_ready(cx))
            .await
            .map_err(Into::into)?;
        let (head, body) = http.call(sent).await.map_err(Into::into)?.into_parts();
        let again = dpop.learn(uri, &head);
        if last || !again {
            return Ok(Response::from_parts(head, body));
        }
        last = true;
    }
}

fn fresh() -> Result<Fresh, BoxError> {
    let mut random = [0; 16];
    ring::default_provider()
        .secure_random
        .fill(&mut random)
        .map_err(|_| "this machine gives no randomness")?;
    Ok(Fresh::new(SystemTime::now(), random))
}
