//! Why a text is no key, or a key signs nothing.

use std::fmt;

/// Why a key cannot be used. No part of the key is in it.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
#[non_exhaustive]
pub enum KeyError {
    /// Not PEM, DER or a JWK as it has to be.
    Malformed,
    /// A public key or a certificate, which cannot sign.
    NotPrivate,
    /// The key is encrypted with a password.
    Encrypted,
    /// A kind of key or a curve that is not known.
    Unsupported,
    /// A key that gives the numbers of its curve in the place of its name.
    ExplicitCurve,
    /// An RSA key of which only the modulus and the exponents are there.
    MissingPrimes,
    /// A JWK that says of itself that it is for something else (`use`,
    /// `key_ops`; RFC 7517 §4.2 and §4.3).
    NotForSigning,
    /// An RSA key, and the feature `rsa` is not enabled.
    RsaNotEnabled,
    /// An RSA key that is refused: below 2048 or above 4096 bits, a public
    /// exponent below 65537, parts that do not go together or are missing.
    WeakOrInconsistent,
    /// The public part does not belong to the private one.
    Mismatch,
    /// The algorithm does not go with the key.
    Algorithm,
    /// Not a certificate in PEM or DER.
    NotACertificate,
    /// The source of random bytes gave none that make a key.
    Randomness,
}

impl fmt::Display for KeyError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Malformed => {
                "the key cannot be read, check that it is whole and is PKCS#8, PKCS#1 or SEC1 in PEM or DER, or a JWK"
            }
            Self::NotPrivate => "the key is a public one or a certificate, which cannot sign, give the private key",
            Self::Encrypted => "the key is encrypted with a password, decrypt it first",
            Self::Unsupported => {
                "the key is of a kind or curve that is not known, use RSA, P-256, P-384, P-521 or Ed25519"
            }
            Self::ExplicitCurve => {
                "the key spells its curve out instead of naming it, convert it (`openssl pkey -ec_param_enc named_curve`)"
            }
            Self::MissingPrimes => {
                "the RSA key is without its primes, the JWK needs `p`, `q`, `dp`, `dq` and `qi`"
            }
            Self::NotForSigning => {
                "the key is not for signing, its `use` has to be `sig` and its `key_ops` have to name `sign` where they are there"
            }
            Self::RsaNotEnabled => "the key is an RSA key, and this program was built without these, enable the feature `rsa` of oauth2-client-credentials",
            Self::WeakOrInconsistent => {
                "the RSA key is refused, it has to be of 2048 to 4096 bits with all its parts: make another"
            }
            Self::Mismatch => {
                "the public part of the key does not belong to the private one, export the key anew"
            },
            Self::Algorithm => {
                "the signature algorithm is not known or does not go with the key, name one that does"
            },
            Self::NotACertificate => "this is no certificate in PEM or DER, check that it is not a key or a request",
            Self::Randomness => {
                "the source of random bytes gave none that make a key, check what fills them"
            },
        })
    }
}

impl std::error::Error for KeyError {}
