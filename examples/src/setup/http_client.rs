//! The HTTP client: hyper-util's over TCP or TLS, HTTP/1.1 or HTTP/2. It follows no redirect.

use std::{error::Error, io, iter, time::Duration};

use bytes::Bytes;
use http::Uri;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioIo},
};
use rustls::ClientConfig;
use tokio::{net::TcpStream, time};
use tower::{ServiceExt, service_fn, util::BoxCloneSyncService};
use tower_oauth2_client_credentials::{TokenError, TokenErrorKind};

/// One client for both servers.
pub(crate) type HttpClient = Client<Connector, Full<Bytes>>;

/// Boxed, because hyper-util wants a future that can be moved, and one with a timer in it cannot.
type Connector = BoxCloneSyncService<Uri, Connection, TokenError>;

type Connection = MaybeHttpsStream<TokioIo<TcpStream>>;

/// How long a connection may take to be made, name, TCP and TLS together.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

pub(crate) fn http_client(tls: ClientConfig) -> HttpClient {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // Shared out among the addresses of a name, so that one of them that is silent does not use up all of it.
    tcp.set_connect_timeout(Some(CONNECT_TIMEOUT));
    let connector = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(tcp);
    let connector = service_fn(move |uri| connect(connector.clone(), uri));
    Client::builder(TokioExecutor::new()).build(BoxCloneSyncService::new(connector))
}

/// Connects, or says what to try. The kind of the error is what the layer goes by: it tries again when it may pass.
async fn connect(
    connector: HttpsConnector<HttpConnector>,
    uri: Uri,
) -> Result<Connection, TokenError> {
    let to = uri.authority().map(ToString::to_string).unwrap_or_default();
    let (kind, message) = match time::timeout(CONNECT_TIMEOUT, connector.oneshot(uri)).await {
        Ok(Ok(connection)) => return Ok(connection),
        Ok(Err(error)) if is_distrust(&*error) => {
            let reason = reason(&*error);
            let message = format!(
                "{to} is not trusted ({reason}); check the host in the URL, and if its certificate is from an authority of \
                 your own, give the certificate of that with --ca-file"
            );
            (TokenErrorKind::Configuration, message)
        }
        Ok(Err(error)) => (
            TokenErrorKind::Transient,
            no_connection(&to, &reason(&*error)),
        ),
        Err(_) => {
            let reason = format!("none within {CONNECT_TIMEOUT:?}");
            (TokenErrorKind::Transient, no_connection(&to, &reason))
        }
    };
    Err(TokenError::new(kind, message))
}

fn no_connection(to: &str, reason: &str) -> String {
    format!(
        "no connection to {to} ({reason}); check the URL, and that the server runs and can be reached from here"
    )
}

/// Whether the server could not show that it is the one it should be.
fn is_distrust(error: &(dyn Error + 'static)) -> bool {
    causes(error).any(|cause| {
        matches!(
            cause.downcast_ref(),
            Some(rustls::Error::InvalidCertificate(_))
        )
    })
}

fn reason(error: &(dyn Error + 'static)) -> String {
    let mut texts: Vec<_> = causes(error).map(ToString::to_string).collect();
    // An I/O error has the words of the error in it.
    texts.dedup();
    texts.join(": ")
}

/// An error and its causes, with those that I/O errors carry: their `source` passes over them.
fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    iter::successors(Some(error), |&error| {
        match error
            .downcast_ref::<io::Error>()
            .and_then(io::Error::get_ref)
        {
            Some(carried) => Some(carried as _),
            None => error.source(),
        }
    })
}
