//! Where the authorization server is.

use oauth2_client_credentials::{EndpointUri, EndpointUriError, Issuer, IssuerError};

use super::{failure::Failure, options::Options};

/// Its token endpoint, or its issuer, whose metadata names that.
#[derive(Clone, Debug)]
pub(crate) enum Place {
    TokenEndpoint(EndpointUri),
    Issuer(Issuer),
}

impl Place {
    /// # Errors
    ///
    /// It is no URL, or one that no secret may go to.
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        match (&options.issuer, &options.token_endpoint) {
            (Some(issuer), _) => {
                Issuer::new(issuer)
                    .map(Self::Issuer)
                    .map_err(|error| match error {
                        IssuerError::Uri(EndpointUriError::Plaintext) => plaintext("--issuer"),
                        error => Failure::arguments("--issuer", error),
                    })
            }
            (None, Some(endpoint)) => {
                EndpointUri::new(endpoint)
                    .map(Self::TokenEndpoint)
                    .map_err(|error| match error {
                        EndpointUriError::Plaintext => plaintext("--token-endpoint"),
                        error => Failure::arguments("--token-endpoint", error),
                    })
            }
            // One of them is required.
            (None, None) => Err(Failure::arguments(
                "--issuer",
                "give it, or --token-endpoint",
            )),
        }
    }
}

fn plaintext(option: &str) -> Failure {
    Failure::arguments(
        option,
        "it is plain http to another machine, and everybody on the way could read the secret; use https",
    )
}
