//! The first bytes of a connection, which tell HTTP/2 from HTTP/1.1.

use std::{
    io,
    pin::Pin,
    task::{Context, Poll},
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, ReadBuf},
    net::TcpStream,
};

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Version {
    One,
    Two,
}

/// What every HTTP/2 connection begins with (RFC 9113 §3.4).
const PREFACE: &[u8; 24] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

/// Reads until the version is known. The stream has what was read once more.
///
/// hyper-util's own way to find out hands the first bytes on alone, and hyper then makes its buffer twice as large for what comes after
/// them: 8 kB for each connection.
///
/// # Errors
///
/// The connection broke, or was closed before that.
pub(crate) async fn opening(mut io: TcpStream) -> io::Result<(Version, Opened)> {
    let (mut read, mut length) = ([0; PREFACE.len()], 0);
    let version = loop {
        let more = io.read(&mut read[length..]).await?;
        if more == 0 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        length += more;
        if read[..length] != PREFACE[..length] {
            break Version::One;
        }
        if length == PREFACE.len() {
            break Version::Two;
        }
    };
    let opened = Opened {
        first: read,
        unread: 0..length as u8,
        io,
    };
    Ok((version, opened))
}

/// A stream, and before it what was read from it already.
#[derive(Debug)]
pub(crate) struct Opened {
    first: [u8; PREFACE.len()],
    unread: std::ops::Range<u8>,
    io: TcpStream,
}

impl AsyncRead for Opened {
    /// With the first bytes comes what is there after them: whoever reads gets a whole head at once.
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        if this.unread.is_empty() {
            return Pin::new(&mut this.io).poll_read(cx, buf);
        }
        let unread = &this.first[usize::from(this.unread.start)..usize::from(this.unread.end)];
        let length = unread.len().min(buf.remaining());
        buf.put_slice(&unread[..length]);
        this.unread.start += length as u8;
        if this.unread.is_empty() && buf.remaining() > 0 {
            // If there is nothing, or an error, the next to read hears of it.
            let _ = Pin::new(&mut this.io).poll_read(cx, buf);
        }
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Opened {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use tokio::{io::AsyncWriteExt, net::TcpListener};

    use super::*;

    /// What is found out when these come one after the other, and what is then read.
    async fn opened(parts: &[&[u8]]) -> (Version, Vec<u8>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let mut caller = TcpStream::connect(listener.local_addr().unwrap())
            .await
            .unwrap();
        let (io, _) = listener.accept().await.unwrap();
        let send = async {
            for part in parts {
                caller.write_all(part).await.unwrap();
                tokio::task::yield_now().await;
            }
            caller.shutdown().await.unwrap();
        };
        let read = async {
            let (version, mut stream) = opening(io).await.unwrap();
            let mut read = Vec::new();
            stream.read_to_end(&mut read).await.unwrap();
            (version, read)
        };
        tokio::join!(send, read).1
    }

    #[tokio::test]
    async fn the_version_shows_in_the_first_bytes_and_none_is_lost() {
        for (parts, version) in [
            (&[&b"GET / HTTP/1.1\r\n"[..]][..], Version::One),
            (&[b"P", b"R", b"OPFIND / HTTP/1.1\r\n"], Version::One),
            (&[b"\r\n"], Version::One),
            (&[PREFACE, b"more"], Version::Two),
            (
                &[b"PRI * HTTP/2.0\r\n", b"\r\nSM\r\n\r\n", b"more"],
                Version::Two,
            ),
            (&[b"PRI * HTTP/2.0\r\n\r\nXX\r\n\r\n"], Version::One),
        ] {
            assert_eq!(opened(parts).await, (version, parts.concat()));
        }
    }
}
