//! DER that is no private key that can be read: what is it?

use super::KeyError;

const INTEGER: u8 = 0x02;
const BIT_STRING: u8 = 0x03;
const OCTET_STRING: u8 = 0x04;
const OBJECT_IDENTIFIER: u8 = 0x06;
const SEQUENCE: u8 = 0x30;
/// `[0]`, in which SEC1 has the curve.
const PARAMETERS: u8 = 0xa0;

/// 1.2.840.113549.1.5 and 1.2.840.113549.1.12.1: encryption by a password
/// (PKCS #5 and PKCS #12).
const PASSWORD_BASED: [&[u8]; 2] = [
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 5],
    &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 12, 1],
];

/// Why something in DER that could not be read could not.
pub(super) fn misfit(der: &[u8]) -> KeyError {
    let Some((SEQUENCE, content, [])) = element(der) else {
        return KeyError::Malformed;
    };
    let Some(elements) = elements(content) else {
        return KeyError::Malformed;
    };
    match &elements[..] {
        // SubjectPublicKeyInfo (RFC 5280 §4.1), and a certificate.
        [(SEQUENCE, _), (BIT_STRING, _)] | [(SEQUENCE, _), (SEQUENCE, _), (BIT_STRING, _)] => {
            KeyError::NotPrivate
        }
        // RSAPublicKey (RFC 8017 §A.1.1).
        [(INTEGER, _), (INTEGER, _)] => KeyError::NotPrivate,
        // EncryptedPrivateKeyInfo (RFC 5958 §3).
        [(SEQUENCE, algorithm), (OCTET_STRING, _)] if is_password_based(algorithm) => {
            KeyError::Encrypted
        }
        // ECPrivateKey (RFC 5915 §3), which was not one of a curve that is known.
        [(INTEGER, [1]), (OCTET_STRING, _), rest @ ..] => {
            let is_explicit = rest
                .iter()
                .any(|(tag, content)| *tag == PARAMETERS && content.first() == Some(&SEQUENCE));
            if is_explicit {
                KeyError::ExplicitCurve
            } else {
                KeyError::Unsupported
            }
        }
        _ => KeyError::Malformed,
    }
}

fn is_password_based(algorithm: &[u8]) -> bool {
    let Some((OBJECT_IDENTIFIER, name, _)) = element(algorithm) else {
        return false;
    };
    PASSWORD_BASED.iter().any(|known| name.starts_with(known))
}

/// The elements one after the other, the first few of them.
fn elements(mut der: &[u8]) -> Option<Vec<(u8, &[u8])>> {
    const FEW: usize = 16;
    let mut elements = Vec::new();
    while !der.is_empty() && elements.len() < FEW {
        let (tag, content, rest) = element(der)?;
        elements.push((tag, content));
        der = rest;
    }
    Some(elements)
}

/// The first element: its tag, what is in it, and what follows.
fn element(der: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let [tag, length, rest @ ..] = der else {
        return None;
    };
    let (length, rest) = match length {
        0..=0x7f => (usize::from(*length), rest),
        // A key has no more than 64 KiB.
        0x81 | 0x82 => {
            let (length, rest) = rest.split_at_checked(usize::from(length & 0x7f))?;
            let length = length
                .iter()
                .fold(0, |length, byte| length << 8 | usize::from(*byte));
            (length, rest)
        }
        _ => return None,
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((*tag, content, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_has_no_shape_is_malformed() {
        for der in [
            &[][..],
            &[0x30],
            &[0x30, 1],
            &[0x30, 0],
            &[0x30, 0x80],
            &[0x30, 0x82, 1],
            &[0x30, 0x84, 0, 0, 0, 0],
            &[0x30, 2, 2, 1],
            &[0x30, 0, 0],
            &[0x02, 0],
            // A password is not the only thing that encrypts.
            &[0x30, 7, 0x30, 3, 6, 1, 0x2a, 4, 0],
        ] {
            assert_eq!(misfit(der), KeyError::Malformed, "{der:?}");
        }
    }

    #[test]
    fn a_shape_tells_what_it_is() {
        for (der, what) in [
            (&[0x30, 4, 0x30, 0, 3, 0][..], KeyError::NotPrivate),
            (&[0x30, 6, 0x30, 0, 0x30, 0, 3, 0], KeyError::NotPrivate),
            (&[0x30, 0x81, 6, 2, 1, 5, 2, 1, 3], KeyError::NotPrivate),
            (&[0x30, 5, 2, 1, 1, 4, 0], KeyError::Unsupported),
            (
                &[0x30, 9, 2, 1, 1, 4, 0, 0xa0, 2, 0x30, 0],
                KeyError::ExplicitCurve,
            ),
        ] {
            assert_eq!(misfit(der), what, "{der:?}");
        }
    }
}
