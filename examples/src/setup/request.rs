//! What is asked for.

use oauth2_client_credentials::{RequestError, RequestErrorKind, TokenRequest};

use super::{failure::Failure, options::Options};

/// The token request that the options describe.
///
/// # Errors
///
/// One of them cannot be meant.
pub(crate) fn token_request(options: &Options) -> Result<TokenRequest, Failure> {
    let mut builder = TokenRequest::builder().scope(&options.scope.join(" "));
    for resource in &options.resource {
        builder = builder.resource(resource);
    }
    if let Some(audience) = &options.audience {
        builder = builder.audience(audience);
    }
    if let Some(details) = &options.authorization_details {
        builder = builder.authorization_details(details);
    }
    for param in &options.param {
        let (name, value) = param
            .split_once('=')
            .filter(|(name, _)| !name.is_empty())
            // The text is not repeated: it may be a vendor's API key.
            .ok_or_else(|| Failure::arguments("--param", "write it as NAME=VALUE"))?;
        builder = builder.parameter(name, value);
    }
    builder.build().map_err(|error| not_a_request(&error))
}

fn not_a_request(error: &RequestError) -> Failure {
    let option = match error.kind() {
        RequestErrorKind::InvalidScope => "--scope",
        RequestErrorKind::InvalidResource => "--resource",
        RequestErrorKind::InvalidAuthorizationDetails => "--authorization-details",
        _ => "--param",
    };
    Failure::arguments(option, error)
}
