//! Reading what the token endpoint answered.

mod answer;
mod body;
mod decoder;
mod error;
mod expires_in;
mod headers;
mod http_date;
mod json;
mod members;
mod quirk;
mod same_json;
mod unique;

pub use self::decoder::{Decoder, ZeroLifetime};
pub use self::error::{ErrorKind, ResponseError};
pub(crate) use self::error::{SHOWN, is_shown};
#[cfg(feature = "jose")]
pub(crate) use self::headers::dpop_nonce;
pub(crate) use self::json::{Name, unique_object};
pub use self::quirk::Quirk;
