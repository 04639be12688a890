//! An authorization server, an upstream, and the program between them.

use std::{path::Path, path::PathBuf, time::Duration};

use bytes::Bytes;
use http::{Request, Response, Version};
use http_body_util::{BodyExt, Full};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};
use oauth2_client_credentials_testkit::{AuthorizationServer, Serving};
use serde_json::Value;
use tokio::time;

use crate::{
    proxy::{self, LIMIT, Proxy},
    upstream::Upstream,
};

pub(crate) const SECRET: &str = "canary-secret";
pub(crate) const TOKEN: &str = "canary-token-";

pub(crate) struct Stack {
    pub(crate) tokens: Serving<AuthorizationServer>,
    pub(crate) upstream: Upstream,
    pub(crate) proxy: Proxy,
}

pub(crate) type Caller = Client<HttpConnector, Full<Bytes>>;

impl Stack {
    /// With one route, to which these lines are added, and with its token there.
    pub(crate) async fn start(more: &str) -> Self {
        let this = Self::cold(more).await;
        this.is_ready().await;
        this
    }

    /// The same at once.
    pub(crate) async fn cold(more: &str) -> Self {
        let tokens = server().await;
        let upstream = Upstream::start().await;
        let config = config(&tokens, &upstream.origin(), more);
        Self {
            proxy: Proxy::start(program(), folder(), &config),
            tokens,
            upstream,
        }
    }

    pub(crate) async fn is_ready(&self) {
        ready(&self.proxy).await;
    }

    /// `http://127.0.0.1:PORT/path` at the proxy.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("{}{path}", self.proxy.address())
    }

    pub(crate) async fn get(&self, path: &str) -> Response<Bytes> {
        get(&self.uri(path)).await
    }

    pub(crate) fn token_requests(&self) -> u64 {
        self.tokens.get_ref().token_requests()
    }
}

pub(crate) async fn server() -> Serving<AuthorizationServer> {
    let server = AuthorizationServer::builder()
        .client("svc", SECRET)
        .token_prefix(TOKEN);
    server.build().serve().await.unwrap()
}

/// A route for everything to `upstream`, and the lines `more` in it.
pub(crate) fn config(tokens: &Serving<AuthorizationServer>, upstream: &str, more: &str) -> String {
    let secret = proxy::file(folder(), "secret", SECRET);
    format!(
        "[[route]]\nprefix = \"/\"\nupstream = \"{upstream}\"\ntoken = \"main\"\n{more}\n\
         [token.main]\ntoken_endpoint = \"{}\"\nclient_id = \"svc\"\nclient_secret_file = \"{}\"\n",
        tokens.token_endpoint(),
        secret.display()
    )
}

/// Waits until it has its tokens.
pub(crate) async fn ready(proxy: &Proxy) {
    let uri = format!("{}/ready", proxy.admin());
    let ready = async {
        while get(&uri).await.status() != 200 {
            time::sleep(Duration::from_millis(20)).await;
        }
    };
    let in_time = time::timeout(LIMIT, ready).await;
    assert!(in_time.is_ok(), "not ready:\n{}", proxy.said());
}

pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_egress-proxy"))
}

pub(crate) fn folder() -> &'static Path {
    Path::new(env!("CARGO_TARGET_TMPDIR"))
}

pub(crate) fn missing() -> PathBuf {
    folder().join("egress-proxy-no-such-file")
}

/// A caller with connections of its own, of this version.
pub(crate) fn caller(version: Version) -> Caller {
    Client::builder(TokioExecutor::new())
        .http2_only(version == Version::HTTP_2)
        .build_http()
}

pub(crate) async fn get(uri: &str) -> Response<Bytes> {
    send(Request::get(uri).body(Full::default()).unwrap()).await
}

pub(crate) async fn send(request: Request<Full<Bytes>>) -> Response<Bytes> {
    send_with(&caller(Version::HTTP_11), request).await
}

pub(crate) async fn send_with(caller: &Caller, request: Request<Full<Bytes>>) -> Response<Bytes> {
    let answer = time::timeout(LIMIT, caller.request(request)).await;
    let (parts, body) = answer.unwrap().unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(parts, body)
}

pub(crate) fn json(answer: &Response<Bytes>) -> Value {
    serde_json::from_slice(answer.body()).unwrap_or_else(|_| panic!("no JSON: {answer:?}"))
}

/// The values of this header, as the upstream saw it.
pub(crate) fn seen<'a>(told: &'a Value, name: &str) -> Vec<&'a str> {
    let headers = told["headers"].as_array().unwrap().iter();
    headers
        .filter(|pair| pair[0] == name)
        .filter_map(|pair| pair[1].as_str())
        .collect()
}
