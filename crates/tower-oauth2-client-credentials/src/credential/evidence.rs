//! What a client proves itself with.

use std::fmt;

use oauth2_client_credentials::{
    Client, ClientAssertion, ClientAuthentication, ClientSecretBasic, ClientSecretPost, Material,
    MaterialError, Metadata, NoAuthentication, SelfSignedTlsClientAuth, TlsClientAuth,
};

use crate::heard::Hidden;

/// What a client proves itself with: by a method that is named, or by the one that follows from what it has.
///
/// The first is any method's type of [`oauth2_client_credentials`], such as [`ClientSecretPost`]; those of its feature `jose` need the
/// feature of that name here. By way of [`ClientAuthentication`] they are taken without it, but then no two signatures with a salt (`PS256`
/// and its like) count as of one key, and each answer of [`Credential::from_service`](crate::Credential::from_service) as a new credential.
/// The second is a [`Material`]: its method is chosen when the issuer's metadata is known.
///
/// ```
/// use oauth2_client_credentials::{ClientSecretPost, Material};
/// use tower_oauth2_client_credentials::Evidence;
///
/// let named = Evidence::from(ClientSecretPost::new("s3cret"));
/// let follows = Evidence::from(Material::secret("s3cret"));
/// ```
#[derive(Clone)]
pub struct Evidence {
    kind: Kind,
}

#[derive(Clone)]
enum Kind {
    Named(ClientAuthentication),
    Follows(Material),
}

/// A client whose method may still follow from the metadata.
#[derive(Clone, Debug)]
pub(crate) enum Prover {
    Client(Client),
    Material(Box<str>, Material),
}

impl Evidence {
    /// Of the client called `id`.
    ///
    /// # Errors
    ///
    /// It makes no client, whatever the metadata says.
    pub(super) fn of(self, id: &str) -> Result<Prover, MaterialError> {
        match self.kind {
            Kind::Named(authentication) => Client::new(id, authentication)
                .map(Prover::Client)
                .map_err(MaterialError::Client),
            Kind::Follows(material) => {
                material.clone().into_client(id, None)?;
                Ok(Prover::Material(id.into(), material))
            }
        }
    }
}

impl Prover {
    pub(crate) fn id(&self) -> &str {
        match self {
            Self::Client(client) => client.id(),
            Self::Material(id, _) => id,
        }
    }

    /// What it keeps secret, to be hidden in what others say.
    pub(crate) fn hidden(&self) -> Hidden {
        let client = self.client(None);
        client.map_or_else(|_| Hidden::default(), |client| Hidden::of(&client))
    }

    /// The client, by the method that is named or that follows.
    ///
    /// # Errors
    ///
    /// The method that follows is ruled out.
    pub(crate) fn client(&self, metadata: Option<&Metadata>) -> Result<Client, MaterialError> {
        match self {
            Self::Client(client) => Ok(client.clone()),
            Self::Material(id, material) => material.clone().into_client(&**id, metadata),
        }
    }
}

impl From<ClientAuthentication> for Evidence {
    fn from(authentication: ClientAuthentication) -> Self {
        Self {
            kind: Kind::Named(authentication),
        }
    }
}

impl From<Material> for Evidence {
    fn from(material: Material) -> Self {
        Self {
            kind: Kind::Follows(material),
        }
    }
}

macro_rules! named {
    ($($method:ty),+ $(,)?) => {$(
        impl From<$method> for Evidence {
            fn from(method: $method) -> Self {
                ClientAuthentication::from(method).into()
            }
        }
    )+};
}

named!(
    ClientAssertion,
    ClientSecretBasic,
    ClientSecretPost,
    NoAuthentication,
    SelfSignedTlsClientAuth,
    TlsClientAuth,
);
#[cfg(feature = "jose")]
named!(
    oauth2_client_credentials::ClientSecretJwt,
    oauth2_client_credentials::PrivateKeyJwt,
);

impl fmt::Debug for Evidence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind: &dyn fmt::Debug = match &self.kind {
            Kind::Named(authentication) => authentication,
            Kind::Follows(material) => material,
        };
        f.debug_tuple("Evidence").field(kind).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_that_is_named_stays_and_another_follows() {
        let method = |evidence: Evidence| {
            let prover = evidence.of("svc").unwrap();
            assert_eq!(prover.id(), "svc");
            prover.client(None).unwrap().authentication_method()
        };
        assert_eq!(
            method(ClientSecretPost::new("s").into()),
            "client_secret_post"
        );
        assert_eq!(method(Material::secret("s").into()), "client_secret_basic");
        assert_eq!(method(Material::Certificate.into()), "tls_client_auth");
    }

    #[test]
    fn what_makes_no_client_is_refused_at_once() {
        assert!(
            Evidence::from(ClientAssertion::new("a b"))
                .of("svc")
                .is_err()
        );
        assert!(Evidence::from(Material::secret("s")).of("").is_err());
    }

    #[test]
    fn debug_hides_the_secret() {
        let named = Evidence::from(ClientSecretBasic::new("canary"));
        let follows = Evidence::from(Material::secret("canary"));
        let shown = format!("{named:?} {follows:?}");
        assert!(
            shown.contains("client_secret_basic") && !shown.contains("canary"),
            "{shown}"
        );
    }
}
