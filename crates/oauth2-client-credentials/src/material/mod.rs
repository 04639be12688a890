//! What a client has to prove itself with, and the method that follows.

mod error;

#[cfg(feature = "jose")]
use crate::authentication::PrivateKeyJwt;
use crate::authentication::{
    ClientAssertion, ClientAuthentication, ClientSecretBasic, TlsClientAuth,
};
use crate::client::Client;
#[cfg(feature = "jose")]
use crate::jose::SigningKey;
use crate::metadata::Metadata;
use crate::quoted::kept_list;
use crate::secret::SecretString;

pub use self::error::MaterialError;

/// What a client has to prove itself with, where nobody says by which method:
/// that follows from the material.
///
/// | material | method |
/// |---|---|
/// | a secret | `client_secret_basic`, or `client_secret_post` if the server lists that and not basic |
/// | a private key | `private_key_jwt` |
/// | an assertion | the method that it [calls its own](ClientAssertion::signed_with_secret) |
/// | a certificate in the TLS connection | `tls_client_auth` |
///
/// The list of the server ([`Metadata::listed_auth_methods`]) may rule the method
/// out, and never brings a better one: it tells what the server knows, and not
/// what this client is registered for. So `client_secret_jwt` and
/// `self_signed_tls_client_auth` are for who names them, with `ClientSecretJwt`
/// and [`SelfSignedTlsClientAuth`](crate::SelfSignedTlsClientAuth). A server without
/// a list rules nothing out, though RFC 8414 §2 takes that for
/// `client_secret_basic`: many have none and know more.
///
/// ```
/// use oauth2_client_credentials::{Issuer, Material};
///
/// # let body = br#"{"issuer":"https://as.example.com","token_endpoint":"https://as.example.com/token","token_endpoint_auth_methods_supported":["client_secret_post","private_key_jwt"]}"#;
/// let issuer = Issuer::new("https://as.example.com")?;
/// let metadata = issuer.decode_metadata_parts(http::StatusCode::OK, body)?;
///
/// let client = Material::secret("s3cr3t").into_client("svc", Some(&metadata))?;
/// assert_eq!(client.authentication_method(), "client_secret_post");
/// let error = Material::Certificate.into_client("svc", Some(&metadata)).unwrap_err();
/// assert!(error.to_string().contains("lists client_secret_post, private_key_jwt"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Material {
    /// A secret, with the encoding for HTTP Basic.
    Secret(ClientSecretBasic),
    /// A private key, with what is to be in the assertions that it signs.
    #[cfg(feature = "jose")]
    Key(Box<PrivateKeyJwt>),
    /// An assertion that somebody else made.
    Assertion(ClientAssertion),
    /// A certificate that the HTTP client connects with.
    Certificate,
}

impl Material {
    /// A secret, in the usual encoding.
    pub fn secret(secret: impl Into<SecretString>) -> Self {
        Self::Secret(ClientSecretBasic::new(secret))
    }

    /// The client called `id` with the method that follows, for the server with
    /// this metadata if it is known.
    ///
    /// The assertions of a key are then for the issuer, unless something else was
    /// said (draft-ietf-oauth-rfc7523bis).
    ///
    /// # Errors
    /// When the server lists methods and the one that follows is none of them, or
    /// algorithms and that of the key is none of them; and as for
    /// [`Client::new`].
    pub fn into_client(
        self,
        id: impl Into<String>,
        metadata: Option<&Metadata>,
    ) -> Result<Client, MaterialError> {
        let authentication = self.into_authentication(metadata)?;
        Client::new(id, authentication).map_err(MaterialError::Client)
    }

    /// The method that follows, with its material.
    ///
    /// # Errors
    /// As for [`into_client`](Self::into_client), but for what belongs to the
    /// client.
    pub fn into_authentication(
        self,
        metadata: Option<&Metadata>,
    ) -> Result<ClientAuthentication, MaterialError> {
        match self {
            Self::Secret(basic) => {
                let method = listed(metadata, &["client_secret_basic", "client_secret_post"])?;
                Ok(match method {
                    "client_secret_post" => basic.into_post().into(),
                    _ => basic.into(),
                })
            }
            #[cfg(feature = "jose")]
            Self::Key(jwt) => {
                listed(metadata, &["private_key_jwt"])?;
                let Some(metadata) = metadata else {
                    return Ok((*jwt).into());
                };
                let (name, known) = (jwt.algorithm().name(), metadata.auth_signing_algorithms());
                if !known.is_empty() && known.iter().all(|one| one != name) {
                    return Err(MaterialError::AlgorithmNotListed(name, kept_list(known)));
                }
                Ok(jwt.or_issuer(metadata.issuer()).into())
            }
            Self::Assertion(assertion) => {
                // One of another type has no method in the registry.
                if assertion.is_jwt() {
                    listed(metadata, &[assertion.method()])?;
                }
                Ok(assertion.into())
            }
            Self::Certificate => {
                listed(metadata, &["tls_client_auth"])?;
                Ok(TlsClientAuth.into())
            }
        }
    }
}

/// The first of these methods that the server lists; the first of all if it has
/// no list.
fn listed(
    metadata: Option<&Metadata>,
    methods: &[&'static str],
) -> Result<&'static str, MaterialError> {
    let list = metadata.and_then(Metadata::listed_auth_methods);
    let is_listed = |method: &&&str| list.is_none_or(|list| list.iter().any(|one| one == **method));
    methods.iter().find(is_listed).copied().ok_or_else(|| {
        let list = kept_list(list.unwrap_or_default());
        MaterialError::MethodNotListed(methods.to_vec(), list)
    })
}

impl From<ClientSecretBasic> for Material {
    fn from(basic: ClientSecretBasic) -> Self {
        Self::Secret(basic)
    }
}

impl From<ClientAssertion> for Material {
    fn from(assertion: ClientAssertion) -> Self {
        Self::Assertion(assertion)
    }
}

#[cfg(feature = "jose")]
impl From<PrivateKeyJwt> for Material {
    fn from(jwt: PrivateKeyJwt) -> Self {
        Self::Key(Box::new(jwt))
    }
}

#[cfg(feature = "jose")]
impl From<SigningKey> for Material {
    fn from(key: SigningKey) -> Self {
        PrivateKeyJwt::new(key).into()
    }
}
