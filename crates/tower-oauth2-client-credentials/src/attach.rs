//! How a token is put on a request.

use std::sync::Arc;

use http::{
    HeaderMap, HeaderValue, Request, Uri,
    header::AUTHORIZATION,
    uri::{Authority, PathAndQuery, Scheme},
};
use oauth2_client_credentials::{Presentation, PresentationError};

pub use oauth2_client_credentials::OnExisting;

use crate::{
    error::{TokenError, TokenErrorKind},
    heard::Hidden,
    source::{Kept, Sent, TokenSource},
};

/// What the layer was told about it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Attach {
    pub(crate) on_existing: OnExisting,
    pub(crate) presentation: Option<Arc<dyn Presentation>>,
    /// Where requests go that do not say so.
    pub(crate) bound_to: Option<(Scheme, Authority)>,
}

/// What became of a header that was to be put on a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Put {
    Done,
    /// There is one already, which stays.
    Existed,
    /// There are as many headers as there can be.
    Full,
}

/// A request with its token.
pub(crate) struct Attached<B> {
    pub(crate) request: Request<B>,
    /// The token, if it is one of ours.
    pub(crate) sent: Option<Sent>,
    pub(crate) shown: Option<Shown>,
}

/// A token that was shown in another way than in a bearer header: whoever showed it has to see the answer.
#[derive(Debug)]
pub(crate) struct Shown {
    pub(crate) presentation: Arc<dyn Presentation>,
    /// Where the request went.
    pub(crate) uri: Uri,
    /// The scheme that a challenge for this token has, in lower case.
    pub(crate) scheme: String,
}

impl Attach {
    /// Whether the request has an authorization of its own and keeps it.
    pub(crate) fn leaves_alone(&self, headers: &HeaderMap) -> bool {
        matches!(self.on_existing, OnExisting::Keep) && headers.contains_key(AUTHORIZATION)
    }

    /// Puts a header that is made already on a request, unless there is one that is not to be replaced.
    #[inline]
    pub(crate) fn put(&self, headers: &mut HeaderMap, header: HeaderValue) -> Put {
        if matches!(self.on_existing, OnExisting::Replace) {
            let put = headers.try_insert(AUTHORIZATION, header);
            return put.map_or(Put::Full, |_| Put::Done);
        }
        // Nearly always there is none: to find that out and to put it there is one step so.
        match headers.try_append(AUTHORIZATION, header) {
            Ok(false) => Put::Done,
            Ok(true) => {
                take_back(headers);
                Put::Existed
            }
            Err(_) => Put::Full,
        }
    }

    fn attach_bearer(&self, kept: &Kept, headers: &mut HeaderMap) -> Result<(), TokenError> {
        let header = kept.header().ok_or_else(|| unsupported(kept))?;
        match self.put(headers, header.clone()) {
            Put::Done => Ok(()),
            Put::Existed => Err(authorized_already()),
            Put::Full => Err(full()),
        }
    }

    /// Puts the token on a request, in whichever way.
    pub(crate) fn attach<B>(
        &self,
        source: &TokenSource,
        kept: &Kept,
        mut request: Request<B>,
    ) -> Result<Attached<B>, TokenError> {
        let (sent, shown);
        if self.leaves_alone(request.headers()) {
            (sent, shown) = (None, None);
        } else if let Some(presentation) = &self.presentation {
            (request, shown) = self.present(presentation, source, kept, request)?;
            sent = Some(source.sent(kept));
        } else {
            self.attach_bearer(kept, request.headers_mut())?;
            (sent, shown) = (Some(source.sent(kept)), None);
        }
        Ok(Attached {
            request,
            sent,
            shown,
        })
    }

    fn present<B>(
        &self,
        presentation: &Arc<dyn Presentation>,
        source: &TokenSource,
        kept: &Kept,
        request: Request<B>,
    ) -> Result<(Request<B>, Option<Shown>), TokenError> {
        let (mut parts, body) = request.into_parts();
        let existing = parts.headers.remove(AUTHORIZATION).is_some();
        if existing && !matches!(self.on_existing, OnExisting::Replace) {
            return Err(authorized_already());
        }
        // A scheme that signs needs the whole URI; the transport gets it as it was.
        let absolute = self.absolute(&parts.uri);
        let was_relative = absolute.is_some();
        parts.uri = absolute.unwrap_or(parts.uri);
        let uri = parts.uri.clone();
        let token = kept.response();
        let attached = presentation.attach(&mut parts, token, &source.fresh());
        attached.map_err(not_shown)?;
        if was_relative {
            let path = parts.uri.path_and_query().cloned();
            parts.uri = path.map_or_else(Uri::default, Uri::from);
        }
        let shown = Shown {
            presentation: Arc::clone(presentation),
            uri,
            scheme: scheme(&parts.headers),
        };
        Ok((Request::from_parts(parts, body), Some(shown)))
    }

