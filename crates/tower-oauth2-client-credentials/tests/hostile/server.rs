//! A server that plays a script.

use std::{io, net::SocketAddr, pin::pin, sync::Arc, time::Duration};

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::TcpListener,
    sync::watch,
    task::{AbortHandle, JoinSet},
    time::sleep,
};
use tokio_rustls::{
    TlsAcceptor,
    rustls::{ServerConfig, crypto::ring, pki_types::PrivateKeyDer},
};

use crate::{
    answer::{Over, Step},
    frames::{DATA, END_STREAM},
};

/// Between two bytes of an answer that drips.
const DRIP: Duration = Duration::from_millis(4);

/// A certificate for `localhost`, and who vouches for it.
pub(crate) struct Identity {
    pub(crate) authority: String,
    certificate: rcgen::Certificate,
    key: KeyPair,
}

impl Identity {
    pub(crate) fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        Self {
            authority: issuer.pem(),
            certificate: params.signed_by(&key, &issuer).unwrap(),
            key,
        }
    }

    fn acceptor(&self, protocol: &[u8]) -> TlsAcceptor {
        let provider = Arc::new(ring::default_provider());
        let key = PrivateKeyDer::try_from(self.key.serialize_der()).unwrap();
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.certificate.der().clone()], key)
            .unwrap();
        config.alpn_protocols = vec![protocol.to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }
}

/// A server that is running; it ends when this is dropped.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    task: AbortHandle,
}

impl Server {
    /// Plays `script` on each connection.
    pub(crate) async fn start(identity: &Identity, over: Over, script: &Arc<[Step]>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let acceptor = match over {
            Over::Plain | Over::NoTls => None,
            Over::Tls => Some(identity.acceptor(b"http/1.1")),
            Over::Http2 => Some(identity.acceptor(b"h2")),
        };
        let (script, is_http2) = (Arc::clone(script), over == Over::Http2);
        let task = tokio::spawn(async move {
            let mut connections = JoinSet::new();
            while let Ok((tcp, _)) = listener.accept().await {
                tcp.set_nodelay(true).unwrap();
                if script.iter().any(|step| matches!(step, Step::Reset)) {
                    tcp.set_zero_linger().unwrap();
                }
                let (acceptor, script) = (acceptor.clone(), script.clone());
                connections.spawn(async move {
                    // A client that hangs up is the one thing that ends a script early.
                    let _ = match acceptor {
                        None => play(tcp, is_http2, &script).await,
                        Some(acceptor) => match acceptor.accept(tcp).await {
                            Ok(tls) => play(tls, is_http2, &script).await,
                            Err(error) => Err(error),
                        },
                    };
                });
            }
        });
        Self {
            address,
            task: task.abort_handle(),
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn play<C>(connection: C, is_http2: bool, script: &[Step]) -> io::Result<()>
where
    C: AsyncRead + AsyncWrite,
{
    let (reading, mut writing) = split(connection);
    let (asked, mut is_asked) = watch::channel(false);
    // It goes on reading, or the client could not go on writing.
    let mut reading = pin!(read(reading, is_http2, asked));
    let script = async {
        for step in script {
            match step {
                Step::Await => {
                    let _ = is_asked.wait_for(|asked| *asked).await;
                }
                Step::Send(bytes) => writing.write_all(bytes).await?,
                Step::Repeat(bytes, times) => {
                    for _ in 0..*times {
                        writing.write_all(bytes).await?;
                    }
                }
                Step::Drip(bytes) => {
                    for byte in bytes {
                        writing.write_all(&[*byte]).await?;
                        writing.flush().await?;
                        sleep(DRIP).await;
                    }
                }
                Step::Stall => std::future::pending().await,
                Step::Reset => return Err(io::ErrorKind::ConnectionReset.into()),
            }
            writing.flush().await?;
        }
        writing.shutdown().await
    };
    tokio::select! {
        played = script => played?,
        () = &mut reading => return Ok(()),
    }
    // With bytes unread the connection would end in a reset, and the client might lose what it was sent.
    reading.await;
    Ok(())
}

/// Reads to the client's end, and tells when a whole request was there.
async fn read(mut reading: impl AsyncRead + Unpin, is_http2: bool, asked: watch::Sender<bool>) {
    let (mut came, mut more) = (Vec::new(), vec![0; 16_384]);
    while let Ok(read @ 1..) = reading.read(&mut more).await {
        if *asked.borrow() {
            continue;
        }
        came.extend(&more[..read]);
        if is_http2 && ends_in_frames(&came) || !is_http2 && ends(&came) {
            asked.send_replace(true);
        }
    }
}

/// Whether a request over HTTP/1.1 is there to its end.
fn ends(came: &[u8]) -> bool {
    let text = String::from_utf8_lossy(came);
    let Some((head, body)) = text.split_once("\r\n\r\n") else {
        return false;
    };
    let length = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        let is_length = name.eq_ignore_ascii_case("content-length");
        is_length.then(|| value.trim().parse::<usize>().unwrap())
    });
    body.len() >= length.unwrap_or(0)
}

/// Whether the frames that came after the preface have a body's end among them.
fn ends_in_frames(came: &[u8]) -> bool {
    let mut rest = came.get(24..).unwrap_or_default();
    while let [a, b, c, kind, flags, ..] = *rest {
        if kind == DATA && flags & END_STREAM != 0 {
            return true;
        }
        let length = usize::from(a) << 16 | usize::from(b) << 8 | usize::from(c);
        rest = rest.get(9 + length..).unwrap_or_default();
    }
    false
}
