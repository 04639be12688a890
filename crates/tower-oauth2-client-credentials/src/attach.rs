//! How a token is put on a request.

use http::{
    HeaderMap,
    header::{AUTHORIZATION, Entry},
};

pub use oauth2_client_credentials::OnExisting;

use crate::{
    error::{TokenError, TokenErrorKind},
    source::Kept,
};

/// What the layer was told about it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Attach {
    pub(crate) on_existing: OnExisting,
}

impl Attach {
    /// Whether the request has an authorization of its own and keeps it.
    pub(crate) fn leaves_alone(self, headers: &HeaderMap) -> bool {
        matches!(self.on_existing, OnExisting::Keep) && headers.contains_key(AUTHORIZATION)
    }

    /// Puts the token on a request, in a header that is made already. Tells whether it did.
    #[inline]
    pub(crate) fn attach(self, kept: &Kept, headers: &mut HeaderMap) -> Result<bool, TokenError> {
        let Some(header) = kept.header() else {
            return Err(unsupported(kept));
        };
        match headers.entry(AUTHORIZATION) {
            Entry::Vacant(entry) => {
                entry.insert(header.clone());
            }
            Entry::Occupied(mut entry) => match self.on_existing {
                OnExisting::Keep => return Ok(false),
                OnExisting::Replace => {
                    entry.insert(header.clone());
                }
                _ => return Err(authorized_already()),
            },
        }
        Ok(true)
    }
}

#[cold]
fn unsupported(kept: &Kept) -> TokenError {
    TokenError::new(
        TokenErrorKind::UnsupportedTokenType,
        format!(
            "the request was not sent: the authorization server gave a token of type {:?}, and only Bearer can be attached; \
             ask for another type there",
            kept.response().token_type().as_str()
        ),
    )
}

#[cold]
fn authorized_already() -> TokenError {
    TokenError::new(
        TokenErrorKind::Configuration,
        "the request was not sent: it has an Authorization header already, and the layer was told to refuse such; \
         remove one of the two",
    )
}
