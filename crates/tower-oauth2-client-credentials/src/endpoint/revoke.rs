//! Giving tokens back (RFC 7009).

use oauth2_client_credentials::{
    Client, Decoder, EndpointUri, Revocation, SecretString, TokenTypeHint,
};

use super::{EndpointError, TokenEndpoint, error::Task, fresh::freshened, location::Place};
use crate::{
    error::{BoxError, TokenError, TokenErrorKind},
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
    /// It is tried once, and once more with a newer credential if the server does not accept the client.
    ///
    /// # Errors
    ///
    /// When the token may still be in use: there is no revocation endpoint, it cannot be reached, or it says why not. What it
    /// says is a [`ResponseError`](oauth2_client_credentials::ResponseError) in the chain of sources.
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
        let (client, tried) = self.credential.current();
        let prepared = match client {
            Ok(client) => self.revoked_at(&client).await.map(|uri| (client, uri)),
            Err(error) => Err(error),
        };
        let (client, endpoint) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return Err(EndpointError::new(Task::Prepare, tried, error)),
        };
        let outcome = self.send_revocation(client, &endpoint, token).await;
        outcome.map_err(|error| EndpointError::new(Task::Revocation(endpoint), tried, error))
    }

    async fn revoked_at(&self, client: &Client) -> Result<EndpointUri, TokenError> {
        let problem = |problem: String| {
            let message = format!(
                "the token cannot be revoked, for {problem}; give it with `TokenEndpoint::revocation_endpoint`"
            );
            TokenError::new(TokenErrorKind::Configuration, message)
        };
        match (&self.revocation, &self.place) {
            (Some(endpoint), _) => Ok(endpoint.clone()),
            (None, Place::Known(_)) => Err(problem("no revocation endpoint is known".to_owned())),
            (None, Place::Discovered(discovery)) => {
                let metadata = discovery.metadata(&self.http, &*self.clock).await?;
                let named = metadata.checked_revocation_endpoint(self.has_certificate(client));
                match named {
                    Ok(Some(endpoint)) => Ok(endpoint.clone()),
                    Ok(None) => Err(problem(format!(
                        "the metadata of the issuer {} names no revocation endpoint",
                        discovery.issuer()
                    ))),
                    Err(error) => Err(problem(error.to_string())),
                }
            }
        }
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
        let answer = self.http.send(sent, Decoder::MAX_BODY).await?;
        let decoded = Revocation::decode(&answer, self.clock.wall());
        Ok(decoded.map_err(|error| client.redact(error))?)
    }
}
