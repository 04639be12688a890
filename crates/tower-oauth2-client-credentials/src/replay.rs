//! What happens to a request whose token was refused.

/// Nothing: the caller gets the resource server's 401. The default, and the one that costs nothing.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Never;
