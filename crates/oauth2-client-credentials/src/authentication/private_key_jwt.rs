//! `private_key_jwt`: the client's own key signs.

use std::time::SystemTime;

use crate::client_error::ClientError;
use crate::endpoint_uri::EndpointUri;
use crate::jose::{JwsAlgorithm, SigningKey};

use super::{AssertionTemplate, ClientAssertion};

/// An assertion that is signed with the client's private key (OpenID Connect
/// Core §9, RFC 7523 §2.2), whose public part the server knows.
///
/// The algorithm is that of the [`SigningKey`].
///
/// ```
/// use std::time::SystemTime;
///
/// use oauth2_client_credentials::{
///     AssertionTemplate, Client, EndpointUri, Fresh, PrivateKeyJwt, SigningKey, TokenRequest,
/// };
///
/// # let random_bytes = [0; 16];
/// # let pem = "-----BEGIN PRIVATE KEY-----\nMC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n-----END PRIVATE KEY-----\n";
/// let key = SigningKey::from_pem(pem)?;
/// let template = AssertionTemplate::new().issuer("https://as.example.com").key_id("k1");
/// let client = Client::new("svc", PrivateKeyJwt::new(key).template(template))?;
///
/// let endpoint = EndpointUri::new("https://as.example.com/token")?;
/// let fresh = Fresh::new(SystemTime::now(), random_bytes);
/// let request = client.with_fresh(fresh).token_request(&endpoint, &TokenRequest::new())?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct PrivateKeyJwt {
    key: SigningKey,
    template: AssertionTemplate,
}

impl PrivateKeyJwt {
    /// With this key; the `kid` is that of its JWK, if it came from one.
    pub fn new(key: SigningKey) -> Self {
        let template = AssertionTemplate::new().or_key_id(key.key_id());
        Self { key, template }
    }

    /// Header and claims of its assertions. Without a `kid` in it, the one of
    /// the key's JWK stays.
    #[must_use]
    pub fn template(self, template: AssertionTemplate) -> Self {
        let template = template.or_key_id(self.key.key_id());
        Self { template, ..self }
    }

    /// One assertion, as [`Client`](crate::Client) makes them, for a request
    /// that is made elsewhere. `id` is its `jti` and must not come twice.
    ///
    /// # Errors
    /// When the client id is empty, a claim has a name that is taken, the lifetime
    /// is less than a second, or the parts of an RSA key do not
    /// go together.
    pub fn assertion(
        &self,
        client_id: &str,
        endpoint: &EndpointUri,
        now: SystemTime,
        id: &str,
    ) -> Result<ClientAssertion, ClientError> {
        let algorithm = self.key.algorithm();
        let unsigned = self
            .template
            .unsigned_with_id(algorithm, client_id, endpoint, now, id)?;
        let signature = self.key.sign(unsigned.signing_input().as_bytes());
        let signature = signature.map_err(ClientError::Key)?;
        Ok(unsigned.with_signature(&signature))
    }

    pub(crate) fn key_thumbprint(&self) -> String {
        self.key.public_jwk().thumbprint()
    }

    pub(crate) fn algorithm(&self) -> JwsAlgorithm {
        self.key.algorithm()
    }

    /// For this issuer, unless the template says something else.
    pub(crate) fn or_issuer(self, issuer: &str) -> Self {
        Self {
            template: self.template.or_issuer(issuer),
            ..self
        }
    }

    pub(super) fn check(&self) -> Result<(), ClientError> {
        self.template.check()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_hides_the_key() {
        let key = SigningKey::generate(|bytes| bytes.fill(7)).unwrap();
        let shown = format!("{:?}", PrivateKeyJwt::new(key));
        assert!(
            shown.contains("ES256") && !shown.contains("7, 7"),
            "{shown}"
        );
    }
}
