//! How values are kept from whoever reads the store.

mod error;
mod key;

use std::fmt;

use zeroize::Zeroizing;

pub use self::{error::SealingError, key::SealingKey};

/// The keys that tokens are sealed with (XChaCha20-Poly1305), or, by name, none.
///
/// The first key seals, all of them open. To change keys without a token request more than usual: give all replicas the new one
/// behind the old one, then in front of it, then alone. Each step waits until the one before has reached all replicas; the last also
/// until the tokens of the old key have ended.
///
/// ```
/// use tower_oauth2_client_credentials_redis::{Sealing, SealingKey};
///
/// # fn from_your_vault(_: &str) -> [u8; 32] { [7; 32] }
/// let sealing = Sealing::new([
///     SealingKey::new("2026-07", &from_your_vault("2026-07"))?,
///     SealingKey::new("2026-01", &from_your_vault("2026-01"))?,
/// ])?;
/// # Ok::<(), tower_oauth2_client_credentials_redis::SealingError>(())
/// ```
#[derive(Clone)]
pub struct Sealing {
    keys: Vec<SealingKey>,
}

/// What a value begins with that is not sealed.
const PLAIN: u8 = 0;
/// What a value begins with that is: the length of the key's id, the id, the nonce, and what is sealed follow.
const SEALED: u8 = 1;

/// Why a value cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Unreadable {
    /// It is no value of this crate.
    Garbage,
    /// It was sealed with a key that is not here.
    UnknownKey,
    /// It was sealed with another key of that id, for another name, or was changed.
    Forged,
    /// It is not sealed, and would have to be; or the other way round.
    OtherMode,
}

impl Sealing {
    /// Seals with the first of these keys, and opens with all of them.
    ///
    /// # Errors
    ///
    /// There is none, or two have one id.
    pub fn new(keys: impl IntoIterator<Item = SealingKey>) -> Result<Self, SealingError> {
        let keys: Vec<_> = keys.into_iter().collect();
        if keys.is_empty() {
            return Err(SealingError::NoKey);
        }
        for (place, key) in keys.iter().enumerate() {
            if keys[..place].iter().any(|other| other.id() == key.id()) {
                return Err(SealingError::SameId(key.id().to_owned()));
            }
        }
        Ok(Self { keys })
    }

    /// Seals nothing: whoever can read the store has the fleet's tokens. Names are hashed, but with no secret.
    #[must_use]
    pub fn unsealed() -> Self {
        Self { keys: Vec::new() }
    }

    /// The name of a cell under each key, the one that seals first.
    pub(crate) fn names(&self, cell: &[u8]) -> Vec<[u8; 32]> {
        if self.keys.is_empty() {
            return vec![key::digest(cell)];
        }
        self.keys.iter().map(|key| key.name(cell)).collect()
    }

    /// Seals with the first key; `None`: the system has no randomness to give.
    pub(crate) fn seal(&self, name: &str, plain: &[u8]) -> Option<Vec<u8>> {
        let Some(key) = self.keys.first() else {
            return Some([&[PLAIN], plain].concat());
        };
        let mut value = vec![SEALED, key.id().len() as u8];
        value.extend_from_slice(key.id().as_bytes());
        value.extend_from_slice(&key.seal(name, plain)?);
        Some(value)
    }

    pub(crate) fn open(&self, name: &str, value: &[u8]) -> Result<Zeroizing<Vec<u8>>, Unreadable> {
        match (value.split_first(), self.keys.is_empty()) {
            (Some((&PLAIN, plain)), true) => Ok(Zeroizing::new(plain.to_vec())),
            (Some((&SEALED, rest)), false) => {
                let (&length, rest) = rest.split_first().ok_or(Unreadable::Garbage)?;
                let (id, sealed) = rest
                    .split_at_checked(length.into())
                    .ok_or(Unreadable::Garbage)?;
                let key = self.keys.iter().find(|key| key.id().as_bytes() == id);
                let key = key.ok_or(Unreadable::UnknownKey)?;
                key.open(name, sealed).ok_or(Unreadable::Forged)
            }
            (Some((&(PLAIN | SEALED), _)), _) => Err(Unreadable::OtherMode),
            _ => Err(Unreadable::Garbage),
        }
    }
}

