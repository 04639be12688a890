//! Where tokens come from: the cells of one client, and what they share.
//!
//! A request comes in by `serve`, a user by `token_source`.

mod acquire;
mod attempts;
mod builder;
mod cell;
mod cells;
mod context;
mod errors;
mod flight;
mod gate;
mod governor;
mod health;
mod held;
mod landing;
#[cfg(all(test, loom_models))]
mod models;
mod owner;
mod registry;
mod rejection;
mod schedule;
mod sent;
mod serve;
mod state;
mod token;
mod token_source;
mod weigh;
mod window;

pub use builder::TokenSourceBuilder;
pub use health::{Health, State};
pub use registry::SentToken;
pub use schedule::{Schedule, ScheduleBuilder, ScheduleError};
pub use token::Token;
pub use token_source::TokenSource;

pub(crate) use {
    acquire::{Acquired, Budget},
    sent::Sent,
    token::Kept,
};
