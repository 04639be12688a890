//! One order for a token, from the credential to the answer.

use oauth2_client_credentials::{Client, Decoder, TokenRequest, TokenResponse};

use super::{EndpointError, TokenEndpoint, error::Task, fresh::freshened};
use crate::error::BoxError;

impl TokenEndpoint {
    pub(super) async fn fetch(self, request: TokenRequest) -> Result<TokenResponse, EndpointError> {
        self.credential.refresh().await;
        let error = match self.attempt(&request).await {
            Err(error) if error.refuses_client() => error,
            outcome => return outcome,
        };
        // It may have been replaced while the server looked at the old one: once more then, and that is the answer.
        if self.credential.renew(error.tried()).await {
            self.attempt(&request).await
        } else {
            Err(error)
        }
    }

    async fn attempt(&self, request: &TokenRequest) -> Result<TokenResponse, EndpointError> {
        let (client, tried) = self.credential.current();
        let outcome = match client {
            Ok(client) => self.exchange(client, request).await,
            Err(error) => return Err(EndpointError::new(Task::NoEndpoint, tried, error)),
        };
        outcome.map_err(|error| EndpointError::new(Task::Token(self.uri.clone()), tried, error))
    }

    async fn exchange(
        &self,
        client: Client,
        request: &TokenRequest,
    ) -> Result<TokenResponse, BoxError> {
        let client = freshened(client, &*self.clock);
        let sent = client.token_request(&self.uri, request)?;
        let answer = self.http.send(sent, Decoder::MAX_BODY).await?;
        let decoded = self.decoder.decode(request, &answer, self.clock.wall());
        // Before anybody sees it: some servers repeat what they were sent.
        Ok(decoded.map_err(|error| client.redact(error))?)
    }
}
