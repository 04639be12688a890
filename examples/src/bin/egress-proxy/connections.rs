//! Connections of callers: HTTP/1.1 or HTTP/2, as they begin.

use std::{convert::Infallible, error::Error, io, pin::pin, sync::Arc, time::Duration};

use http::{Request, Response};
use http_body::Body;
use hyper::{
    body::Incoming,
    server::conn::{http1, http2},
    service::service_fn,
};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::graceful::GracefulConnection,
};
use tokio::{net::TcpStream, select, sync::watch, time};
use tracing::debug;

use crate::{
    config::Config,
    metrics::Metrics,
    opening::{Version, opening},
};

/// How they are served, and all that are open.
#[derive(Debug)]
pub(crate) struct Connections {
    http1: http1::Builder,
    http2: http2::Builder<TokioExecutor>,
    idle_timeout: Option<Duration>,
    /// Each has a receiver, and so they are counted too.
    drains: watch::Sender<()>,
}

/// An HTTP/2 connection that is silent for longer is asked for a sign of life.
const SILENT: Duration = Duration::from_secs(60);

/// How often it is looked whether all have ended.
const LOOK: Duration = Duration::from_millis(10);

impl Connections {
    pub(crate) fn new(config: &Config) -> Self {
        let max_header_bytes = config.max_header_bytes();
        let mut http1 = http1::Builder::new();
        http1
            .timer(TokioTimer::new())
            .header_read_timeout(config.idle_timeout())
            // The buffer may grow beyond its limit in one go, and a head with it.
            .max_header_size(max_header_bytes as usize)
            .max_buf_size(max_header_bytes as usize);
        let mut http2 = http2::Builder::new(TokioExecutor::new());
        http2
            .timer(TokioTimer::new())
            .keep_alive_interval(SILENT)
            .adaptive_window(true)
            .max_header_list_size(max_header_bytes);
        Self {
            http1,
            http2,
            idle_timeout: config.idle_timeout(),
            drains: watch::Sender::new(()),
        }
    }

    /// Serves a connection in a task of its own.
    pub(crate) fn serve<F, A, B>(&self, stream: TcpStream, metrics: &Arc<Metrics>, answer: F)
    where
        F: Fn(Request<Incoming>) -> A + Send + 'static,
        A: Future<Output = Result<Response<B>, Infallible>> + Send + 'static,
        B: Body + Send + 'static,
        B::Data: Send,
        B::Error: Into<Box<dyn Error + Send + Sync>>,
    {
        let open = Open::new(metrics);
        let (http1, http2) = (self.http1.clone(), self.http2.clone());
        let (idle_timeout, mut drains) = (self.idle_timeout, self.drains.subscribe());
        tokio::spawn(async move {
            let opened = select! {
                biased;
                opened = in_time(opening(stream), idle_timeout) => opened,
                // It has asked for nothing.
                _ = drains.changed() => return,
            };
            let (version, stream) = match opened {
                Ok(opened) => opened,
                Err(error) => return debug!(%error, "a connection asked for nothing"),
            };
            let (stream, service) = (TokioIo::new(stream), service_fn(answer));
            // Boxed, so that no connection takes the place of the larger kind, nor of either before it says anything.
            let ended = match version {
                Version::One => {
                    Box::pin(end(http1.serve_connection(stream, service), drains)).await
                }
                Version::Two => {
                    Box::pin(end(http2.serve_connection(stream, service), drains)).await
                }
            };
            if let Err(error) = ended {
                debug!(%error, "a connection broke");
            }
            drop(open);
        });
    }

    /// Ends what has begun, and waits for that no longer than `limit`. Tells how many connections are left then.
    ///
    /// Before, they have the time `settle` to end with their next answer: one that was opened just now has its first request still on
    /// its way, and closing it as idle would cut that.
    pub(crate) async fn drain(self, settle: Duration, limit: Duration) -> usize {
        let settled = async {
            while self.drains.receiver_count() > 0 {
                time::sleep(LOOK).await;
            }
        };
        // Those that are idle are closed next.
        let _ = time::timeout(settle, settled).await;
        self.drains.send_replace(());
        let _ = time::timeout(limit, self.drains.closed()).await;
        self.drains.receiver_count()
    }
}

/// Serves a connection to its end, which comes with its next answer when all are to end.
async fn end<C>(connection: C, mut drains: watch::Receiver<()>) -> Result<(), C::Error>
where
    C: GracefulConnection,
{
    let mut connection = pin!(connection);
    select! {
        // First: what has arrived is read, and so begun.
        biased;
        ended = &mut connection => return ended,
        _ = drains.changed() => {}
    }
    connection.as_mut().graceful_shutdown();
    connection.await
}

/// hyper counts from where it knows the version, and whoever sends nothing has none.
async fn in_time<T>(
    opening: impl Future<Output = io::Result<T>>,
    limit: Option<Duration>,
) -> io::Result<T> {
    match limit {
        Some(limit) => time::timeout(limit, opening).await?,
        None => opening.await,
    }
}

/// Counts as long as it lives.
struct Open(Arc<Metrics>);

impl Open {
    fn new(metrics: &Arc<Metrics>) -> Self {
        metrics.opened();
        Self(Arc::clone(metrics))
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.closed();
    }
}
