//! The answers, in families.

mod bodies;
mod chunks;
mod credentials;
mod encodings;
mod endless;
mod errors;
mod first_lines;
mod h2_data;
mod h2_ends;
mod h2_frames;
mod h2_heads;
mod h2_settings;
mod heads;
mod interim;
mod lengths;
mod media_types;
mod nonces;
mod numbers;
mod redirects;
mod slow;
mod tls;
mod truncated;

use crate::answer::Answer;

type Family = fn() -> Vec<Answer>;

/// All of them, by name.
pub(crate) const FAMILIES: &[(&str, Family)] = &[
    ("first-line", first_lines::answers),
    ("head", heads::answers),
    ("length", lengths::answers),
    ("chunk", chunks::answers),
    ("interim", interim::answers),
    ("redirect", redirects::answers),
    ("truncated", truncated::answers),
    ("slow", slow::answers),
    ("endless", endless::answers),
    ("encoding", encodings::answers),
    ("media-type", media_types::answers),
    ("body", bodies::answers),
    ("number", numbers::answers),
    ("credential", credentials::answers),
    ("error", errors::answers),
    ("nonce", nonces::answers),
    ("tls", tls::answers),
    ("h2-end", h2_ends::answers),
    ("h2-settings", h2_settings::answers),
    ("h2-head", h2_heads::answers),
    ("h2-data", h2_data::answers),
    ("h2-frame", h2_frames::answers),
];
