//! A network between a client and a server, which can be made to fail.

use std::{
    fmt, io,
    net::Ipv4Addr,
    os::fd::{AsFd, OwnedFd},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use socket2::SockRef;
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::{TcpListener, TcpStream},
    select,
    sync::watch,
    task::JoinHandle,
    time::sleep,
};
use tokio_rustls::TlsAcceptor;

/// Stands before a server on loopback. It ends with this value.
#[derive(Debug)]
pub struct Proxy {
    port: u16,
    state: watch::Sender<State>,
    peers: Peers,
    accepting: JoinHandle<()>,
}

/// What is wrong with the network.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    #[default]
    None,
    /// Connections can be made, and what is sent over them is lost. One that has lost something never comes back.
    Swallow,
    /// Every connection is reset: those that exist, and new ones.
    Reset,
    /// The connection ends in the middle of an answer's body.
    Cut,
    /// The same, by a reset.
    CutByReset,
    /// Every part of an answer comes this much later.
    Slow(Duration),
    /// Somebody else answers, with these bytes.
    Answer(&'static str),
}

/// What every connection looks at.
#[derive(Clone, Default)]
struct State {
    fault: Fault,
    /// Connections of an earlier era are closed.
    era: u64,
    tls: Option<TlsAcceptor>,
}

/// TLS has nothing to show.
impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("State")
            .field("fault", &self.fault)
            .finish_non_exhaustive()
    }
}

/// The ports of the clients that are connected.
type Peers = Arc<Mutex<Vec<u16>>>;

/// How a connection ends.
enum End {
    Close,
    Reset,
}

impl Proxy {
    /// Before the server on this port, without TLS.
    ///
    /// # Errors
    ///
    /// There is no port.
    pub async fn start(to: u16) -> io::Result<Self> {
        Self::with(to, State::default()).await
    }

    /// With TLS on the client's side.
    ///
    /// # Errors
    ///
    /// There is no port.
    pub async fn start_tls(to: u16, tls: TlsAcceptor) -> io::Result<Self> {
        let state = State {
            tls: Some(tls),
            ..State::default()
        };
        Self::with(to, state).await
    }

    async fn with(to: u16, state: State) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let port = listener.local_addr()?.port();
        let (state, seen) = watch::channel(state);
        let peers = Peers::default();
        let all = Arc::clone(&peers);
        let accepting = tokio::spawn(async move {
            loop {
                match listener.accept().await {
                    Ok((near, peer)) => {
                        tokio::spawn(connect(near, peer.port(), to, seen.clone(), all.clone()));
                    }
                    // Without descriptors there is no connection, until there are some again.
                    Err(_) => sleep(Duration::from_millis(10)).await,
                }
            }
        });
        Ok(Self {
            port,
            state,
            peers,
            accepting,
        })
    }

    /// Where it listens on loopback.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The ports of the clients that are connected now.
    #[must_use]
    pub fn peers(&self) -> Vec<u16> {
        locked(&self.peers).clone()
    }

    /// Makes the network fail, or work again.
    pub fn set(&self, fault: Fault) {
        self.state.send_modify(|state| state.fault = fault);
    }

    /// Closes every connection there is.
    pub fn hang_up(&self) {
        self.state.send_modify(|state| state.era += 1);
    }

    /// Shows another certificate from now on, and closes every connection.
    pub fn set_tls(&self, tls: TlsAcceptor) {
        self.state.send_modify(|state| {
            state.tls = Some(tls);
            state.era += 1;
        });
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn locked(peers: &Peers) -> std::sync::MutexGuard<'_, Vec<u16>> {
    peers.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn connect(
    near: TcpStream,
    peer: u16,
    to: u16,
    mut state: watch::Receiver<State>,
    peers: Peers,
) -> io::Result<()> {
    locked(&peers).push(peer);
    let handle = near.as_fd().try_clone_to_owned();
    let was = state.borrow_and_update().clone();
    let mut broken = state.clone();
    let end = select! {
        end = broken_off(&mut broken, was.era) => end,
        end = carry(near, to, was, state) => end.unwrap_or(End::Close),
    };
    locked(&peers).retain(|other| *other != peer);
    finish(handle?, &end)
}

/// Lets go of the socket, whose other handles are closed already.
fn finish(socket: OwnedFd, end: &End) -> io::Result<()> {
    if matches!(end, End::Reset) {
        SockRef::from(&socket).set_linger(Some(Duration::ZERO))?;
    }
    Ok(())
}

/// When no connection of this era may be there any more.
async fn broken_off(state: &mut watch::Receiver<State>, era: u64) -> End {
    let over = |state: &State| state.fault == Fault::Reset || state.era != era;
    match state.wait_for(over).await {
        Ok(state) if state.fault == Fault::Reset => End::Reset,
        // The proxy is gone.
        _ => End::Close,
    }
}

async fn carry(
    near: TcpStream,
    to: u16,
    was: State,
    state: watch::Receiver<State>,
) -> io::Result<End> {
    near.set_nodelay(true)?;
    if was.fault == Fault::Swallow {
        // Not even a handshake.
        return std::future::pending().await;
    }
    match was.tls {
        Some(tls) => between(tls.accept(near).await?, to, state).await,
        None => between(near, to, state).await,
    }
}

async fn between<S>(mut near: S, to: u16, state: watch::Receiver<State>) -> io::Result<End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let fault = state.borrow().fault;
    if let Fault::Answer(answer) = fault {
        return instead(&mut near, answer).await;
    }
    let far = TcpStream::connect((Ipv4Addr::LOCALHOST, to)).await?;
    far.set_nodelay(true)?;
    let (near_read, near_write) = split(near);
    let (far_read, far_write) = far.into_split();
    select! {
        end = questions(near_read, far_write, &state) => end,
        end = answers(far_read, near_write, &state) => end,
    }
}

