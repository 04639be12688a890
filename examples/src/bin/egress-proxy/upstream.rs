//! The HTTP clients that requests go on through.

use std::time::Duration;

use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use rustls::ClientConfig;

use crate::body::RequestBody;

/// hyper-util's, with a pool of connections. It follows no redirect.
pub(crate) type Upstream = Client<HttpsConnector<HttpConnector>, RequestBody>;

/// Both speak HTTP/2 where TLS has agreed on it. Over plain HTTP there is nothing to agree with.
#[derive(Clone, Debug)]
pub(crate) struct Upstreams {
    http1: Upstream,
    http2: Upstream,
}

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// Less than the 5 s after which the least patient servers in use close an idle connection, which may be when a request is on its way.
const POOL_IDLE: Duration = Duration::from_secs(4);

/// An HTTP/2 connection with requests on it that is silent for longer is asked for a sign of life, and closed if there is none.
const SILENT: Duration = Duration::from_secs(20);

impl Upstreams {
    pub(crate) fn new(tls: ClientConfig) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
        let connector = |tls: ClientConfig, versions: Versions| {
            let builder = HttpsConnectorBuilder::new()
                .with_tls_config(tls)
                .https_or_http();
            match versions {
                Versions::Any => builder.enable_all_versions().wrap_connector(tcp.clone()),
                Versions::Two => builder.enable_http2().wrap_connector(tcp.clone()),
            }
        };
        let mut builder = Client::builder(TokioExecutor::new());
        builder
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(POOL_IDLE)
            .http2_keep_alive_interval(SILENT)
            .http2_keep_alive_timeout(SILENT)
            .http2_adaptive_window(true);
        let http1 = builder.build(connector(tls.clone(), Versions::Any));
        let http2 = builder
            .http2_only(true)
            .build(connector(tls, Versions::Two));
        Self { http1, http2 }
    }

    /// One that speaks what the upstream does, or one that speaks HTTP/2 without asking.
    pub(crate) fn client(&self, http2: bool) -> Upstream {
        if http2 {
            self.http2.clone()
        } else {
            self.http1.clone()
        }
    }
}

enum Versions {
    Any,
    Two,
}
