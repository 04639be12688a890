//! The connections of a server over loopback, and how they fail.

use std::{
    convert::Infallible,
    future::pending,
    io,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll},
    time::Duration,
};

use http::{Request, Response};
use http_body_util::BodyExt;
use hyper::{body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
    sync::{Notify, oneshot},
    task::JoinSet,
    time::sleep,
};
use tower_service::Service;

use crate::{Body, Fault, ResponseFuture};

/// Either server.
pub(crate) trait Server:
    Service<Request<Body>, Response = Response<Body>, Error = Fault, Future = ResponseFuture>
    + Clone
    + Send
    + Sync
    + 'static
{
}

impl<S> Server for S where
    S: Service<Request<Body>, Response = Response<Body>, Error = Fault, Future = ResponseFuture>
        + Clone
        + Send
        + Sync
        + 'static
{
}

/// Takes connections until it is stopped, then closes them.
pub(crate) async fn accept<S: Server>(
    listener: TcpListener,
    server: S,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(drive(stream, server.clone()));
                }
                // No file descriptor left, most likely: one may come free.
                Err(_) => sleep(Duration::from_millis(10)).await,
            },
            Some(_ended) = connections.join_next() => {}
        }
    }
    connections.shutdown().await;
}

/// Serves one connection until its end, or until an answer is that it ends.
async fn drive<S: Server>(stream: TcpStream, server: S) {
    // Only slower without it.
    let _ = stream.set_nodelay(true);
    let cut = Arc::new(Cut::default());
    let wire = Wire {
        stream,
        cut: cut.clone(),
    };
    let answers = service_fn(|request| answer(server.clone(), cut.clone(), request));
    let builder = auto::Builder::new(TokioExecutor::new());
    let connection = builder.serve_connection(TokioIo::new(wire), answers);
    tokio::select! {
        // Its end is the client's affair: it went away, or it was told a torn body.
        _ = connection => {}
        () = cut.now.notified() => {}
    }
}

async fn answer<S: Server>(
    mut server: S,
    cut: Arc<Cut>,
    request: Request<Incoming>,
) -> Result<Response<Body>, Infallible> {
    let (parts, body) = request.into_parts();
    let Ok(body) = body.collect().await else {
        return cut.connection(false).await;
    };
    let request = Request::from_parts(parts, Body::from(body.to_bytes()));
    match server.call(request).await {
        Ok(response) => Ok(response),
        Err(fault) => cut.connection(fault.is_reset()).await,
    }
}

/// The wish to end a connection.
#[derive(Default)]
struct Cut {
    now: Notify,
    /// With a reset instead of an orderly close.
    reset: AtomicBool,
}

impl Cut {
    /// Ends the connection, and so never returns.
    async fn connection<T>(&self, reset: bool) -> T {
        self.reset.store(reset, Ordering::Relaxed);
        self.now.notify_one();
        pending().await
    }
}

/// A socket that can be closed with a reset, also when it belongs to hyper.
struct Wire {
    stream: TcpStream,
    cut: Arc<Cut>,
}

impl Drop for Wire {
    fn drop(&mut self) {
        if self.cut.reset.load(Ordering::Relaxed) {
            // Nothing depends on it: without a reset the client still gets no answer.
            #[allow(
                deprecated,
                reason = "it blocks only for a time above zero, and its successor asks for a newer tokio"
            )]
            let _ = self.stream.set_linger(Some(Duration::ZERO));
        }
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buffer)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
