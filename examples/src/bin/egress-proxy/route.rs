//! One way that requests go: the layer around an HTTP client.

use std::{sync::Arc, time::Duration};

use http::{
    Uri,
    uri::{Authority, Scheme},
};
use oauth2_client_credentials::is_secure;
use tower::Layer;
use tower_oauth2_client_credentials::{
    ClientCredentials, ClientCredentialsLayer, OnExisting, Origins, replay::Empty,
};

use crate::{config::RouteConfig, head, metrics::RouteMetrics, token::Token, upstream::Upstream};

/// What has the token put on a request, and sends it.
pub(crate) type Protected = ClientCredentials<Upstream, Empty>;

#[derive(Debug)]
pub(crate) struct Route {
    prefix: String,
    strip_prefix: bool,
    scheme: Scheme,
    authority: Authority,
    timeout: Option<Duration>,
    max_body_bytes: Option<u64>,
    service: Protected,
    metrics: Arc<RouteMetrics>,
    /// Ends its fetching when the last route is gone.
    _token: Arc<Token>,
}

impl Route {
    /// # Errors
    ///
    /// The upstream is no origin that a token may go to.
    pub(crate) fn new(
        config: &RouteConfig,
        token: Arc<Token>,
        metrics: Arc<RouteMetrics>,
    ) -> Result<Self, &'static str> {
        let (scheme, authority, origins) = origin(&config.upstream)?;
        // Whatever the caller has put there was for this proxy, or for nobody. And what was refused for its token goes out once more,
        // if it has no body: any other is streamed, and is not there a second time.
        let layer = ClientCredentialsLayer::new(token.source().clone(), origins)
            .on_existing(OnExisting::Replace)
            .replay(Empty::new());
        let layer = match token.dpop() {
            Some(dpop) => layer.presentation(dpop.clone()),
            None => layer,
        };
        Ok(Self {
            prefix: config.prefix.clone(),
            strip_prefix: config.strip_prefix,
            scheme,
            authority,
            timeout: config.timeout(),
            max_body_bytes: config.max_body_bytes,
            service: layer.layer(token.upstreams().client(config.http2)),
            metrics,
            _token: token,
        })
    }

    /// Whether this path is below its prefix. `/a` has `/a` and `/a/b` below it, and not `/ab`.
    pub(crate) fn matches(&self, path: &str) -> bool {
        path.strip_prefix(&*self.prefix).is_some_and(|rest| {
            rest.is_empty() || rest.starts_with('/') || self.prefix.ends_with('/')
        })
    }

    pub(crate) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Where a request to `uri` goes.
    pub(crate) fn target(&self, uri: &Uri) -> Option<Uri> {
        let strip = self.strip_prefix.then_some(&*self.prefix);
        head::rewrite(uri, &self.scheme, &self.authority, strip)
    }

    pub(crate) fn timeout(&self) -> Option<Duration> {
        self.timeout
    }

    pub(crate) fn max_body_bytes(&self) -> Option<u64> {
        self.max_body_bytes
    }

    pub(crate) fn service(&self) -> Protected {
        self.service.clone()
    }

    pub(crate) fn metrics(&self) -> &RouteMetrics {
        &self.metrics
    }
}

fn origin(upstream: &str) -> Result<(Scheme, Authority, Origins), &'static str> {
    const FORM: &str = "it is no origin; write it as \"https://api.example.com\", without a path";
    let uri: Uri = upstream.parse().map_err(|_| FORM)?;
    if !matches!(uri.path(), "" | "/") || uri.query().is_some() {
        return Err(FORM);
    }
    let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
        return Err(FORM);
    };
    if authority.as_str().contains('@') {
        return Err(
            "it has user information in it; remove that, the token is what authorizes here",
        );
    }
    if !is_secure(&uri) {
        return Err("a token goes over https, or over http to loopback; use https");
    }
    let origins = Origins::new([format!("{scheme}://{authority}")]).map_err(|_| FORM)?;
    Ok((scheme.clone(), authority.clone(), origins))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_upstream_is_an_origin_that_a_token_may_go_to() {
        assert!(origin("https://api.example.com").is_ok());
        assert!(origin("https://api.example.com/").is_ok());
        assert!(origin("http://127.0.0.1:8080").is_ok());
        for (upstream, reason) in [
            ("http://api.example.com", "use https"),
            ("https://api.example.com/v1", "without a path"),
            ("https://api.example.com/?x", "without a path"),
            ("https://me:hunter2@api.example.com", "user information"),
            ("api.example.com", "no origin"),
            ("ftp://api.example.com", "use https"),
            ("", "no origin"),
        ] {
            let error = origin(upstream).unwrap_err();
            assert!(error.contains(reason), "{upstream}: {error}");
        }
    }
}
