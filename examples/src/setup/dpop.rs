//! The key that tokens are bound to.

use oauth2_client_credentials::{Dpop, DpopKey, KeyError};
use rustls::crypto::ring;

use super::{failure::Failure, key, options::Options};

/// The key that the arguments ask for, if they ask for any: one from a file, or one that is new.
///
/// # Errors
///
/// The file cannot be read or has no key in it, or this machine gives no randomness.
pub(crate) fn dpop(options: &Options) -> Result<Option<Dpop>, Failure> {
    if !options.dpop {
        return Ok(None);
    }
    let key = match &options.dpop_key_file {
        Some(path) => DpopKey::new(key::read(path, None)?),
        None => new().map_err(|error| Failure::of_this_machine("the DPoP key", &error))?,
    };
    Ok(Some(Dpop::new(key)))
}

fn new() -> Result<DpopKey, KeyError> {
    let random = ring::default_provider().secure_random;
    DpopKey::generate(|bytes| {
        if random.fill(bytes).is_err() {
            // No key, and so an error.
            bytes.fill(0);
        }
    })
}
