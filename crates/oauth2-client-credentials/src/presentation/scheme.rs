//! Any way to show a token.

use std::fmt::Debug;

use http::{Uri, request, response};

use crate::fresh::Fresh;
use crate::token_response::TokenResponse;

use super::PresentationError;

/// A way to show a token to a resource server, of this crate or of the caller's
/// own (RFC 6749 §7.1 leaves the types of tokens open).
///
/// It sees the head of a request and never its body, does no I/O and does not
/// wait, so it can stand in any client. Whoever implements it answers for what
/// [`Bearer`](crate::Bearer) checks: that the token goes over https or to this
/// machine ([`is_secure`](crate::is_secure)) and is of a type that may be shown
/// in this way.
///
/// # Example
///
/// A server that wants the token in a header of its own:
///
/// ```
/// use std::sync::Arc;
///
/// use http::{HeaderValue, request};
/// use oauth2_client_credentials::{
///     Fresh, Presentation, PresentationError, TokenResponse, TokenType, is_secure,
/// };
///
/// #[derive(Debug)]
/// struct ApiToken;
///
/// impl Presentation for ApiToken {
///     fn attach(
///         &self,
///         parts: &mut request::Parts,
///         token: &TokenResponse,
///         _fresh: &Fresh,
///     ) -> Result<(), PresentationError> {
///         if !is_secure(&parts.uri) {
///             return Err(PresentationError::InsecureUri);
///         }
///         if *token.token_type() != TokenType::Bearer {
///             let name = token.token_type().as_str().to_owned();
///             return Err(PresentationError::UnsupportedTokenType(name));
///         }
///         let mut value = HeaderValue::from_str(token.access_token().expose())
///             .map_err(|_| PresentationError::InvalidAccessToken)?;
///         value.set_sensitive(true);
///         parts.headers.insert("x-api-token", value);
///         Ok(())
///     }
/// }
///
/// # let fresh = Fresh::new(std::time::SystemTime::now(), [0; 16]);
/// let schemes: Vec<Arc<dyn Presentation>> = vec![Arc::new(ApiToken)];
/// let token = TokenResponse::new("abc")?;
/// let (mut parts, ()) = http::Request::get("https://api.example.com/").body(())?.into_parts();
/// schemes[0].attach(&mut parts, &token, &fresh)?;
/// assert_eq!(parts.headers["x-api-token"], "abc");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait Presentation: Debug + Send + Sync {
    /// Puts the token on the request that these are the parts of. `fresh` is for
    /// schemes that sign, and new for each request.
    ///
    /// # Errors
    /// When the token must not go to this URI or not in this way. The request is
    /// then as it was.
    fn attach(
        &self,
        parts: &mut request::Parts,
        token: &TokenResponse,
        fresh: &Fresh,
    ) -> Result<(), PresentationError>;

    /// Takes from an answer what the next request to the same place needs, such
    /// as a nonce. `uri` is where the request went. Each answer is to be given
    /// here once.
    ///
    /// `true` means that the request was refused only for want of what has just
    /// been learned, so that it is worth sending it once more, attached anew. A
    /// second refusal is final.
    ///
    /// Learns nothing unless a scheme says otherwise.
    #[must_use]
    fn learn(&self, uri: &Uri, response: &response::Parts) -> bool {
        let _ = (uri, response);
        false
    }
}
