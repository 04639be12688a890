//! `client_secret_jwt`: the secret signs, and is not sent.

use std::time::SystemTime;

use crate::client_error::ClientError;
use crate::endpoint_uri::EndpointUri;
use crate::jose::{HmacKey, JwsAlgorithm};
use crate::secret::SecretString;

use super::{AssertionTemplate, ClientAssertion};

/// An assertion that is signed with the client's secret (OpenID Connect Core
/// §9, RFC 7523 §2.2), with HS256 if nothing else is said.
///
/// The key is the UTF-8 octets of the secret. It needs at least 32 of them, the
/// length of the shortest hash. RFC 7518 §3.2 asks for as many as the hash has,
/// 48 for HS384 and 64 for HS512; a client cannot choose its secret, so that is
/// left to the server.
///
/// ```
/// use std::time::SystemTime;
///
/// use oauth2_client_credentials::{
///     AssertionTemplate, Client, ClientSecretJwt, EndpointUri, Fresh, TokenRequest,
/// };
///
/// # let random_bytes = [0; 16];
/// let template = AssertionTemplate::new().issuer("https://as.example.com");
/// let jwt = ClientSecretJwt::new("a-client-secret-of-at-least-32-bytes").template(template);
/// let client = Client::new("svc", jwt)?;
///
/// let endpoint = EndpointUri::new("https://as.example.com/token")?;
/// let fresh = Fresh::new(SystemTime::now(), random_bytes);
/// let request = client.with_fresh(fresh).token_request(&endpoint, &TokenRequest::new())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientSecretJwt {
    key: HmacKey,
    is_long_enough: bool,
    algorithm: JwsAlgorithm,
    template: AssertionTemplate,
}

impl ClientSecretJwt {
    /// With this secret.
    pub fn new(secret: impl Into<SecretString>) -> Self {
        const SHORTEST: usize = 32;
        let secret = secret.into();
        Self {
            key: HmacKey::new(secret.expose()),
            is_long_enough: secret.expose().len() >= SHORTEST,
            algorithm: JwsAlgorithm::HS256,
            template: AssertionTemplate::new(),
        }
    }

    /// Another algorithm: HS384 or HS512.
    #[must_use]
    pub fn algorithm(self, algorithm: JwsAlgorithm) -> Self {
        Self { algorithm, ..self }
    }

    /// Header and claims of its assertions.
    #[must_use]
    pub fn template(self, template: AssertionTemplate) -> Self {
        Self { template, ..self }
    }

    /// One assertion, as [`Client`](crate::Client) makes them, for a request
    /// that is made elsewhere. `id` is its `jti` and must not come twice.
    ///
    /// # Errors
    /// When the client id is empty, the algorithm is none of a secret, the secret
    /// is too short, a claim has a name that is taken, or the lifetime is less
    /// than a second.
    pub fn assertion(
        &self,
        client_id: &str,
        endpoint: &EndpointUri,
        now: SystemTime,
        id: &str,
    ) -> Result<ClientAssertion, ClientError> {
        self.check()?;
        let unsigned =
            self.template
                .unsigned_with_id(self.algorithm, client_id, endpoint, now, id)?;
        let signature = self
            .key
            .sign(self.algorithm, unsigned.signing_input().as_bytes())
            .ok_or(ClientError::UnsupportedAlgorithm)?;
        Ok(unsigned.with_signature(&signature))
    }

    pub(super) fn secret(&self) -> Option<SecretString> {
        self.key.secret().map(Into::into)
    }

    pub(super) fn check(&self) -> Result<(), ClientError> {
        if !self.algorithm.is_symmetric() {
            return Err(ClientError::UnsupportedAlgorithm);
        }
        if !self.is_long_enough {
            return Err(ClientError::ShortSecret);
        }
        self.template.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "0123456789abcdef0123456789abcdef";

    fn refusal(jwt: &ClientSecretJwt) -> Option<ClientError> {
        let endpoint = EndpointUri::new("https://as.example.com/token").unwrap();
        let made = jwt.assertion("id", &endpoint, SystemTime::UNIX_EPOCH, "1");
        assert_eq!(made.as_ref().err(), jwt.check().as_ref().err());
        made.err()
    }

    #[test]
    fn a_secret_shorter_than_a_hash_is_refused() {
        assert_eq!(refusal(&ClientSecretJwt::new(SECRET)), None);
        let short = ClientSecretJwt::new(&SECRET[1..]);
        assert_eq!(refusal(&short), Some(ClientError::ShortSecret));
    }

    #[test]
    fn only_hmac_algorithms_go_with_a_secret() {
        for (algorithm, refused) in [
            (JwsAlgorithm::HS384, None),
            (JwsAlgorithm::HS512, None),
            (JwsAlgorithm::RS256, Some(ClientError::UnsupportedAlgorithm)),
            (JwsAlgorithm::EdDSA, Some(ClientError::UnsupportedAlgorithm)),
        ] {
            let jwt = ClientSecretJwt::new(SECRET).algorithm(algorithm);
            assert_eq!(refusal(&jwt), refused, "{algorithm}");
        }
    }

    #[test]
    fn debug_hides_the_secret() {
        let shown = format!("{:?}", ClientSecretJwt::new("canary"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
