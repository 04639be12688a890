//! Connections of callers: HTTP/1.1 or HTTP/2, as they begin.

use std::{convert::Infallible, error::Error, sync::Arc, time::Duration};

use http::{Request, Response};
use http_body::Body;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo, TokioTimer},
    server::{conn::auto::Builder, graceful::GracefulShutdown},
};
use tokio::{net::TcpStream, time};
use tracing::debug;

use crate::{config::Config, metrics::Metrics};

/// How they are served, and all that are open.
#[derive(Debug)]
pub(crate) struct Connections {
    server: Builder<TokioExecutor>,
    open: GracefulShutdown,
}

/// An HTTP/2 connection that is silent for longer is asked for a sign of life.
const SILENT: Duration = Duration::from_secs(60);

/// How often it is looked whether all have ended.
const LOOK: Duration = Duration::from_millis(10);

impl Connections {
    pub(crate) fn new(config: &Config) -> Self {
        let mut server = Builder::new(TokioExecutor::new());
        let max_header_bytes = config.max_header_bytes();
        server
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(config.idle_timeout())
            .max_buf_size(max_header_bytes as usize);
        server
            .http2()
            .timer(TokioTimer::new())
            .keep_alive_interval(SILENT)
            .adaptive_window(true)
            .max_header_list_size(max_header_bytes);
        Self {
            server,
            open: GracefulShutdown::new(),
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
        let service = service_fn(answer);
        let connection = self.server.serve_connection(TokioIo::new(stream), service);
        let connection = self.open.watch(connection.into_owned());
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                debug!(error, "a connection broke");
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
            while self.open.count() > 0 {
                time::sleep(LOOK).await;
            }
        };
        // Those that are idle are closed next.
        let _ = time::timeout(settle, settled).await;
        let watched = self.open.count();
        match time::timeout(limit, self.open.shutdown()).await {
            Ok(()) => 0,
            Err(_) => watched,
        }
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
