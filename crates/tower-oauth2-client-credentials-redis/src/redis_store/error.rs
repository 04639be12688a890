//! What goes wrong between a replica and its store.

use std::{error::Error, fmt};

use redis::{ErrorKind, RedisError};

/// A server that cannot be used. It shows no address and no password, and nothing that is stored.
#[derive(Clone, Debug)]
pub struct RedisStoreError {
    message: String,
}

impl RedisStoreError {
    fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
        }
    }

    pub(super) fn bad_url() -> Self {
        Self::new(
            "this is no URL of a Redis server; give it as redis://host:port, or rediss://user:password@host:port for TLS",
        )
    }

    pub(super) fn bad_certificate() -> Self {
        Self::new(
            "the root certificate for the Redis server cannot be used; give it as PEM, with a rediss:// URL",
        )
    }

    pub(super) fn no_runtime() -> Self {
        Self::new(
            "there is no tokio runtime to connect to the Redis server in; call from within one",
        )
    }

    pub(super) fn gone() -> Self {
        Self::new(
            "the runtime that was connecting to the Redis server has ended; call from one that lives",
        )
    }

    pub(super) fn unexpected() -> Self {
        Self::new(
            "the Redis server gave an answer that makes no sense; check that it is Redis or Valkey",
        )
    }

    /// What the client says is not repeated: it may be the server's text.
    pub(super) fn of(error: &RedisError) -> Self {
        if let Some(code) = error.code() {
            let advice = match code {
                "NOPERM" => "let its user run what the documentation of `RedisStore` lists",
                "NOAUTH" | "WRONGPASS" => "check user and password",
                "READONLY" => "give the address of the primary",
                "OOM" => "give it more memory",
                "MOVED" | "ASK" | "CLUSTERDOWN" => {
                    "it is one of a cluster: give a connection of redis's cluster client"
                }
                _ => "look at its log",
            };
            let known = code.bytes().all(|byte| byte.is_ascii_uppercase()) && code.len() <= 16;
            let code = if known { code } else { "an error" };
            return Self::new(format!("the Redis server refused with {code}; {advice}"));
        }
        Self::new(match error.kind() {
            ErrorKind::AuthenticationFailed => {
                "the Redis server refused user and password; check both"
            }
            _ if error.is_timeout() => {
                "the Redis server cannot be reached in time; check address and network"
            }
            _ if error.is_io_error() => {
                "the Redis server cannot be reached, or has closed the connection; check address, TLS and network"
            }
            _ => {
                "the Redis client failed; check that the server speaks the protocol of Redis 6 or later"
            }
        })
    }
}

impl fmt::Display for RedisStoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl Error for RedisStoreError {}
