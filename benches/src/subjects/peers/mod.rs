//! The peers: each as its documentation says that it is used, with all its defaults.

mod aws;
mod azure;
mod gears;
mod google;
mod huskarl;
mod kube_style;
mod middle;

use http_body_util::BodyExt;
use serde_json::Value;
use tower::BoxError;

use super::{Abilities, Setting, Subject, subject};
use crate::{api::Answer, endpoint::Endpoint, requests::Requests};

const LAZY: Abilities = Abilities {
    lazy: true,
    told: false,
    replay: false,
    renews: true,
};

/// Their crates' names, and what they can do.
pub const ALL: [(&str, Abilities); 7] = [
    ("huskarl", Abilities { told: true, ..LAZY }),
    ("aws-smithy-runtime", LAZY),
    // Its policy drops the token at a 401, but sees only what its own transport answers.
    ("azure_core", LAZY),
    ("google-cloud-auth", LAZY),
    (
        "middle",
        Abilities {
            lazy: false,
            ..LAZY
        },
    ),
    (
        "cf-gears-toolkit-auth",
        Abilities {
            replay: true,
            ..LAZY
        },
    ),
    ("kube-style", LAZY),
];

/// What a peer with requests of its own types costs without a token: a subject that is measured beside it and subtracted.
pub fn bare(name: &str) -> Option<&'static str> {
    (name == "azure_core").then_some("azure_core, bare")
}

/// The peer of this name.
///
/// # Errors
///
/// Those of a peer that needs the authorization server to begin.
pub async fn make<A: Answer>(
    name: &str,
    setting: Setting,
    at: &Endpoint,
    answer: A,
) -> Result<Box<dyn Subject>, BoxError> {
    let requests = Requests::new(setting.keys);
    Ok(match name {
        "huskarl" => subject("huskarl", huskarl::client(at, answer)?, requests),
        "aws-smithy-runtime" => subject("aws-smithy-runtime", aws::client(at, answer)?, requests),
        "azure_core" => subject("azure_core", azure::client(at, answer, true)?, requests),
        "azure_core, bare" => subject(
            "azure_core, bare",
            azure::client(at, answer, false)?,
            requests,
        ),
        "google-cloud-auth" => subject(
            "google-cloud-auth",
            google::client(at, answer).await?,
            requests,
        ),
        "middle" => subject("middle", middle::client(at, answer).await?, requests),
        "cf-gears-toolkit-auth" if setting.replay => subject(
            "cf-gears-toolkit-auth",
            gears::kept(at, answer).await?,
            requests,
        ),
        "cf-gears-toolkit-auth" => subject(
            "cf-gears-toolkit-auth",
            gears::client(at, answer).await?,
            requests,
        ),
        "kube-style" => subject("kube-style", kube_style::client(at, answer), requests),
        _ => return Err(format!("there is no {name}").into()),
    })
}

/// A token from the endpoint and its lifetime in seconds, for peers that leave asking to the program.
async fn token_of(endpoint: &Endpoint) -> Result<(String, u64), BoxError> {
    let response = endpoint.answer().await;
    if response.status() != 200 {
        return Err(format!("the token endpoint answered {}", response.status()).into());
    }
    let body = response.into_body().collect().await?.to_bytes();
    let answer: Value = serde_json::from_slice(&body)?;
    let token = answer["access_token"].as_str().unwrap_or_default();
    Ok((
        token.to_owned(),
        answer["expires_in"].as_u64().unwrap_or_default(),
    ))
}
