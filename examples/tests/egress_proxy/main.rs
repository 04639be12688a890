//! The sidecar from outside: the program itself between callers and an upstream of the test's own.

mod admin;
mod configuration;
mod heads;
mod limits;
mod proxy;
mod reload;
mod stack;
mod tls;
mod tokens;
mod traffic;
mod upstream;
