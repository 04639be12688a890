//! Both servers over loopback: HTTP/1.1, and HTTP/2 by prior knowledge.

use std::{
    fmt, io,
    net::{Ipv4Addr, SocketAddr},
};

use http::Uri;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

use crate::{
    AuthorizationServer, ResourceServer,
    connection::{self, Server},
};

impl AuthorizationServer {
    /// Serves on a free port of 127.0.0.1, on the tokio runtime of the caller.
    ///
    /// In-process calls and any number of other ports stay possible; all of them are one server with one set of counters.
    ///
    /// # Errors
    ///
    /// Of the operating system, if it has no port to give.
    pub async fn serve(&self) -> io::Result<Serving<Self>> {
        start(self.clone()).await
    }
}

impl ResourceServer {
    /// Serves on a free port of 127.0.0.1, on the tokio runtime of the caller.
    ///
    /// In-process calls and any number of other ports stay possible; all of them are one server with one set of counters.
    ///
    /// # Errors
    ///
    /// Of the operating system, if it has no port to give.
    pub async fn serve(&self) -> io::Result<Serving<Self>> {
        start(self.clone()).await
    }
}

/// A server that listens on a port of 127.0.0.1. Dropping it stops the server.
///
/// A paused tokio clock and sockets go badly together: the clock runs ahead while the test waits for the network. Call
/// the servers in-process in tests with paused time.
pub struct Serving<S> {
    server: S,
    address: SocketAddr,
    /// Dropped: stop.
    stop: oneshot::Sender<()>,
    accepting: JoinHandle<()>,
}

impl<S> Serving<S> {
    /// The server that is served.
    pub fn get_ref(&self) -> &S {
        &self.server
    }

    /// The address that it listens on.
    pub fn addr(&self) -> SocketAddr {
        self.address
    }

    /// The origin without a slash at its end, for example `http://127.0.0.1:49152`.
    pub fn origin(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The root, for example `http://127.0.0.1:49152/`.
    pub fn uri(&self) -> Uri {
        let root = Uri::builder()
            .scheme("http")
            .authority(self.address.to_string());
        root.path_and_query("/")
            .build()
            .expect("a socket address is an authority")
    }

    /// Stops listening and closes every connection at once, also where an answer is awaited. Afterwards the port is free,
    /// and a new connection to it is refused.
    pub async fn shutdown(self) {
        drop(self.stop);
        // An error would be a panic of the accepting task; what is left to do then is nothing.
        let _ = self.accepting.await;
    }
}

impl Serving<AuthorizationServer> {
    /// The URL of the token endpoint, for example `http://127.0.0.1:49152/token`.
    pub fn token_endpoint(&self) -> String {
        format!("{}{}", self.origin(), self.server.token_path())
    }
}

async fn start<S: Server>(server: S) -> io::Result<Serving<S>> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let (stop, stopped) = oneshot::channel();
    Ok(Serving {
        accepting: tokio::spawn(connection::accept(listener, server.clone(), stopped)),
        server,
        address,
        stop,
    })
}

impl<S> fmt::Debug for Serving<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Serving")
            .field("address", &self.address)
            .finish_non_exhaustive()
    }
}
