//! What whole-stack tests share: real servers, started for one test each, and the HTTP client that they are called with.
//!
//! Nothing here knows of another test: every server listens on a port of its own and ends with the value that started it.

mod client;
mod oidc_provider;
mod process;

pub use crate::{
    client::{Answer, HttpClient, ask, http_client},
    oidc_provider::{OidcProvider, OidcProviderBuilder, Stats},
    process::StartError,
};
