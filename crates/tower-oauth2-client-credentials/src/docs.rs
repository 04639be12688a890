//! Pages to read. There is no code in here, and it is part of the documentation
//! only.

#[doc = include_str!("../docs/order-of-layers.md")]
pub mod order_of_layers {}
