//! The tokens that were shown to the resource, so that its own words do not show them to anybody else.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
};

use http::{Request, header::AUTHORIZATION};

use crate::setup::failure::Failure;

/// Clones remember together.
#[derive(Clone, Default)]
pub(crate) struct Tokens {
    shown: Arc<Mutex<BTreeSet<String>>>,
}

impl Tokens {
    /// A request is on its way to the resource.
    pub(crate) fn sent<B>(&self, request: &Request<B>) {
        let values = request.headers().get_all(AUTHORIZATION).into_iter();
        for value in values.filter_map(|value| value.to_str().ok()) {
            if let Some((_, token)) = value.split_once(' ') {
                let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
                shown.insert(token.to_owned());
            }
        }
    }

    /// The failure without any of them.
    pub(crate) fn hide(&self, failure: Failure) -> Failure {
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        let mut longest_first: Vec<_> = shown.iter().collect();
        // One may be the beginning of another.
        longest_first.sort_by_key(|token| std::cmp::Reverse(token.len()));
        let tokens = longest_first.into_iter();
        tokens.fold(failure, |failure, token| failure.hide(token))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_token_that_was_shown_is_hidden() {
        let tokens = Tokens::default();
        for token in ["canary-1", "canary-12"] {
            let request = Request::builder().header("authorization", format!("DPoP {token}"));
            tokens.sent(&request.body(()).unwrap());
        }
        let failure = tokens.hide(Failure::resource("canary-12, canary-1"));
        assert_eq!(failure.to_string(), "Resource: [secret], [secret]");
    }
}
