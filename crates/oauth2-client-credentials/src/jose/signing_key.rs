//! Private keys that sign.

use std::fmt;

use zeroize::Zeroizing;

use super::kind::Kind;
use super::{JwsAlgorithm, KeyError, PublicJwk, der, pem, private_jwk};

/// A private key: P-256, P-384, P-521, Ed25519, or with the feature `rsa` RSA
/// of 2048 to 4096 bits.
///
/// It signs client assertions ([`PrivateKeyJwt`](crate::PrivateKeyJwt)) and DPoP
/// proofs ([`DpopKey`](crate::DpopKey)). A clone costs a copy of the key, but a
/// reference count with RSA. `Debug` shows no part of it, and its memory is
/// overwritten when it is dropped, except with RSA.
///
/// ```
/// use oauth2_client_credentials::{JwsAlgorithm, SigningKey};
///
/// let key = SigningKey::from_jwk(
///     r#"{"kty":"OKP","crv":"Ed25519","kid":"k1",
///         "d":"nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A",
///         "x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#,
/// )?;
/// assert_eq!(key.algorithm(), JwsAlgorithm::EdDSA);
/// assert_eq!(key.key_id(), Some("k1"));
/// assert_eq!(key.public_jwk().thumbprint(), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
/// # Ok::<(), oauth2_client_credentials::KeyError>(())
/// ```
#[derive(Clone)]
pub struct SigningKey {
    kind: Kind,
    algorithm: JwsAlgorithm,
    key_id: Option<String>,
}

impl SigningKey {
    /// The first private key in this PEM text (RFC 7468): `PRIVATE KEY`
    /// (PKCS#8), `RSA PRIVATE KEY` (PKCS#1) or `EC PRIVATE KEY` (SEC1). A line may
    /// end in a backslash and an `n`, as it does in environment variables.
    ///
    /// # Errors
    /// When there is none, or it is encrypted, of another kind, or too weak.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let mut otherwise = KeyError::Malformed;
        let text = pem::with_line_ends(text);
        for block in pem::blocks(&text) {
            match block.label {
                // Some programs confuse the three.
                "PRIVATE KEY" | "RSA PRIVATE KEY" | "EC PRIVATE KEY" => {}
                "ENCRYPTED PRIVATE KEY" => return Err(KeyError::Encrypted),
                label if label.ends_with("PRIVATE KEY") => return Err(KeyError::Unsupported),
                "CERTIFICATE" | "PUBLIC KEY" | "RSA PUBLIC KEY" => {
                    otherwise = KeyError::NotPrivate;
                    continue;
                }
                _ => continue,
            }
            if block.is_encrypted() {
                return Err(KeyError::Encrypted);
            }
            let bytes = block.bytes().ok_or(KeyError::Malformed)?;
            return Self::from_der(&bytes);
        }
        Err(otherwise)
    }

    /// A key in DER: PKCS#8, PKCS#1 or SEC1.
    ///
    /// # Errors
    /// When it is none of these, of another kind, or too weak.
    pub fn from_der(bytes: &[u8]) -> Result<Self, KeyError> {
        der::any(bytes).map(Self::of)
    }

    /// A private JWK as JSON text (RFC 7517; RFC 7518 §6.2.2 and §6.3.2, RFC
    /// 8037 §2). RSA needs its primes and what belongs to them. The members
    /// `kid` and `alg` are taken over.
    ///
    /// # Errors
    /// When it is no private key, is of another kind, too weak, not for signing
    /// (`use`, `key_ops`), has an `alg` that does not go with it, or a public part
    /// that is not its own.
    pub fn from_jwk(json: &str) -> Result<Self, KeyError> {
        let read = private_jwk::read(json)?;
        let mut key = Self::of(read.kind);
        if let Some(name) = read.algorithm {
            let algorithm = JwsAlgorithm::from_name(&name).ok_or(KeyError::Algorithm)?;
            key = key.with_algorithm(algorithm)?;
        }
        key.key_id = read.key_id;
        Ok(key)
    }

    /// A new P-256 key of random bytes, for DPoP: `fill` has to fill what it is
    /// given from the operating system's generator. The same bytes make the same
    /// key.
    ///
    /// # Errors
    /// When 16 times in a row the bytes make no key: less likely than anything
    /// else, unless `fill` does not fill.
    pub fn generate(mut fill: impl FnMut(&mut [u8])) -> Result<Self, KeyError> {
        let mut bytes = Zeroizing::new([0; 32]);
        for _ in 0..16 {
            fill(&mut bytes[..]);
            if let Some(key) = Kind::p256_from_scalar(&bytes[..]) {
                return Ok(Self::of(key));
            }
        }
        Err(KeyError::Randomness)
    }

    fn of(kind: Kind) -> Self {
        Self {
            algorithm: kind.usual_algorithm(),
            kind,
            key_id: None,
        }
    }

    /// Signs with this algorithm from now on.
    ///
    /// # Errors
    /// When it does not go with the key ([`supports`](Self::supports)).
    pub fn with_algorithm(self, algorithm: JwsAlgorithm) -> Result<Self, KeyError> {
        if self.supports(algorithm) {
            Ok(Self { algorithm, ..self })
        } else {
            Err(KeyError::Algorithm)
        }
    }

    /// The algorithm it signs with: what was chosen, else what the JWK says,
    /// else `RS256`, `ES256`, `ES384`, `ES512` or `EdDSA` by the kind of key.
    pub fn algorithm(&self) -> JwsAlgorithm {
        self.algorithm
    }

    /// Whether it can sign with `algorithm` (RFC 7518 §3.3 to §3.5, RFC 8037
    /// §3.1): an elliptic curve goes with one hash only.
    pub fn supports(&self, algorithm: JwsAlgorithm) -> bool {
        self.kind.supports(algorithm)
    }

    /// The `kid` of the JWK that it was read from.
    pub fn key_id(&self) -> Option<&str> {
        self.key_id.as_deref()
    }

    /// The public part.
    pub fn public_jwk(&self) -> PublicJwk {
        self.kind.public_jwk()
    }

    /// The signature over `message` as JWS has it (RFC 7518 §3): for `ES…` the
    /// two numbers, each of the curve's length, and not DER.
    ///
    /// `ES…` signatures are deterministic (RFC 6979), as are those of Ed25519
    /// and `RS…`: the same message has the same signature. `PS…` draws its salt
    /// from the operating system.
    ///
    /// # Errors
    /// When the parts of an RSA key do not go together.
    pub fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        self.kind.sign(self.algorithm, message)
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SigningKey")
            .field("algorithm", &self.algorithm)
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}
