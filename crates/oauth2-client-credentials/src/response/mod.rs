//! Reading what the token endpoint answered.

mod answer;
mod decoder;
mod error;
mod expires_in;
mod headers;
mod json;
mod members;
mod quirk;

pub use self::decoder::{Decoder, ZeroLifetime};
pub use self::error::{ErrorKind, ResponseError};
pub(crate) use self::json::unique_object;
pub use self::quirk::Quirk;