async fn instead<S>(near: &mut S, answer: &str) -> io::Result<End>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    if near.read(&mut [0; 4_096]).await? > 0 {
        near.write_all(answer.as_bytes()).await?;
        near.shutdown().await?;
    }
    Ok(End::Close)
}

/// From the client to the server.
async fn questions<R, W>(mut from: R, mut to: W, state: &watch::Receiver<State>) -> io::Result<End>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; 4_096];
    loop {
        let length = from.read(&mut buffer).await?;
        match state.borrow().fault {
            Fault::Swallow => break,
            // On a connection that was there before: the client has to make another.
            Fault::Answer(_) => return Ok(End::Close),
            _ => {}
        }
        if length == 0 {
            return Ok(End::Close);
        }
        to.write_all(&buffer[..length]).await?;
    }
    std::future::pending().await
}

/// From the server to the client.
async fn answers<R, W>(mut from: R, mut to: W, state: &watch::Receiver<State>) -> io::Result<End>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = vec![0; 16_384];
    let mut in_body = false;
    loop {
        let length = from.read(&mut buffer).await?;
        let fault = state.borrow().fault;
        if length == 0 && fault != Fault::Swallow {
            return Ok(End::Close);
        }
        let part = &buffer[..length];
        match fault {
            Fault::Swallow => return std::future::pending().await,
            Fault::Slow(by) => sleep(by).await,
            Fault::Cut | Fault::CutByReset => {
                let body = match head(part) {
                    Some(head) => head,
                    None if in_body => 0,
                    None => length,
                };
                in_body = in_body || body < length || head(part).is_some();
                if body < length {
                    to.write_all(&part[..body + (length - body) / 2]).await?;
                    to.flush().await?;
                    // What was sent is to arrive before the end does.
                    sleep(Duration::from_millis(5)).await;
                    let by_reset = fault == Fault::CutByReset;
                    return Ok(if by_reset { End::Reset } else { End::Close });
                }
            }
            _ => {}
        }
        to.write_all(part).await?;
        to.flush().await?;
    }
}

/// How long the head is that ends in this part of an answer.
fn head(part: &[u8]) -> Option<usize> {
    let end = part.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789";

    /// A server that answers every line; what a client sees of it through a proxy.
    async fn through(fault: Fault) -> io::Result<(Proxy, TcpStream)> {
        let server = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let proxy = Proxy::start(server.local_addr()?.port()).await?;
        tokio::spawn(async move {
            while let Ok((mut client, _)) = server.accept().await {
                tokio::spawn(async move {
                    while client.read(&mut [0; 64]).await? > 0 {
                        client.write_all(ANSWER).await?;
                    }
                    io::Result::Ok(())
                });
            }
        });
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await?;
        client.write_all(b"GET /").await?;
        let mut answer = vec![0; ANSWER.len()];
        client.read_exact(&mut answer).await?;
        assert_eq!(answer, ANSWER);
        proxy.set(fault);
        Ok((proxy, client))
    }

    /// All that comes, until the end or for a while.
    async fn rest(client: &mut TcpStream) -> Result<Vec<u8>, io::ErrorKind> {
        let mut all = Vec::new();
        let read = client.read_to_end(&mut all);
        match tokio::time::timeout(Duration::from_millis(200), read).await {
            Ok(Ok(_)) => Ok(all),
            Ok(Err(error)) => Err(error.kind()),
            Err(_) => Err(io::ErrorKind::TimedOut),
        }
    }

    #[tokio::test]
    async fn each_fault_is_what_its_name_says() {
        let half = &ANSWER[..ANSWER.len() - 5];
        for (fault, expected) in [
            (Fault::Swallow, Err(io::ErrorKind::TimedOut)),
            (Fault::Reset, Err(io::ErrorKind::ConnectionReset)),
            (Fault::Cut, Ok(half.to_vec())),
            (Fault::CutByReset, Err(io::ErrorKind::ConnectionReset)),
            (Fault::Answer("no"), Ok(Vec::new())),
        ] {
            let (proxy, mut client) = through(fault).await.unwrap();
            // A reset may be there before the request is.
            let _ = client.write_all(b"GET /").await;
            assert_eq!(rest(&mut client).await, expected, "{fault:?}");

            proxy.set(Fault::None);
            let mut again = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port()))
                .await
                .unwrap();
            again.write_all(b"GET /").await.unwrap();
            let mut answer = vec![0; ANSWER.len()];
            again.read_exact(&mut answer).await.unwrap();
            assert_eq!(answer, ANSWER, "{fault:?}");
        }
    }

    #[tokio::test]
    async fn connections_are_known_and_can_be_closed() {
        let (proxy, mut client) = through(Fault::None).await.unwrap();
        assert_eq!(proxy.peers(), [client.local_addr().unwrap().port()]);
        proxy.hang_up();
        assert_eq!(rest(&mut client).await, Ok(Vec::new()));
        assert!(proxy.peers().is_empty());
    }
}
