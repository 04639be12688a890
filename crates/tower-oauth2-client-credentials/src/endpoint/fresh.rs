//! What is new in each token request.

use oauth2_client_credentials::Client;

use crate::{clock::Clock, fresh::fresh};

/// With what a client that signs needs to be new in each request.
pub(super) fn freshened(client: &Client, clock: &dyn Clock) -> Client {
    if client.signs() {
        client.with_fresh(fresh(clock.wall()))
    } else {
        client.clone()
    }
}
