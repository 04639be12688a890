//! A network that can be cut: what is sent is swallowed, and nobody is told.

use std::{io, net::Ipv4Addr};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

/// Stands between the replicas and Redis.
pub(crate) struct Proxy {
    port: u16,
    cut: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Proxy {
    pub(crate) async fn start(to: u16) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (cut, is_cut) = watch::channel(false);
        let accepting = tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                tokio::spawn(connect(near, to, is_cut.clone()));
            }
        });
        Ok(Self {
            port,
            cut,
            accepting,
        })
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn cut(&self, cut: bool) {
        self.cut.send_replace(cut);
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn connect(near: TcpStream, to: u16, is_cut: watch::Receiver<bool>) -> io::Result<()> {
    let far = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await?;
    let (near_read, near_write) = near.into_split();
    let (far_read, far_write) = far.into_split();
    tokio::spawn(copy(near_read, far_write, is_cut.clone()));
    copy(far_read, near_write, is_cut).await
}

/// A connection that was cut once never comes back: its packets are lost for good.
async fn copy(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    is_cut: watch::Receiver<bool>,
) -> io::Result<()> {
    let (mut buffer, mut was_cut) = ([0; 4_096], false);
    loop {
        let length = from.read(&mut buffer).await?;
        was_cut |= *is_cut.borrow();
        if length == 0 {
            if was_cut {
                std::future::pending::<()>().await;
            }
            return Ok(());
        }
        if !was_cut {
            to.write_all(&buffer[..length]).await?;
        }
    }
}