impl fmt::Debug for Sealing {
    /// Shows the ids of the keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<_> = self.keys.iter().map(SealingKey::id).collect();
        f.debug_struct("Sealing")
            .field("keys", &ids)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(id: &str, byte: u8) -> SealingKey {
        SealingKey::new(id, &[byte; 32]).unwrap()
    }

    fn sealing(keys: impl IntoIterator<Item = SealingKey>) -> Sealing {
        Sealing::new(keys).unwrap()
    }

    #[test]
    fn what_is_sealed_opens_with_its_key_and_name_alone() {
        let one = sealing([key("a", 1)]);
        let value = one.seal("n1", b"canary").unwrap();
        assert_eq!(&one.open("n1", &value).unwrap()[..], b"canary");
        assert!(!value.windows(6).any(|part| part == b"canary"));
        for (other, name, why) in [
            (one.clone(), "n2", Unreadable::Forged),
            (sealing([key("a", 2)]), "n1", Unreadable::Forged),
            (sealing([key("b", 1)]), "n1", Unreadable::UnknownKey),
            (Sealing::unsealed(), "n1", Unreadable::OtherMode),
        ] {
            assert_eq!(other.open(name, &value).unwrap_err(), why);
        }
    }

    #[test]
    fn no_value_that_was_changed_opens() {
        let one = sealing([key("a", 1)]);
        let value = one.seal("n", b"token").unwrap();
        for place in 0..value.len() {
            let mut changed = value.clone();
            changed[place] ^= 1;
            assert!(one.open("n", &changed).is_err(), "byte {place}");
            assert!(one.open("n", &value[..place]).is_err(), "{place} bytes");
        }
    }

    #[test]
    fn the_first_key_seals_and_all_open() {
        let old = sealing([key("old", 1)]);
        let both = sealing([key("new", 2), key("old", 1)]);
        let by_old = old.seal("n", b"1").unwrap();
        assert_eq!(&both.open("n", &by_old).unwrap()[..], b"1");
        let by_both = both.seal("n", b"2").unwrap();
        assert_eq!(old.open("n", &by_both).unwrap_err(), Unreadable::UnknownKey);
        assert_eq!(both.names(b"cell")[1], old.names(b"cell")[0]);
        assert_ne!(both.names(b"cell")[0], old.names(b"cell")[0]);
    }

    #[test]
    fn nothing_is_sealed_twice_in_the_same_way() {
        let one = sealing([key("a", 1)]);
        assert_ne!(one.seal("n", b"t"), one.seal("n", b"t"));
    }

    #[test]
    fn keys_need_ids_of_their_own() {
        assert_eq!(Sealing::new([]).unwrap_err(), SealingError::NoKey);
        let twice = Sealing::new([key("a", 1), key("a", 2)]).unwrap_err();
        assert_eq!(twice, SealingError::SameId("a".to_owned()));
        let shown = format!("{:?}", sealing([key("a", 77)]));
        assert!(shown.contains("\"a\"") && !shown.contains("77"), "{shown}");
    }

    #[test]
    fn unsealed_says_so_in_each_value() {
        let none = Sealing::unsealed();
        let value = none.seal("n", b"t").unwrap();
        assert_eq!(&none.open("n", &value).unwrap()[..], b"t");
        let sealed = sealing([key("a", 1)]);
        assert_eq!(sealed.open("n", &value).unwrap_err(), Unreadable::OtherMode);
        assert_eq!(none.open("n", b"hello").unwrap_err(), Unreadable::Garbage);
        assert_eq!(none.open("n", b"").unwrap_err(), Unreadable::Garbage);
    }
}
