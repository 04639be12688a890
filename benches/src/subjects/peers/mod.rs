//! The peers: each as its documentation says that it is used, with all its defaults.

mod kube_style;

use tower::BoxError;

use super::{Abilities, Setting, Subject, subject};
use crate::{api::Answer, endpoint::Endpoint, requests::Requests};

/// Their crates' names, and what they can do.
pub const ALL: [(&str, Abilities); 1] = [(
    "kube-style",
    Abilities {
        lazy: true,
        told: false,
        replay: false,
        renews: true,
    },
)];

/// The peer of this name.
///
/// # Errors
///
/// Those of a peer that needs the authorization server to begin.
pub async fn make<A: Answer>(
    name: &str,
    setting: Setting,
    endpoint: &Endpoint,
    answer: A,
) -> Result<Box<dyn Subject>, BoxError> {
    let requests = Requests::new(setting.keys);
    Ok(match name {
        "kube-style" => subject("kube-style", kube_style::client(endpoint, answer), requests),
        _ => return Err(format!("there is no {name}").into()),
    })
}
