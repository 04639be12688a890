//! Which tokens this replica has, and when they end.

use std::{
    collections::HashMap,
    fmt,
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

use tower_oauth2_client_credentials::TokenDigest;

/// As many as a source holds, unless it is told otherwise.
const MOST: usize = 4_096;

/// The last token that was handed out for each name: what is in the store is only better than it if it ends later. It may be
/// older, where the store was away while this replica fetched one.
#[derive(Default)]
pub(crate) struct Handed(Mutex<HashMap<String, (TokenDigest, SystemTime)>>);

impl Handed {
    pub(crate) fn out(
        &self,
        name: &str,
        token: TokenDigest,
        expires_at: SystemTime,
        now: SystemTime,
    ) {
        let mut handed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if handed.len() >= MOST && !handed.contains_key(name) {
            handed.retain(|_, (_, end)| *end > now);
            if handed.len() >= MOST {
                // What is not known costs a comparison, no token.
                handed.clear();
            }
        }
        handed.insert(name.to_owned(), (token, expires_at));
    }

    /// When `token` ends, if it is the last one.
    pub(crate) fn end_of(&self, name: &str, token: TokenDigest) -> Option<SystemTime> {
        let handed = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (last, end) = handed.get(name)?;
        (*last == token).then_some(*end)
    }
}

impl fmt::Debug for Handed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Handed").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tower_oauth2_client_credentials::oauth2_client_credentials::SecretString;

    use super::*;

    #[test]
    fn knows_the_last_token_of_each_name_and_not_too_many() {
        let digest = |token: &str| TokenDigest::of(&SecretString::from(token));
        let (handed, now) = (Handed::default(), SystemTime::UNIX_EPOCH);
        let end = now + Duration::from_secs(60);
        handed.out("n", digest("t1"), end, now);
        assert_eq!(handed.end_of("n", digest("t1")), Some(end));
        assert_eq!(handed.end_of("n", digest("t2")), None);
        assert_eq!(handed.end_of("m", digest("t1")), None);
        for name in 0..2 * MOST {
            handed.out(&name.to_string(), digest("t1"), end, now);
        }
        assert!(handed.0.lock().unwrap().len() <= MOST);
    }
}
