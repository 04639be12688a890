//! Accepting connections.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time,
};
use tracing::warn;

/// After an error that is this machine's: mostly that there are too many files open.
const PAUSE: Duration = Duration::from_millis(50);

#[derive(Debug)]
pub(crate) struct Listener {
    listener: TcpListener,
}

impl Listener {
    pub(crate) async fn bind(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        Ok(Self { listener })
    }

    pub(crate) fn address(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Accepts no more, and hands out those that wait for it. The system is asked, and not the runtime, which hears of them later.
    pub(crate) fn rest(self) -> Vec<TcpStream> {
        let Ok(listener) = self.listener.into_std() else {
            return Vec::new();
        };
        let accepted = std::iter::from_fn(|| Some(listener.accept().ok()?.0));
        accepted
            .filter_map(|stream| {
                stream.set_nonblocking(true).ok()?;
                TcpStream::from_std(stream).ok()
            })
            .collect()
    }

    /// The next connection. Errors are waited for to pass.
    pub(crate) async fn accept(&self) -> TcpStream {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    // Only the speed is at stake.
                    let _ = stream.set_nodelay(true);
                    return stream;
                }
                // The caller's: it was gone before it was accepted.
                Err(error) if is_of_one_connection(&error) => {}
                Err(error) => {
                    warn!(%error, "no connection can be accepted");
                    time::sleep(PAUSE).await;
                }
            }
        }
    }
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}
