//! The kinds of errors that there are: by the listings of the public API, all of them, and those that were shown.

use std::{collections::BTreeSet, error::Error, fs, path::Path};

use oauth2_client_credentials::{
    ClientError, EndpointUriError, IssuerError, KeyError, MacError, MaterialError, MetadataError,
    PresentationError, RequestError, ResponseError,
};
use tower_oauth2_client_credentials::TokenError;
use tower_oauth2_client_credentials_redis::SealingError;

/// The kind or kinds of an error, written as the listings have them.
pub(crate) fn of(error: &(dyn Error + 'static)) -> Vec<String> {
    let mut kinds = Vec::new();
    macro_rules! variants {
        ($($error:ident),+) => {$(
            if let Some(error) = error.downcast_ref::<$error>() {
                kinds.push(variant(stringify!($error), &format!("{error:?}")));
            }
        )+};
    }
    variants!(
        ClientError,
        EndpointUriError,
        IssuerError,
        KeyError,
        MacError,
        MaterialError,
        MetadataError,
        PresentationError,
        SealingError
    );
    if let Some(error) = error.downcast_ref::<RequestError>() {
        kinds.push(variant("RequestErrorKind", &format!("{:?}", error.kind())));
    }
    if let Some(error) = error.downcast_ref::<ResponseError>() {
        kinds.push(variant("ErrorKind", error.kind().as_str()));
    }
    if let Some(error) = error.downcast_ref::<TokenError>() {
        kinds.push(variant("TokenErrorKind", error.kind().as_str()));
    }
    kinds
}

/// Those of which nothing was shown.
pub(crate) fn missing(shown: &BTreeSet<String>) -> BTreeSet<String> {
    all().difference(shown).cloned().collect()
}

/// Each line `pub SomeError::Variant(…)` of the listings, and those of the kinds.
fn all() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/api");
    let mut all = BTreeSet::new();
    for listing in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(listing.unwrap().path()).unwrap();
        for line in text.lines() {
            let words = line.rsplit("] ").next().unwrap_or(line);
            let named = words
                .strip_prefix("pub ")
                .and_then(|item| item.split_once("::"));
            if let Some((of, rest)) = named
                && !of.contains(' ')
                && (of.ends_with("Error") || of.ends_with("ErrorKind"))
            {
                all.insert(variant(of, rest));
            }
        }
    }
    assert!(all.len() > 80, "the listings have {all:?} only");
    all
}

/// `debug` begins with the variant's name.
fn variant(of: &str, debug: &str) -> String {
    let name = debug.split(|unit: char| !unit.is_alphanumeric()).next();
    format!("{of}::{}", name.unwrap_or_default())
}
