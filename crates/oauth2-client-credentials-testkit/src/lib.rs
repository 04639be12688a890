//! An OAuth 2.0 authorization server and a protected resource for tests, which fail in every way they are told to.
//!
//! A program that fetches access tokens with the client credentials grant (RFC 6749, section 4.4) has much to get right
//! when things go wrong: a token endpoint that is slow, overloaded or gone, a token that ends early, a secret that was
//! changed. This crate is the other side of it:
//!
//! - [`AuthorizationServer`] has a token endpoint. It reads requests strictly, issues tokens with a lifetime, and takes a
//!   script of [`Answer`]s: OAuth errors, any status and body, connections that are refused or reset, silence, panics,
//!   bodies that are torn, slow or endless.
//! - [`ResourceServer`] takes the tokens that are active there and refuses the others (RFC 6750), or those it is told to.
//!
//! Both are tower services, so that a test needs no socket and can drive time; both can also be served over loopback
//! HTTP, for programs that bring a client of their own. They are handles: clones share one server, which can be changed
//! and asked what it saw while the program under test runs. The protocol is written here a second time on purpose. No
//! code is shared with any client, so that a client's mistake is not mirrored by its judge.
//!
//! # Example
//!
//! A token is fetched, shown to the resource, and revoked; then the token endpoint is down.
//!
//! ```
//! use http::{Request, StatusCode, header};
//! use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, Body, ResourceServer};
//! use serde_json::Value;
//! use tower::{BoxError, ServiceExt};
//!
//! fn token_request() -> Request<Body> {
//!     Request::post("https://as.example.com/token")
//!         .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
//!         .body("grant_type=client_credentials&client_id=billing&client_secret=s3cret".into())
//!         .expect("a valid request")
//! }
//!
//! #[tokio::main(flavor = "current_thread")]
//! async fn main() -> Result<(), BoxError> {
//!     let server = AuthorizationServer::builder().client("billing", "s3cret").build();
//!     let resource = ResourceServer::new(&server);
//!
//!     let response = server.clone().oneshot(token_request()).await?;
//!     let document: Value = serde_json::from_slice(&response.into_body().into_bytes().await?)?;
//!     assert_eq!(document["access_token"], "t1");
//!
//!     let request = || {
//!         Request::get("https://api.example.com/")
//!             .header(header::AUTHORIZATION, "Bearer t1")
//!             .body(())
//!     };
//!     assert_eq!(resource.clone().oneshot(request()?).await?.status(), StatusCode::OK);
//!     server.revoke("t1");
//!     assert_eq!(resource.clone().oneshot(request()?).await?.status(), StatusCode::UNAUTHORIZED);
//!     assert_eq!((resource.served(), resource.refused()), (1, 1));
//!
//!     server.set_outage(Some(Answer::connect_error()));
//!     let fault = server.clone().oneshot(token_request()).await.expect_err("an outage");
//!     assert!(fault.is_connect());
//!     assert_eq!((server.token_requests(), server.issued()), (2, 1));
//!     Ok(())
//! }
//! ```
//!
//! # With `tower-oauth2-client-credentials`
//!
//! A clone of the [`AuthorizationServer`] stands where its `TokenEndpoint` takes an HTTP client, and the layer goes around
//! a clone of the [`ResourceServer`]. Any URL is fine as the token endpoint's as long as its path is `/token`, and any
//! origin as the resource's; nothing is resolved. The body types are found by inference. Over loopback it is
//! [`Serving::token_endpoint`] and [`Serving::origin`] with the client that the program has anyway.
//!
//! # Time
//!
//! Latency, delays and lifetimes go by tokio's clock. With `#[tokio::test(start_paused = true)]` an hour passes at once,
//! and a token of one hour has ended then. That needs the servers in-process: a paused clock does not wait for sockets.
//! An answer without a delay needs no runtime at all.
//!
//! # Features
//!
//! - `serve` (default): both servers over loopback HTTP/1.1 and HTTP/2 by prior knowledge, with hyper.
//! - `shared-cache`: `MemoryStore`, in the place of the Redis that a fleet shares its tokens through.

mod answer;
mod authorization_server;
mod basic_encoding;
mod body;
mod builder;
mod client_authentication;
#[cfg(feature = "serve")]
mod connection;
mod fault;
mod form;
mod future;
#[cfg(feature = "shared-cache")]
mod memory_store;
mod policy;
mod received;
mod reply;
mod resource_builder;
mod resource_server;
mod script;
#[cfg(feature = "serve")]
mod serve;
mod tokens;

#[cfg(feature = "shared-cache")]
pub use self::memory_store::{MemoryStore, StoreOutage};
#[cfg(feature = "serve")]
pub use self::serve::Serving;
pub use self::{
    answer::Answer, authorization_server::AuthorizationServer, basic_encoding::BasicEncoding,
    body::Body, builder::AuthorizationServerBuilder, client_authentication::ClientAuthentication,
    fault::Fault, future::ResponseFuture, received::ReceivedRequest,
    resource_builder::ResourceServerBuilder, resource_server::ResourceServer,
};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
