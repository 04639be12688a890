//! Giving tokens back (RFC 7009).

use oauth2_client_credentials::{
    Client, Decoder, EndpointUri, Metadata, Revocation, SecretString, TokenTypeHint,
};

use super::{
    EndpointError, TokenEndpoint,
    error::{Asked, Task},
    fresh::freshened,
};
use crate::{
    credential::Prover,
    error::{BoxError, TokenError, TokenErrorKind},
    heard::Hidden,
    source::Token,
};

impl TokenEndpoint {
    /// Where tokens are revoked (RFC 7009 §2). It takes the place of what the issuer's metadata says.
    #[must_use]
    pub fn revocation_endpoint(mut self, endpoint: EndpointUri) -> Self {
        self.revocation = Some(endpoint);
        self
    }

    /// Gives `token` back before its life is over (RFC 7009): one that [`TokenSource::close`](crate::TokenSource::close) handed out, so
    /// that nothing is left behind that works. One that the server does not know counts as revoked.
    ///
    /// It is tried once, and once more with a newer credential if the server does not accept the client. Nothing limits how
    /// long the server takes to answer but your HTTP service, or a timeout around this.
    ///
    /// # Errors
    ///
    /// When the token may still be in use: there is no revocation endpoint, it cannot be reached, or it says why not. What it
    /// says is a [`ResponseError`](oauth2_client_credentials::ResponseError) in the chain of sources.
    ///
    /// # Panics
    ///
    /// When the HTTP service does; also while others have it read the metadata, as for [`metadata`](Self::metadata).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the request: whether the server got it, nobody knows. Revoking the token again is safe.
    ///
    /// ```no_run
    /// # async fn end(source: tower_oauth2_client_credentials::TokenSource, endpoint: tower_oauth2_client_credentials::TokenEndpoint) {
    /// for token in source.close() {
    ///     if let Err(error) = endpoint.revoke(&token).await {
    ///         eprintln!("a token stays valid until it ends: {error}");
    ///     }
    /// }
    /// # }
    /// ```
    pub async fn revoke(&self, token: &Token) -> Result<(), EndpointError> {
        self.credential.refresh().await;
        let token = token.access_token();
        match self.try_to_revoke(token).await {
            Err(error) if error.refuses_client() && self.credential.renew(error.tried()).await => {
                self.try_to_revoke(token).await
            }
            outcome => outcome,
        }
    }

    async fn try_to_revoke(&self, token: &SecretString) -> Result<(), EndpointError> {
        let (prover, tried) = self.credential.current();
        let prepared = match prover {
            Ok(prover) => self.revoked_at(&prover).await,
            Err(error) => Err(error),
        };
        let (client, endpoint) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return Err(EndpointError::new(Task::Prepare, tried, error)),
        };
        let hidden = Hidden::of(&client).and(token);
        let outcome = self.send_revocation(client, &endpoint, token).await;
        outcome.map_err(|error| {
            let asked = Asked::new(endpoint, &self.place, &hidden);
            EndpointError::new(Task::Revocation(asked), tried, error)
        })
    }

    async fn revoked_at(&self, prover: &Prover) -> Result<(Client, EndpointUri), TokenError> {
        let (client, metadata) = self.client(prover).await?;
        if let Some(endpoint) = &self.revocation {
            return Ok((client, endpoint.clone()));
        }
        let named = match &metadata {
            Some(metadata) => metadata.checked_revocation_endpoint(self.has_certificate(&client)),
            None => Ok(None),
        };
        let problem = match (named, metadata.as_deref().map(Metadata::issuer)) {
            (Ok(Some(endpoint)), _) => return Ok((client, endpoint.clone())),
            (Ok(None), Some(issuer)) => {
                format!("the metadata of the issuer {issuer} names no revocation endpoint")
            }
            (Ok(None), None) => "no revocation endpoint is known".to_owned(),
            (Err(error), _) => error.to_string(),
        };
        let message = format!(
            "the token cannot be revoked, for {problem}; give it with `TokenEndpoint::revocation_endpoint`"
        );
        Err(TokenError::new(TokenErrorKind::Configuration, message))
    }

    async fn send_revocation(
        &self,
        client: Client,
        endpoint: &EndpointUri,
        token: &SecretString,
    ) -> Result<(), BoxError> {
        let client = freshened(&client, &*self.clock);
        let revocation = Revocation::new(token.clone()).token_type_hint(TokenTypeHint::AccessToken);
        let sent = client.revocation_request(endpoint, &revocation)?;
        let answer = self.http.send(sent, Decoder::MAX_BODY).await;
        let answer = answer.map_err(|error| Hidden::of(&client).and(token).in_error(error))?;
        let decoded = Revocation::decode(&answer, self.clock.wall());
        // The server has seen both, and may repeat both.
        Ok(decoded.map_err(|error| client.redact_also(error, token))?)
    }
}
