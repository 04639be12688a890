//! Sending a request once more whose token was refused.
//!
//! [`Never`] is the default and costs nothing: the caller sees the one 401, and the next request carries a new token. A policy that
//! keeps requests lets the layer heal that one too: the request waits for the new token and is sent once more, at most once. If no new
//! token can be had the caller gets the 401.
//!
//! While it waits, which it may for a whole wait budget, the 401 is held with its body.
//!
//! Keeping costs a copy of each request's head, so it is asked for by [`replay`](crate::ClientCredentialsLayer::replay).

use http_body::Body;

/// Keeps what a request needs to be sent once more: a second body.
///
/// Ask of it only for requests that may be sent twice. One that was refused for its token was most likely not acted upon, but the layer
/// cannot know.
///
/// ```
/// use tower_oauth2_client_credentials::replay::Replay;
///
/// /// Keeps bodies that are not too large.
/// #[derive(Clone, Debug)]
/// struct Small(usize);
///
/// impl Replay<String> for Small {
///     fn keep(&self, body: &String) -> Option<String> {
///         (body.len() <= self.0).then(|| body.clone())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the replay policy `{Self}` cannot keep a request body of type `{B}`",
    label = "requests with this body cannot be sent a second time by `{Self}`",
    note = "`replay::Empty` keeps bodies that are empty, of types that are `http_body::Body + Default`",
    note = "`replay::Cloned` keeps bodies that are `Clone`",
    note = "`replay::Never`, the default, takes any body and sends nothing twice",
    note = "a policy of your own implements `replay::Replay<{B}>`"
)]
pub trait Replay<B> {
    /// A body to send a second time in the place of this one, which was not sent yet. `None`: the request cannot be sent again.
    fn keep(&self, body: &B) -> Option<B>;
}

/// Sends nothing again: the caller gets the resource server's 401. The default, and the one that costs nothing.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Never;

/// Sends requests again whose body is empty, and says so ([`Body::is_end_stream`]): nearly all that only read, whatever their
/// method; a POST without a body too.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Empty;

/// Sends all requests again, with a clone of their body.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Cloned;

impl Empty {
    /// A policy that keeps requests without a body.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl Cloned {
    /// A policy that keeps all requests.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

impl<B> Replay<B> for Never {
    #[inline]
    fn keep(&self, _: &B) -> Option<B> {
        None
    }
}

#[diagnostic::do_not_recommend]
impl<B> Replay<B> for Empty
where
    B: Body + Default,
{
    fn keep(&self, body: &B) -> Option<B> {
        body.is_end_stream().then(B::default)
    }
}

#[diagnostic::do_not_recommend]
impl<B> Replay<B> for Cloned
where
    B: Clone,
{
    fn keep(&self, body: &B) -> Option<B> {
        Some(body.clone())
    }
}
