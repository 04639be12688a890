//! The adapter.

use std::{
    future::{Future, ready},
    pin::Pin,
    task::{Context, Poll},
};

use reqwest::Body;
use tower::Service;

/// reqwest's client as a service of `http` requests. Its errors are reqwest's, which have the cause as their source.
///
/// A request's extensions and version stay behind: reqwest has no place for them, and chooses the version by itself.
#[derive(Clone, Debug)]
pub struct Transport {
    client: reqwest::Client,
}

impl Transport {
    /// `client` must not follow redirects.
    #[must_use]
    pub fn new(client: reqwest::Client) -> Self {
        Self { client }
    }
}

impl<B: Into<Body>> Service<http::Request<B>> for Transport {
    type Response = http::Response<Body>;
    type Error = reqwest::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self::Response, Self::Error>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.client.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<B>) -> Self::Future {
        match request.try_into() {
            Ok(request) => {
                let answer = self.client.call(request);
                // reqwest's errors repeat the URL, and a query may have a key or a token in it.
                Box::pin(async {
                    let answer = answer.await.map_err(reqwest::Error::without_url)?;
                    Ok(answer.into())
                })
            }
            Err(error) => Box::pin(ready(Err(reqwest::Error::without_url(error)))),
        }
    }
}

#[cfg(test)]
mod tests {
    /// What a reader copies there is what is tested here.
    #[test]
    fn the_documentation_shows_this_adapter() {
        let page =
            include_str!("../../../crates/tower-oauth2-client-credentials/docs/hosts/reqwest.md");
        let source = include_str!("transport.rs");
        let adapter = source
            .split("use tower::Service;\n\n")
            .nth(1)
            .and_then(|rest| rest.split("\n#[cfg(test)]").next())
            .expect("the adapter stands between the imports and the tests");
        assert!(page.contains(adapter.trim_end()), "{adapter}");
    }
}
