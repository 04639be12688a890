//! Private keys in files.

use std::path::Path;

use oauth2_client_credentials::{JwsAlgorithm, SigningKey};

use super::{failure::Failure, secret};

/// The key in `path`, in PEM or as a JWK, which signs with `algorithm` if one is named.
///
/// # Errors
///
/// The file cannot be read, or has something else in it; or the algorithm does not go with the key.
pub(crate) fn read(path: &Path, algorithm: Option<JwsAlgorithm>) -> Result<SigningKey, Failure> {
    let text = secret::in_file("key", path)?;
    let text = text.expose();
    let key = if text.trim_start().starts_with('{') {
        SigningKey::from_jwk(text)
    } else {
        SigningKey::from_pem(text)
    };
    let key = key.map_err(|error| {
        Failure::configuration(format!("the key file {}: {error}", path.display()))
    })?;
    let Some(algorithm) = algorithm else {
        return Ok(key);
    };
    let usual = key.algorithm();
    key.with_algorithm(algorithm).map_err(|error| {
        Failure::arguments("--alg", format!("{error}; {usual} would go with this one"))
    })
}

/// An algorithm by its name in the registry, for the command line.
///
/// # Errors
///
/// It is not known.
pub(crate) fn algorithm(name: &str) -> Result<JwsAlgorithm, &'static str> {
    JwsAlgorithm::from_name(name)
        .ok_or("no such algorithm; use one such as ES256, RS256, PS256, EdDSA or HS256")
}
