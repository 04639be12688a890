//! What programs say when they are told to log all there is: no secret and no token, no assertion, no proof and no key, however it
//! may be written.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../../src/bin/broker_login/amqp.rs"]
mod amqp;
#[path = "../token/authority.rs"]
#[allow(dead_code, reason = "some of it is for the tests beside it")]
mod authority;
mod canary;
#[path = "../../src/bin/dpop/stack.rs"]
mod dpop_stack;
#[path = "../token/http_server.rs"]
#[allow(dead_code, reason = "some of it is for the tests beside it")]
mod http_server;
mod programs;
#[path = "../../src/bin/projected_token/stack.rs"]
mod projected_stack;
mod running;
mod servers;
#[path = "../../src/bin/broker_login/session.rs"]
#[allow(dead_code, reason = "the program says more")]
mod session;
mod sidecar;
mod stacks;
#[path = "../../src/bin/broker_login/wire.rs"]
mod wire;
