//! Accepting connections.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    task, time,
};
use tracing::warn;

/// After an error that is this machine's: mostly that there are too many files open.
const PAUSE: Duration = Duration::from_millis(50);

/// So many are accepted in a row, and then everything else has its turn: timers too.
const IN_A_ROW: u32 = 64;

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

    /// Serves those that wait to be accepted, until none does. The system is asked, and not the runtime, which hears of them later.
    /// Errors are waited for to pass: what ends meanwhile makes room.
    pub(crate) async fn rest(self, mut serve: impl FnMut(TcpStream)) {
        let Ok(listener) = self.listener.into_std() else {
            return;
        };
        let accept = || Ok(listener.accept()?.0);
        let serve = |stream: std::net::TcpStream| {
            if stream.set_nonblocking(true).is_ok()
                && let Ok(stream) = TcpStream::from_std(stream)
            {
                // As below.
                let _ = stream.set_nodelay(true);
                serve(stream);
            }
        };
        all(accept, serve).await;
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
                Err(error) => pause(&error).await,
            }
        }
    }
}

/// All that there are, until there is none at the moment.
async fn all<T>(mut accept: impl FnMut() -> io::Result<T>, mut serve: impl FnMut(T)) {
    let mut accepted = 0_u32;
    loop {
        match accept() {
            Ok(one) => {
                serve(one);
                accepted = accepted.wrapping_add(1);
                if accepted.is_multiple_of(IN_A_ROW) {
                    task::yield_now().await;
                }
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => return,
            Err(error) if is_of_one_connection(&error) => {}
            Err(error) => pause(&error).await,
        }
    }
}

async fn pause(error: &io::Error) {
    warn!(%error, "no connection can be accepted");
    time::sleep(PAUSE).await;
}

fn is_of_one_connection(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionRefused
            | io::ErrorKind::ConnectionReset
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn an_error_is_not_the_end_of_those_that_wait() {
        let mut answers = [
            Ok(1),
            Err(io::ErrorKind::ConnectionAborted.into()),
            Ok(2),
            // EMFILE, ENFILE.
            Err(io::Error::from_raw_os_error(24)),
            Err(io::Error::from_raw_os_error(23)),
            Ok(3),
            Err(io::ErrorKind::WouldBlock.into()),
            Ok(4),
        ]
        .into_iter();
        let (begun, mut served) = (time::Instant::now(), Vec::new());
        let accept = || answers.next().expect("it ends with the one before");
        all(accept, |one| served.push(one)).await;
        assert_eq!((served, begun.elapsed()), (vec![1, 2, 3], 2 * PAUSE));
    }

    #[tokio::test]
    async fn those_that_come_without_end_are_waited_for_no_longer_than_others() {
        let begun = time::Instant::now();
        let accept = || {
            assert!(begun.elapsed() < Duration::from_secs(5), "it never ends");
            Ok(())
        };
        let flood = time::timeout(Duration::from_millis(10), all(accept, drop)).await;
        assert!(flood.is_err());
    }
}
