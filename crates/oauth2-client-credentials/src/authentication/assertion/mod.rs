//! Client assertions: a signed statement in the place of a secret (RFC 7521
//! §4.2, RFC 7523 §2.2).

mod template;
mod unsigned;

use std::fmt;

use crate::client_error::ClientError;
use crate::form;
use crate::secret::SecretString;

pub use self::template::AssertionTemplate;
pub use self::unsigned::UnsignedAssertion;

const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An assertion that is there already: made by somebody else, such as a
/// Kubernetes projected token or a SPIFFE JWT-SVID, or signed in two steps
/// ([`UnsignedAssertion`]).
///
/// It is sent as it is, in every request, for as long as the client has it: who
/// made it sees to a new one in time. White space around it, such as the line
/// end of a file, is left out.
///
/// ```
/// use oauth2_client_credentials::{Client, ClientAssertion, EndpointUri, TokenRequest};
///
/// # let text_of_the_file = "eyJ0eXAiOiJKV1QifQ.e30.c2ln\n";
/// let client = Client::new("svc", ClientAssertion::new(text_of_the_file))?;
/// let endpoint = EndpointUri::new("https://as.example.com/token")?;
/// let request = client.token_request(&endpoint, &TokenRequest::new())?;
/// assert!(request.body().ends_with(b"&client_assertion=eyJ0eXAiOiJKV1QifQ.e30.c2ln"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ClientAssertion {
    assertion: SecretString,
    assertion_type: String,
    method: &'static str,
}

impl ClientAssertion {
    /// A JWT (RFC 7523 §2.2), as `private_key_jwt`.
    pub fn new(assertion: impl Into<SecretString>) -> Self {
        Self::signed(assertion.into(), "private_key_jwt")
    }

    pub(super) fn signed(assertion: SecretString, method: &'static str) -> Self {
        Self {
            assertion,
            assertion_type: JWT_BEARER.to_owned(),
            method,
        }
    }

    /// Another `client_assertion_type` than that of a JWT (RFC 7521 §4.2), such
    /// as `urn:ietf:params:oauth:client-assertion-type:saml2-bearer`.
    #[must_use]
    pub fn assertion_type(self, uri: impl Into<String>) -> Self {
        Self {
            assertion_type: uri.into(),
            ..self
        }
    }

    /// The assertion was signed with the client's secret: the method is then
    /// called `client_secret_jwt`.
    #[must_use]
    pub fn signed_with_secret(self) -> Self {
        Self {
            method: "client_secret_jwt",
            ..self
        }
    }

    /// The assertion itself.
    pub fn assertion(&self) -> &SecretString {
        &self.assertion
    }

    pub(crate) fn is_jwt(&self) -> bool {
        self.assertion_type == JWT_BEARER
    }

    pub(crate) fn method(&self) -> &'static str {
        self.method
    }

    pub(super) fn parameters(&self, id: &str) -> Result<SecretString, ClientError> {
        let assertion = self.assertion.expose().trim_ascii();
        if assertion.is_empty() || !assertion.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(ClientError::InvalidAssertion);
        }
        let mut parameters = parameters_before(id, &self.assertion_type, 3 * assertion.len());
        form::Encoding::WHATWG.append(&mut parameters, assertion);
        Ok(parameters.into())
    }
}

/// The client's own parameters up to the assertion, with room for it.
fn parameters_before(id: &str, assertion_type: &str, room: usize) -> String {
    let mut parameters = String::with_capacity(64 + 3 * (id.len() + assertion_type.len()) + room);
    form::append_pair(&mut parameters, "client_id", id);
    form::append_pair(&mut parameters, "client_assertion_type", assertion_type);
    form::append_pair(&mut parameters, "client_assertion", "");
    parameters
}

impl fmt::Debug for ClientAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientAssertion")
            .field("assertion_type", &self.assertion_type)
            .field("method", &self.method)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sent_as_it_is_without_the_line_end() {
        let assertion = ClientAssertion::new(" a.b-_~\r\n").assertion_type("urn:x");
        assert_eq!(
            assertion.parameters("a b").unwrap().expose(),
            "client_id=a+b&client_assertion_type=urn%3Ax&client_assertion=a.b-_%7E"
        );
    }

    #[test]
    fn what_is_no_assertion_is_refused() {
        for text in ["", " \n", "a b", "a\nb", "\u{e9}"] {
            let refused = ClientAssertion::new(text).parameters("id").unwrap_err();
            assert_eq!(refused, ClientError::InvalidAssertion, "{text:?}");
        }
    }

    #[test]
    fn debug_hides_the_assertion() {
        let shown = format!("{:?}", ClientAssertion::new("canary"));
        assert!(!shown.contains("canary"), "{shown}");
    }
}
