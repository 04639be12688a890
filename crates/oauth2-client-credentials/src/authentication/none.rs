//! `none`: the client names itself and proves nothing.

/// No authentication: only `client_id` is sent (RFC 7591 §2).
///
/// RFC 6749 §4.4 keeps this grant to clients that authenticate. This is for a
/// server that knows them by other means, such as the network they are in.
#[derive(Clone, Copy, Debug, Default)]
pub struct NoAuthentication;
