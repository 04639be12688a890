//! What is new in each request: the time, and randomness.

use std::fmt;
use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// What must differ from one signed message to the next: the time it is made
/// at, and 128 bits that nobody could have guessed.
///
/// This crate reads no clock and draws no randomness, so the caller brings both.
/// Draw the randomness from the operating system, and make a new one for each
/// message: a server may take the second with the same identifier for a replay,
/// and [`Client::with_fresh`](crate::Client::with_fresh) makes but one request.
///
/// # What repeats
///
/// The same `Fresh`, key and input make the same bytes, which is of use in a
/// test:
///
/// - requests of clients that sign nothing, with any `Fresh` or none;
/// - assertions and proofs signed with HS256, HS384, HS512, RS256, RS384, RS512,
///   EdDSA and Ed25519, which have no randomness of their own, and with ES256,
///   ES384 and ES512, whose randomness is derived from key and message (RFC
///   6979);
/// - the MAC of a request.
///
/// Signatures with PS256, PS384 and PS512 do not repeat: their salt comes from
/// the operating system each time, and the library that makes them takes none
/// from outside. All else in such a request does, what is signed included. A
/// signature from elsewhere
/// ([`UnsignedAssertion`](crate::UnsignedAssertion)) is as its maker has it.
///
/// ```
/// use std::time::{Duration, SystemTime};
///
/// use oauth2_client_credentials::Fresh;
///
/// # fn fill(bytes: &mut [u8; 16]) {}
/// let mut randomness = [0; 16];
/// fill(&mut randomness); // from the operating system
/// let fresh = Fresh::new(SystemTime::now(), randomness);
/// assert_eq!(fresh.id().len(), 22);
/// ```
#[derive(Clone, Copy)]
pub struct Fresh {
    now: SystemTime,
    randomness: [u8; 16],
}

impl Fresh {
    /// At this time, with these 16 random bytes.
    pub const fn new(now: SystemTime, randomness: [u8; 16]) -> Self {
        Self { now, randomness }
    }

    /// The time.
    pub const fn now(&self) -> SystemTime {
        self.now
    }

    /// The time in whole seconds since 1970, as JWTs count it (RFC 7519 §2,
    /// NumericDate). Zero for a clock that is before that.
    pub fn seconds(&self) -> u64 {
        self.now
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or(Duration::ZERO)
            .as_secs()
    }

    /// The random bytes as text: 22 characters of base64url, for a `jti` or a
    /// nonce.
    pub fn id(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.randomness)
    }

    /// The random bytes.
    pub const fn randomness(&self) -> &[u8; 16] {
        &self.randomness
    }
}

impl fmt::Debug for Fresh {
    /// Shows no randomness: it may not have been sent yet.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fresh")
            .field("now", &self.now)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_input_gives_the_same_bytes() {
        let at = SystemTime::UNIX_EPOCH + Duration::from_millis(1_500);
        let fresh = Fresh::new(at, [0xff; 16]);
        assert_eq!(fresh.seconds(), 1);
        assert_eq!(fresh.id(), "_____________________w");
        assert_ne!(fresh.id(), Fresh::new(at, [0xfe; 16]).id());
        assert!(!format!("{fresh:?}").contains("255"));
    }

    #[test]
    fn a_clock_before_1970_is_no_panic() {
        let before = SystemTime::UNIX_EPOCH - Duration::from_secs(5);
        assert_eq!(Fresh::new(before, [0; 16]).seconds(), 0);
    }
}
