//! What is read from text is read by `parse` and `try_from`, too: configurations, arguments and generic code ask for these.

use std::str::FromStr;

use crate::endpoint_uri::{EndpointUri, EndpointUriError};
use crate::metadata::{Issuer, IssuerError};
use crate::request_error::RequestError;
use crate::scope::Scope;

/// `$from` says what makes a `$read`; whoever allows more has to name the constructor.
macro_rules! read_from_text {
    ($($read:ident by $from:path, or $error:ident;)*) => {$(
        impl FromStr for $read {
            type Err = $error;

            fn from_str(text: &str) -> Result<Self, $error> {
                $from(text)
            }
        }

        impl TryFrom<&str> for $read {
            type Error = $error;

            fn try_from(text: &str) -> Result<Self, $error> {
                $from(text)
            }
        }

        impl TryFrom<String> for $read {
            type Error = $error;

            fn try_from(text: String) -> Result<Self, $error> {
                $from(&text)
            }
        }
    )*};
}

read_from_text! {
    EndpointUri by EndpointUri::new, or EndpointUriError;
    Issuer by Issuer::new, or IssuerError;
    Scope by Scope::parse, or RequestError;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_read_as_by_the_constructor_that_allows_the_least() {
        let plain = "http://as.example.com/token";
        assert_eq!(
            plain.parse::<EndpointUri>(),
            Err(EndpointUriError::Plaintext)
        );
        assert_eq!(
            Issuer::try_from(plain.to_owned()),
            Err(IssuerError::Uri(EndpointUriError::Plaintext))
        );
        assert_eq!(
            EndpointUri::try_from("https://as.example.com/token"),
            EndpointUri::new("https://as.example.com/token")
        );
        assert_eq!("read write".parse(), Scope::parse("read write"));
        assert!(Scope::try_from("a\"b").is_err());
    }
}
