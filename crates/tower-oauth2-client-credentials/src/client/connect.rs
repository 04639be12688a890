//! Connections, and what to try when there is none.

use std::{error::Error, io, iter, time::Duration};

use http::Uri;
use hyper_rustls::{HttpsConnectorBuilder, MaybeHttpsStream};
use hyper_util::{client::legacy::connect::HttpConnector, rt::TokioIo};
use rustls::ClientConfig;
use tokio::{net::TcpStream, time};
use tower::{ServiceExt, service_fn, util::BoxCloneSyncService};

use super::whom;
use crate::{
    error::{TokenError, TokenErrorKind},
    heard::Hidden,
};

/// Boxed, because hyper-util wants a future that can be moved, and one with a timer in it cannot.
pub(super) type Connector =
    BoxCloneSyncService<Uri, MaybeHttpsStream<TokioIo<TcpStream>>, TokenError>;

/// Connects over TCP and, where the URI says https, over TLS; all of it within `limit`.
pub(super) fn connector(tls: ClientConfig, limit: Duration) -> Connector {
    let mut tcp = HttpConnector::new();
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    // Shared out among the addresses of a name, so that one that is silent does not use up all of it.
    tcp.set_connect_timeout(Some(limit));
    let https = HttpsConnectorBuilder::new()
        .with_tls_config(tls)
        // The client sends plain HTTP to loopback only.
        .https_or_http()
        .enable_all_versions()
        .wrap_connector(tcp);
    BoxCloneSyncService::new(service_fn(move |uri: Uri| {
        let https = https.clone();
        async move {
            let to = whom(&uri);
            match time::timeout(limit, https.oneshot(uri)).await {
                Ok(Ok(connection)) => Ok(connection),
                Ok(Err(error)) => Err(failure(&to, &*error)),
                Err(_) => Err(unreached(&to, &format!("none within {limit:?}"))),
            }
        }
    }))
}

/// A certificate that nobody vouches for stays so until somebody changes something; all else may pass.
fn failure(to: &str, error: &(dyn Error + 'static)) -> TokenError {
    let mut texts: Vec<_> = causes(error).map(ToString::to_string).collect();
    // An I/O error has the words of the error in it.
    texts.dedup();
    // rustls shows all names of a certificate that is none for this host, and a certificate may have thousands.
    let reason = Hidden::default().in_text(&texts.join(": "));
    let distrust = causes(error).any(|cause| {
        matches!(
            cause.downcast_ref(),
            Some(rustls::Error::InvalidCertificate(_))
        )
    });
    if !distrust {
        return unreached(to, &reason);
    }
    TokenError::new(
        TokenErrorKind::Configuration,
        format!(
            "no token: {to} is not trusted ({reason}); check the host in its URL, and if its certificate is from an authority of your own, \
             give that one's to the HTTP client or the system"
        ),
    )
}

fn unreached(to: &str, reason: &str) -> TokenError {
    TokenError::new(
        TokenErrorKind::Transient,
        format!(
            "no token: no connection to {to} ({reason}); check the URL (https or http?), and that the server runs and can be reached from here"
        ),
    )
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
