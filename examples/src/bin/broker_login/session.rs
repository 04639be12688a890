//! The part of the token source: a connection that stays longer than any token.

use tower_oauth2_client_credentials::{BoxError, TokenSource};

use crate::amqp::Connection;

/// A connection to a broker, and which token it was told last.
pub(crate) struct Session {
    source: TokenSource,
    connection: Connection,
    generation: u64,
}

impl Session {
    /// Connects to the broker at `address`, with a token as the password. Whose it is stands in the token.
    pub(crate) async fn login(source: TokenSource, address: &str) -> Result<Self, BoxError> {
        let token = source.token().await?;
        let secret = token.access_token().expose();
        let connection = Connection::open(address, "", secret).await?;
        Ok(Self {
            source,
            connection,
            generation: token.generation(),
        })
    }

    /// The connection, which logs in again first if the source has a newer token. The source has one well before the old one ends,
    /// as long as it is asked: an idle program does so now and then.
    pub(crate) async fn connection(&mut self) -> Result<&mut Connection, BoxError> {
        let token = self.source.token().await?;
        if token.generation() != self.generation {
            let secret = token.access_token().expose();
            self.connection.update_secret(secret).await?;
            self.generation = token.generation();
        }
        Ok(&mut self.connection)
    }

    /// Of the token that the broker was told last.
    pub(crate) fn generation(&self) -> u64 {
        self.generation
    }
}
