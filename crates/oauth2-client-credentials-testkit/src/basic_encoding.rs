//! How id and secret stand in a Basic header.

/// How an authorization server reads the halves of `client_secret_basic`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum BasicEncoding {
    /// Each is form encoded, as RFC 6749, section 2.3.1 asks.
    #[default]
    Form,
    /// Each is taken as it is (RFC 7617), as some servers do: `%20` is three characters of the secret.
    Raw,
}
