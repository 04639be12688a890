//! `client_secret_post`: id and secret in the body.

use crate::form;
use crate::secret::SecretString;

/// The client's id and secret as form parameters (RFC 6749 §2.3.1), for a
/// server that does not read HTTP Basic. An empty secret is allowed, and sent.
#[derive(Clone, Debug)]
pub struct ClientSecretPost {
    secret: SecretString,
}

impl ClientSecretPost {
    /// With this secret.
    pub fn new(secret: impl Into<SecretString>) -> Self {
        Self {
            secret: secret.into(),
        }
    }

    pub(super) fn secret(&self) -> &SecretString {
        &self.secret
    }

    pub(super) fn parameters(&self, id: &str) -> SecretString {
        let secret = self.secret.expose();
        // At worst three bytes for one: what grows would leave copies behind.
        let length = "client_id=&client_secret=".len() + 3 * (id.len() + secret.len());
        let mut parameters = String::with_capacity(length);
        form::append_pair(&mut parameters, "client_id", id);
        form::append_pair(&mut parameters, "client_secret", secret);
        parameters.into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_secret_is_sent() {
        let post = ClientSecretPost::new("");
        assert_eq!(
            post.parameters("a b").expose(),
            "client_id=a+b&client_secret="
        );
    }
}
