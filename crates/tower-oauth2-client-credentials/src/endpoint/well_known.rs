//! Asking an issuer for its metadata.

use std::{fmt::Write, time::Duration};

use oauth2_client_credentials::{Issuer, Metadata, MetadataError, WellKnown};

use super::http::Http;
use crate::{
    error::{BoxError, TokenError, TokenErrorKind},
    heard::Hidden,
};

/// Where it may be, in the order in which it is looked for: RFC 8414 §3.1, then OpenID Connect Discovery §4.
const PLACES: [WellKnown; 2] = [
    WellKnown::OAuthAuthorizationServer,
    WellKnown::OpenIdConfiguration,
];

/// Why there is no metadata at one place.
enum Missing {
    /// Nothing came back.
    Unreached(BoxError),
    /// Something else came back.
    Answered(MetadataError),
}

/// The metadata, from the first place that has it. `hidden` is not shown where there is none: whoever answers here may have been sent
/// it before.
pub(super) async fn read(
    issuer: &Issuer,
    http: &Http,
    hidden: &Hidden,
) -> Result<Metadata, TokenError> {
    let mut reasons =
        format!("no token, for the metadata of the issuer {issuer} could not be read: ");
    for (count, place) in PLACES.into_iter().enumerate() {
        let missing = match read_at(issuer, http, place).await {
            Ok(metadata) => return Ok(metadata),
            Err(missing) => missing,
        };
        let separator = if count == 0 { "" } else { "; " };
        // Writing to a string does not fail.
        let _ = write!(
            reasons,
            "{separator}{} {}",
            issuer.metadata_uri(place),
            missing.words(hidden)
        );
        // A server that is down is down at the other place, too.
        if let Some(kind) = missing.ends_with() {
            reasons.push_str("; check that its server runs and can be reached from here");
            return Err(TokenError::new(kind, reasons));
        }
    }
    reasons
        .push_str("; check the issuer, character for character, or name the token endpoint itself");
    Err(TokenError::new(TokenErrorKind::Configuration, reasons))
}

/// Why there is no metadata when no place has answered within `limit`.
pub(super) fn silent(issuer: &Issuer, limit: Duration) -> TokenError {
    let uri = issuer.metadata_uri(WellKnown::OAuthAuthorizationServer);
    let message = format!(
        "no token, for the metadata of the issuer {issuer} could not be read: {uri} and where OpenID Connect has it took over \
         {limit:?}; check that its server runs and can be reached from here"
    );
    TokenError::new(TokenErrorKind::Transient, message)
}

/// Why there is no metadata where nobody can read it.
pub(super) fn no_runtime(issuer: &Issuer) -> TokenError {
    let message = format!(
        "no token, for the metadata of the issuer {issuer} cannot be read outside a tokio runtime; await requests inside one"
    );
    TokenError::new(TokenErrorKind::Configuration, message)
}

/// Why there is no metadata when what read it is gone.
pub(super) fn lost(issuer: &Issuer) -> TokenError {
    let message = format!(
        "no token, for the metadata of the issuer {issuer} was not read to its end: the runtime that did it was shut down, or stands \
         still; await requests on one that lives longer, or try again"
    );
    TokenError::new(TokenErrorKind::Transient, message)
}

async fn read_at(issuer: &Issuer, http: &Http, place: WellKnown) -> Result<Metadata, Missing> {
    let answer = http
        .send(issuer.metadata_request(place), Metadata::MAX_BODY)
        .await
        .map_err(Missing::Unreached)?;
    issuer.decode_metadata(&answer).map_err(Missing::Answered)
}

impl Missing {
    fn words(&self, hidden: &Hidden) -> String {
        match self {
            Self::Unreached(error) => {
                format!("was not reached ({})", hidden.in_causes(&**error))
            }
            Self::Answered(MetadataError::Status(status)) => format!("answered {status}"),
            Self::Answered(error) => {
                format!("answered something else ({})", hidden.in_causes(error))
            }
        }
    }

    /// The kind of the error, if it is no use to look elsewhere.
    fn ends_with(&self) -> Option<TokenErrorKind> {
        match self {
            Self::Unreached(error) => {
                let told = TokenError::find(&**error);
                Some(told.map_or(TokenErrorKind::Transient, TokenError::kind))
            }
            Self::Answered(MetadataError::Status(status)) => {
                let passes = status.is_server_error() || matches!(status.as_u16(), 408 | 425 | 429);
                passes.then_some(TokenErrorKind::Transient)
            }
            Self::Answered(_) => None,
        }
    }
}
