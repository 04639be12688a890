//! `WWW-Authenticate`: what a server asks for.

mod input;
mod parser;

use std::borrow::Cow;

use http::HeaderMap;
use http::header::WWW_AUTHENTICATE;

/// One challenge: a scheme, with a single value or with parameters (RFC 9110
/// §11.6.1).
///
/// Reading never fails. Each header line is read on its own, up to the first
/// element that is malformed; what stood before it is kept. Schemes and the
/// names of parameters are in lower case.
///
/// ```
/// use oauth2_client_credentials::Challenge;
///
/// let challenges = Challenge::parse(br#"Bearer realm="api", error=invalid_token, Negotiate"#);
/// assert_eq!(challenges[0].scheme(), "bearer");
/// assert_eq!(challenges[0].param("error"), Some("invalid_token"));
/// assert_eq!(challenges[1].scheme(), "negotiate");
/// ```
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Challenge {
    scheme: String,
    token68: Option<String>,
    params: Vec<(String, String)>,
    duplicates: Vec<String>,
}

impl Challenge {
    /// All challenges of all `WWW-Authenticate` lines, in order.
    pub fn parse_all(headers: &HeaderMap) -> Vec<Self> {
        let lines = headers.get_all(WWW_AUTHENTICATE);
        lines
            .iter()
            .flat_map(|line| Self::parse(line.as_bytes()))
            .collect()
    }

    /// The challenges of one line. Bytes that are not UTF-8 become U+FFFD. The
    /// time it takes is linear in the length, but for a logarithm where one
    /// challenge has many parameters.
    pub fn parse(line: &[u8]) -> Vec<Self> {
        match String::from_utf8_lossy(line) {
            Cow::Borrowed(line) => parser::parse(line),
            Cow::Owned(line) => parser::parse(&line),
        }
    }

    /// The same with each of its texts, names too, as `change` has it.
    pub(crate) fn map(&self, change: impl Fn(&str) -> String) -> Self {
        Self {
            scheme: change(&self.scheme),
            token68: self.token68.as_deref().map(&change),
            params: self
                .params()
                .map(|(name, value)| (change(name), change(value)))
                .collect(),
            duplicates: self.duplicates.iter().map(|name| change(name)).collect(),
        }
    }

    /// The scheme, in lower case: `bearer`, `dpop`, `basic` …
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// The single value that some schemes have instead of parameters.
    pub fn token68(&self) -> Option<&str> {
        self.token68.as_deref()
    }

    /// The value of the parameter called `name`, which is given in lower case.
    pub fn param(&self, name: &str) -> Option<&str> {
        self.params()
            .find(|(one, _)| *one == name)
            .map(|(_, value)| value)
    }

    /// The parameters, name and value, in order. Of those with the same name
    /// only the first is here.
    pub fn params(&self) -> impl Iterator<Item = (&str, &str)> {
        self.params.iter().map(|(name, value)| (&**name, &**value))
    }

    /// The names that came more than once, which RFC 9110 §11.2 forbids, each
    /// once.
    pub fn duplicates(&self) -> &[String] {
        &self.duplicates
    }
}
