//! A client, and the HTTP client that it asks with, from what a user writes. Programs that get their tokens from a real server share
//! this; each has it as a module of its own.
#![allow(dead_code, reason = "no program needs all of it")]

pub(crate) mod client;
pub(crate) mod credential;
pub(crate) mod dpop;
pub(crate) mod failure;
pub(crate) mod http_client;
pub(crate) mod key;
pub(crate) mod method;
pub(crate) mod options;
pub(crate) mod output;
pub(crate) mod place;
pub(crate) mod request;
pub(crate) mod secret;
pub(crate) mod tls;
