//! As much of AMQP 0-9-1 as logging in takes, and a queue to see that it worked. A program has a client library for this.

use std::io;

use oauth2_client_credentials::is_loopback;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, BufStream},
    net::TcpStream,
};
use tower_oauth2_client_credentials::BoxError;

use self::Method::*;
use crate::wire::{Fields, long_string, short_string};

/// A connection that is open, with one channel.
pub(crate) struct Connection {
    stream: BufStream<TcpStream>,
}

/// Class and number of the methods that are needed (AMQP 0-9-1 §1.4; `UpdateSecret` is RabbitMQ's).
#[derive(Clone, Copy)]
enum Method {
    Start = 0x000A_000A,
    StartOk = 0x000A_000B,
    Tune = 0x000A_001E,
    TuneOk = 0x000A_001F,
    Open = 0x000A_0028,
    OpenOk = 0x000A_0029,
    Close = 0x000A_0032,
    UpdateSecret = 0x000A_0046,
    UpdateSecretOk = 0x000A_0047,
    ChannelOpen = 0x0014_000A,
    ChannelOpenOk = 0x0014_000B,
    ChannelClose = 0x0014_0028,
    QueueDeclare = 0x0032_000A,
    QueueDeclareOk = 0x0032_000B,
}

/// The types of frames.
const METHOD: u8 = 1;
const HEARTBEAT: u8 = 8;

/// What stands at the end of each frame.
const FRAME_END: u8 = 0xCE;

/// The largest frame, in bytes, that is read and, as we tell the broker, written.
const FRAME_MAX: u32 = 128 * 1024;

/// Tells the broker that this client reads why it was refused.
const CAPABILITIES: &[u8] = b"\x0ccapabilitiesF\0\0\0\x1f\x1cauthentication_failure_closet\x01";

impl Connection {
    /// Logs in at the broker. The password goes over the connection as it is, and so to loopback only: elsewhere the connection
    /// is TLS.
    pub(crate) async fn open(address: &str, user: &str, password: &str) -> Result<Self, BoxError> {
        let host = address.rsplit_once(':').map_or(address, |(host, _)| host);
        if !is_loopback(host) {
            return Err("a token goes to loopback only without TLS".into());
        }
        let stream = TcpStream::connect(address).await?;
        let mut connection = Self {
            stream: BufStream::new(stream),
        };
        connection.stream.write_all(b"AMQP\x00\x00\x09\x01").await?;
        connection.stream.flush().await?;
        connection.expect(Start).await?;

        let mut answer = long_string(CAPABILITIES);
        answer.extend(short_string("PLAIN")?);
        answer.extend(long_string(format!("\0{user}\0{password}").as_bytes()));
        answer.extend(short_string("en_US")?);
        connection.send(0, StartOk, &answer).await?;

        let tune = connection.expect(Tune).await?;
        let channels = Fields::new(&tune).u16()?;
        // No heartbeats: they are the business of a client library.
        let mut answer = channels.to_be_bytes().to_vec();
        answer.extend(FRAME_MAX.to_be_bytes());
        answer.extend([0, 0]);
        connection.send(0, TuneOk, &answer).await?;
        connection.send(0, Open, b"\x01/\0\0").await?;
        connection.expect(OpenOk).await?;
        connection.send(1, ChannelOpen, b"\0").await?;
        connection.expect(ChannelOpenOk).await?;
        Ok(connection)
    }

    /// Tells the broker a newer token. The connection and its channel go on.
    pub(crate) async fn update_secret(&mut self, secret: &str) -> Result<(), BoxError> {
        let mut fields = long_string(secret.as_bytes());
        fields.extend(short_string("renewed")?);
        self.send(0, UpdateSecret, &fields).await?;
        self.expect(UpdateSecretOk).await.map(drop)
    }

    /// Makes a queue that goes with the connection, and says how many messages are in it.
    pub(crate) async fn declare_queue(&mut self, name: &str) -> Result<u32, BoxError> {
        const EXCLUSIVE: u8 = 0b100;
        let mut fields = vec![0, 0];
        fields.extend(short_string(name)?);
        fields.push(EXCLUSIVE);
        fields.extend(long_string(b""));
        self.send(1, QueueDeclare, &fields).await?;
        let answer = self.expect(QueueDeclareOk).await?;
        let mut answer = Fields::new(&answer);
        answer.short_string()?;
        answer.u32()
    }

    async fn send(&mut self, channel: u16, method: Method, fields: &[u8]) -> io::Result<()> {
        let size = u32::try_from(fields.len() + 4).map_err(io::Error::other)?;
        let stream = &mut self.stream;
        stream.write_u8(METHOD).await?;
        stream.write_u16(channel).await?;
        stream.write_u32(size).await?;
        stream.write_u32(method as u32).await?;
        stream.write_all(fields).await?;
        stream.write_u8(FRAME_END).await?;
        stream.flush().await
    }

    /// The fields of the next method, which has to be this one.
    async fn expect(&mut self, method: Method) -> Result<Vec<u8>, BoxError> {
        loop {
            let kind = self.stream.read_u8().await?;
            let _channel = self.stream.read_u16().await?;
            let size = self.stream.read_u32().await?;
            if size > FRAME_MAX {
                return Err(format!("the broker sent a frame of {size} bytes").into());
            }
            let mut payload = vec![0; size as usize];
            self.stream.read_exact(&mut payload).await?;
            if self.stream.read_u8().await? != FRAME_END {
                return Err("the broker sent a frame without an end".into());
            }
            if kind == HEARTBEAT {
                continue;
            }
            let mut fields = Fields::new(&payload);
            let is = fields.u32()?;
            if is == method as u32 {
                return Ok(fields.rest().to_vec());
            }
            if is == Close as u32 || is == ChannelClose as u32 {
                let (code, text) = (fields.u16()?, fields.short_string()?);
                return Err(format!("the broker closed the connection: {code} {text}").into());
            }
            return Err(format!("the broker sent another method than expected: {is:#010x}").into());
        }
    }
}
