//! The limits: no token at all, and one that never changes.

use tower::Layer;
use tower_http::auth::{AddAuthorization, AddAuthorizationLayer};

use super::Tower;
use crate::{
    api::{Answer, Api},
    endpoint::Endpoint,
};

/// No token at all.
pub fn none<A: Answer>(answer: A) -> Tower<Api<A>> {
    Tower(Api::new(answer))
}

/// The floor: tower-http's layer with the endpoint's first token.
pub fn fixed<A: Answer>(endpoint: &Endpoint, answer: A) -> Tower<AddAuthorization<Api<A>>> {
    Tower(AddAuthorizationLayer::bearer(&endpoint.token(1)).layer(Api::new(answer)))
}

/// The floor once more.
pub fn control<A: Answer>(endpoint: &Endpoint, answer: A) -> Tower<AddAuthorization<Api<A>>> {
    fixed(endpoint, answer)
}
