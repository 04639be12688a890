//! Certificates, as far as their thumbprints go.

use sha1::{Digest as _, Sha1};

use crate::jose::{KeyError, compact, pem, sha256};

/// A client's certificate, of which its thumbprints are needed: in the header of
/// an assertion ([`AssertionTemplate::x5t_s256`](crate::AssertionTemplate::x5t_s256)),
/// and to see which certificate a token is bound to (RFC 8705 §3.1, `cnf`).
///
/// It is not looked into. Which key it certifies and how long it holds is for
/// others to check.
///
/// ```
/// use oauth2_client_credentials::{AssertionTemplate, Certificate};
///
/// # fn main() -> Result<(), oauth2_client_credentials::KeyError> {
/// # let pem = "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";
/// let certificate = Certificate::from_pem(pem)?;
/// let template = AssertionTemplate::new().x5t_s256(certificate.thumbprint_s256());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Certificate {
    der: Vec<u8>,
}

impl Certificate {
    /// The first certificate in this PEM text, which is the client's own if it
    /// is a chain (RFC 8446 §4.4.2).
    ///
    /// # Errors
    /// When there is none.
    pub fn from_pem(text: &str) -> Result<Self, KeyError> {
        let text = pem::with_line_ends(text);
        let mut blocks = pem::blocks(&text);
        let block = blocks
            .find(|block| block.label == "CERTIFICATE")
            .and_then(|block| block.bytes());
        Self::from_der(&block.ok_or(KeyError::NotACertificate)?)
    }

    /// A certificate in DER.
    ///
    /// # Errors
    /// When it is not one sequence and nothing else.
    pub fn from_der(bytes: &[u8]) -> Result<Self, KeyError> {
        if is_one_sequence(bytes) {
            Ok(Self {
                der: bytes.to_vec(),
            })
        } else {
            Err(KeyError::NotACertificate)
        }
    }

    /// The SHA-256 of the DER in base64url: `x5t#S256` (RFC 7515 §4.1.8, RFC
    /// 8705 §3.1).
    pub fn thumbprint_s256(&self) -> String {
        sha256(&self.der)
    }

    /// The SHA-1 of the DER in base64url: `x5t` (RFC 7515 §4.1.7). Only for a
    /// server that looks the certificate up by it.
    pub fn thumbprint_sha1(&self) -> String {
        compact::base64url(&Sha1::digest(&self.der))
    }
}

fn is_one_sequence(der: &[u8]) -> bool {
    let (length, content) = match der {
        [0x30, length @ 0..=0x7f, content @ ..] => (usize::from(*length), content),
        [0x30, 0x81, length, content @ ..] => (usize::from(*length), content),
        [0x30, 0x82, high, low, content @ ..] => {
            (usize::from(u16::from_be_bytes([*high, *low])), content)
        }
        _ => return false,
    };
    length == content.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_certificate_is_refused() {
        for bytes in [
            &[][..],
            b"\x30",
            b"\x30\x01",
            b"\x31\x00",
            b"\x30\x00\x00",
            b"\x30\x84\x00\x00\x00\x00",
            b"-----BEGIN CERTIFICATE-----",
        ] {
            let refused = Certificate::from_der(bytes);
            assert_eq!(refused, Err(KeyError::NotACertificate), "{bytes:?}");
        }
        for text in [
            "",
            "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----",
            "-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----",
        ] {
            let refused = Certificate::from_pem(text);
            assert_eq!(refused, Err(KeyError::NotACertificate), "{text}");
        }
    }

    #[test]
    fn the_key_may_stand_before_the_certificate() {
        let pem = "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n\
                   -----BEGIN CERTIFICATE-----\nMAEA\n-----END CERTIFICATE-----\n";
        let certificate = Certificate::from_pem(pem).unwrap();
        assert_eq!(certificate, Certificate::from_der(&[0x30, 1, 0]).unwrap());
    }

    #[test]
    fn thumbprints_are_hashes_of_the_der() {
        let certificate = Certificate::from_der(&[0x30, 0]).unwrap();
        assert_eq!(certificate.thumbprint_sha1(), "-UTc1jX5gB96yQpAf7xHmWTewCQ");
        assert_eq!(
            certificate.thumbprint_s256(),
            "5PYNCqbX89O2pklLHIYbmfZJxvnsUauvIBsg8pcyfJU"
        );
    }
}
