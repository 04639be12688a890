//! One order for a token, from the credential to the answer.

use std::sync::Arc;

use http::{Request, Response};
use oauth2_client_credentials::{
    Client, Decoder, EndpointUri, ErrorKind, Metadata, ResponseError, TokenRequest, TokenResponse,
};

use super::{
    EndpointError, TokenEndpoint, choice,
    discovery::Means,
    error::{Asked, Task},
    fresh::freshened,
    location::Place,
};
use crate::{
    credential::Prover,
    error::{BoxError, TokenError},
    heard::Hidden,
};

impl TokenEndpoint {
    pub(super) async fn fetch(self, request: TokenRequest) -> Result<TokenResponse, EndpointError> {
        self.credential.refresh().await;
        let error = match self.attempt(&request).await {
            Err(error) => error,
            outcome => return outcome,
        };
        let again = if error.refuses_client() {
            // It may have been replaced while the server looked at the old one.
            self.credential.renew(error.tried()).await
        } else {
            self.has_moved(&error).await
        };
        // Once more then, and that is the answer.
        if again {
            self.attempt(&request).await
        } else {
            Err(error)
        }
    }

    async fn attempt(&self, request: &TokenRequest) -> Result<TokenResponse, EndpointError> {
        let (prover, tried) = self.credential.current();
        let prepared = match prover {
            Ok(prover) => self.endpoint_for(&prover).await,
            Err(error) => Err(error),
        };
        let (client, endpoint) = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return Err(EndpointError::new(Task::Prepare, tried, error)),
        };
        let sending = self.place.discovery().map(|discovery| discovery.sending());
        let hidden = Hidden::of(&client);
        let outcome = self.exchange(client, &endpoint, request).await;
        let outcome = outcome.map_err(|error| {
            let asked = Asked::new(endpoint, &self.place, &hidden);
            EndpointError::new(Task::Token(asked), tried, error)
        });
        if outcome
            .as_ref()
            .map_or_else(EndpointError::is_answer, |_| true)
        {
            sending.into_iter().for_each(|sending| sending.answered());
        }
        outcome
    }

    /// Who asks for a token, and where.
    pub(super) async fn endpoint_for(
        &self,
        prover: &Prover,
    ) -> Result<(Client, EndpointUri), TokenError> {
        match &self.place {
            Place::Known(endpoint) => Ok((choice::client(prover, None)?, endpoint.clone())),
            Place::Discovered(discovery) => {
                let metadata = discovery.metadata(self.means(Some(prover))).await?;
                let client = choice::client(prover, Some(&metadata))?;
                let endpoint = choice::token_endpoint(&metadata, &client, &self.binding)?;
                Ok((client, endpoint))
            }
        }
    }

    /// Who asks, by the issuer's metadata if there is an issuer.
    pub(super) async fn client(
        &self,
        prover: &Prover,
    ) -> Result<(Client, Option<Arc<Metadata>>), TokenError> {
        let metadata = match self.place.discovery() {
            Some(discovery) => Some(discovery.metadata(self.means(Some(prover))).await?),
            None => None,
        };
        let client = choice::client(prover, metadata.as_deref())?;
        Ok((client, metadata))
    }

    /// What the issuer's metadata is read with.
    pub(super) fn means(&self, prover: Option<&Prover>) -> Means {
        Means {
            http: self.http.clone(),
            clock: Arc::clone(&self.clock),
            prover: prover.cloned(),
        }
    }

    pub(super) fn has_certificate(&self, client: &Client) -> bool {
        self.binding.has_certificate() || choice::is_mutual_tls(client)
    }

    /// Whether the endpoint that was asked is gone, and the issuer has another one by now.
    async fn has_moved(&self, error: &EndpointError) -> bool {
        let (Some(asked), (Ok(prover), _)) = (error.gone(), self.credential.current()) else {
            return false;
        };
        self.endpoint_for(&prover)
            .await
            .is_ok_and(|(_, endpoint)| endpoint != *asked)
    }

    async fn exchange(
        &self,
        client: Client,
        endpoint: &EndpointUri,
        request: &TokenRequest,
    ) -> Result<TokenResponse, BoxError> {
        let (decoded, nonce_is_new) = self.send(&client, endpoint, request).await?;
        let decoded = match decoded {
            // It says so with a nonce that the proof did not have: at once with that one, and that is the answer.
            Err(error) if nonce_is_new && error.kind() == ErrorKind::NonceRequired => {
                self.send(&client, endpoint, request).await?.0
            }
            decoded => decoded,
        };
        // Before anybody sees it: some servers repeat what they were sent.
        let token = match decoded {
            Ok(token) => client.redact_response(token),
            Err(error) => return Err(client.redact(error).into()),
        };
        self.binding.check(&token)?;
        Ok(token)
    }

    /// One request and its answer; and whether that had a DPoP nonce that is new.
    async fn send(
        &self,
        client: &Client,
        endpoint: &EndpointUri,
        request: &TokenRequest,
    ) -> Result<(Result<TokenResponse, ResponseError>, bool), BoxError> {
        let client = freshened(client, &*self.clock);
        let (mut head, body) = client.token_request(endpoint, request)?.into_parts();
        self.binding.prove(&mut head, &*self.clock)?;
        let sent = Request::from_parts(head, body);
        let answer = self.http.send(sent, Decoder::MAX_BODY).await;
        let (head, body) = answer
            .map_err(|error| Hidden::of(&client).in_error(error))?
            .into_parts();
        let nonce_is_new = self.binding.learn(endpoint.uri(), &head);
        let now = self.clock.wall();
        let decoded = self
            .decoder
            .decode(request, &Response::from_parts(head, body), now);
        Ok((decoded, nonce_is_new))
    }
}