    /// The URI with the origin that the transport is bound to, if it has none itself.
    fn absolute(&self, uri: &Uri) -> Option<Uri> {
        if uri.authority().is_some() {
            return None;
        }
        let (scheme, authority) = self.bound_to.clone()?;
        let mut parts = uri.clone().into_parts();
        parts.scheme = Some(scheme);
        parts.authority = Some(authority);
        parts
            .path_and_query
            .get_or_insert(PathAndQuery::from_static("/"));
        Uri::from_parts(parts).ok()
    }
}

/// Leaves of the `Authorization` headers all but the last one.
#[cold]
#[inline(never)]
fn take_back(headers: &mut HeaderMap) {
    let mut both = headers.get_all(AUTHORIZATION).iter();
    if let (Some(only), Some(_), None) = (both.next().cloned(), both.next(), both.next()) {
        headers.insert(AUTHORIZATION, only);
        return;
    }
    let values: Vec<_> = headers.get_all(AUTHORIZATION).iter().cloned().collect();
    let former = values
        .split_last()
        .and_then(|(_, former)| former.split_first());
    let Some((first, more)) = former else {
        return;
    };
    headers.insert(AUTHORIZATION, first.clone());
    for value in more {
        headers.append(AUTHORIZATION, value.clone());
    }
}

/// The scheme that a token was shown with, in lower case. One that is not in its header is a bearer token (RFC 6750 §2).
fn scheme(headers: &HeaderMap) -> String {
    let shown = headers.get(AUTHORIZATION);
    let shown = shown.and_then(|value| value.to_str().ok()?.split(' ').next());
    shown.unwrap_or("bearer").to_ascii_lowercase()
}

#[cold]
fn not_shown(error: PresentationError) -> TokenError {
    let kind = match error {
        PresentationError::UnsupportedTokenType(_) => TokenErrorKind::UnsupportedTokenType,
        _ => TokenErrorKind::Configuration,
    };
    let why = Hidden::default().in_causes(&error);
    TokenError::new(kind, format!("the request was not sent: {why}"))
}

#[cold]
fn unsupported(kept: &Kept) -> TokenError {
    TokenError::new(
        TokenErrorKind::UnsupportedTokenType,
        format!(
            "the request was not sent: the authorization server gave a token of type {:?}, and only Bearer goes in a header by itself; \
             ask for another type there, or tell the layer how such tokens are shown",
            Hidden::default().in_text(kept.response().token_type().as_str())
        ),
    )
}

#[cold]
fn full() -> TokenError {
    TokenError::new(
        TokenErrorKind::Configuration,
        "the request was not sent: it has so many headers that there is no place for its token; send fewer",
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

#[cfg(all(test, not(loom_models)))]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_replaced_stays_as_it_was() {
        let attach = Attach::default();
        for former in [&[][..], &["Basic eA=="], &["Basic eA==", "Basic eQ=="]] {
            let mut headers = HeaderMap::new();
            for value in ["*/*", "text/html"] {
                headers.append("accept", HeaderValue::from_static(value));
            }
            for value in former {
                headers.append(AUTHORIZATION, HeaderValue::from_static(value));
            }
            headers.insert("x-last", HeaderValue::from_static("1"));
            let before: Vec<_> = headers.clone().into_iter().collect();
            let put = attach.put(&mut headers, HeaderValue::from_static("Bearer t"));
            assert_eq!(put == Put::Done, former.is_empty());
            if put == Put::Existed {
                assert_eq!(headers.into_iter().collect::<Vec<_>>(), before);
            }
        }
    }

    #[test]
    fn where_there_is_no_place_for_one_more_it_is_said() {
        for on_existing in [OnExisting::Keep, OnExisting::Replace, OnExisting::Refuse] {
            let attach = Attach {
                on_existing,
                ..Attach::default()
            };
            let mut headers = HeaderMap::new();
            for number in 0.. {
                let name = http::HeaderName::try_from(format!("x-{number}")).expect("a name");
                if headers
                    .try_append(name, HeaderValue::from_static(""))
                    .is_err()
                {
                    break;
                }
            }
            let header = HeaderValue::from_static("Bearer t");
            assert_eq!(attach.put(&mut headers, header), Put::Full);
        }
    }
}
