//! An assertion that waits for its signature.

use std::fmt;

use crate::jose::JwsAlgorithm;
use crate::jose::compact;

use super::ClientAssertion;

/// An assertion without its signature, for a key that signs elsewhere: in a
/// KMS, an HSM, a TPM.
///
/// From [`AssertionTemplate::unsigned`](crate::AssertionTemplate::unsigned),
/// which has an example.
#[derive(Clone)]
pub struct UnsignedAssertion {
    signing_input: String,
    algorithm: JwsAlgorithm,
}

/// Without what stands in it, claims of one's own included.
impl fmt::Debug for UnsignedAssertion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("UnsignedAssertion")
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl UnsignedAssertion {
    pub(super) fn new(signing_input: String, algorithm: JwsAlgorithm) -> Self {
        Self {
            signing_input,
            algorithm,
        }
    }

    /// What is to be signed, as it stands: ASCII text (RFC 7515 §5.1). Who signs
    /// hashes it as the algorithm says.
    pub fn signing_input(&self) -> &str {
        &self.signing_input
    }

    /// The algorithm to sign with; the header names it.
    pub fn algorithm(&self) -> JwsAlgorithm {
        self.algorithm
    }

    /// The assertion with its signature, which is not checked. For `ES…` it is
    /// the two numbers side by side, each of the curve's length (RFC 7518 §3.4);
    /// a service that answers in DER has to be unpacked first
    /// ([`ecdsa_from_der`](Self::ecdsa_from_der)).
    pub fn with_signature(self, signature: &[u8]) -> ClientAssertion {
        let method = if self.algorithm.is_symmetric() {
            "client_secret_jwt"
        } else {
            "private_key_jwt"
        };
        let assertion = compact::signed(self.signing_input, signature);
        ClientAssertion::signed(assertion.into(), method)
    }

    /// The signature as JWS has it, of one in DER (RFC 3279 §2.2.3), which is
    /// how most services answer for `ES…`. `None` if it is not that, or the
    /// algorithm is another.
    pub fn ecdsa_from_der(&self, der: &[u8]) -> Option<Vec<u8>> {
        let length = match self.algorithm {
            JwsAlgorithm::ES256 => 32,
            JwsAlgorithm::ES384 => 48,
            JwsAlgorithm::ES512 => 66,
            _ => return None,
        };
        let (0x30, numbers, []) = element(der)? else {
            return None;
        };
        let (r, numbers) = integer(numbers)?;
        let (s, numbers) = integer(numbers)?;
        if !numbers.is_empty() {
            return None;
        }
        let mut signature = vec![0; 2 * length];
        let (left, right) = signature.split_at_mut(length);
        for (place, number) in [(left, r), (right, s)] {
            let begin = length.checked_sub(number.len())?;
            place[begin..].copy_from_slice(number);
        }
        Some(signature)
    }
}

/// The first element: its tag, what is in it, and what follows. No signature
/// has 256 bytes or more.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, length, rest) = match der {
        [tag, 0x81, length @ 0x80..=0xff, rest @ ..] => (tag, length, rest),
        [tag, length @ 0..=0x7f, rest @ ..] => (tag, length, rest),
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(usize::from(*length))?;
    Some((*tag, content, rest))
}

/// A positive number, without the zero that says so.
fn integer(der: &[u8]) -> Option<(&[u8], &[u8])> {
    match element(der)? {
        (0x02, [0, number @ ..], rest) => Some((number, rest)),
        (0x02, number @ [0..=0x7f, ..], rest) => Some((number, rest)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unsigned(algorithm: JwsAlgorithm) -> UnsignedAssertion {
        UnsignedAssertion::new("a.b".to_owned(), algorithm)
    }

    #[test]
    fn the_signature_is_the_third_part() {
        let assertion = unsigned(JwsAlgorithm::ES256).with_signature(&[0xfb, 0xff]);
        assert_eq!(assertion.assertion().expose(), "a.b.-_8");
        assert_eq!(assertion.method(), "private_key_jwt");
        let assertion = unsigned(JwsAlgorithm::HS256).with_signature(&[]);
        assert_eq!(assertion.method(), "client_secret_jwt");
    }

    #[test]
    fn der_becomes_two_numbers_of_one_length() {
        let of = |der: &[u8]| unsigned(JwsAlgorithm::ES256).ecdsa_from_der(der);
        let mut expected = vec![0; 64];
        expected[31] = 0x80;
        expected[63] = 1;
        assert_eq!(
            of(&[0x30, 7, 2, 2, 0, 0x80, 2, 1, 1]).as_ref(),
            Some(&expected)
        );
        for broken in [
            &[][..],
            &[0x30],
            &[0x30, 7, 2, 2, 0, 0x80, 2, 1],
            &[0x30, 7, 2, 2, 0, 0x80, 2, 1, 1, 0],
            &[0x30, 8, 2, 2, 0, 0x80, 2, 1, 1, 0],
            &[0x31, 7, 2, 2, 0, 0x80, 2, 1, 1],
            &[0x30, 6, 2, 1, 0x80, 2, 1, 1],
            &[0x30, 0x80, 2, 2, 0, 0x80, 2, 1, 1],
        ] {
            assert_eq!(of(broken), None, "{broken:?}");
        }
        let mut long = vec![0x30, 38, 2, 33, 1];
        long.extend([0; 32]);
        long.extend([2, 1, 1]);
        assert_eq!(of(&long), None);
        assert_eq!(
            unsigned(JwsAlgorithm::RS256).ecdsa_from_der(&[0x30, 0]),
            None
        );
    }

    #[test]
    fn a_long_signature_has_a_long_length() {
        let mut der = vec![0x30, 0x81, 136];
        for _ in 0..2 {
            der.extend([2, 66, 1]);
            der.extend([7; 65]);
        }
        let signature = unsigned(JwsAlgorithm::ES512).ecdsa_from_der(&der).unwrap();
        assert_eq!((signature.len(), signature[0], signature[66]), (132, 1, 1));
    }
}
