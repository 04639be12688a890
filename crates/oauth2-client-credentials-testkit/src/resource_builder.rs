//! Making a protected resource that is not the default one.

use std::{fmt, time::Duration};

use crate::{Answer, AuthorizationServer, ResourceServer, resource_server::State};

/// Settings of a [`ResourceServer`].
///
/// ```
/// use oauth2_client_credentials_testkit::{Answer, ResourceServer};
///
/// // Takes any token, and refuses in the way of gRPC.
/// let resource = ResourceServer::builder()
///     .reject_with(Answer::body(200, "").header("grpc-status", "16"))
///     .build();
/// resource.reject(["t1"]);
/// ```
#[must_use]
pub struct ResourceServerBuilder {
    state: State,
}

impl ResourceServerBuilder {
    pub(crate) fn new() -> Self {
        Self {
            state: State::new(),
        }
    }

    /// Takes only the tokens that are active at this server. Without it any token is good, an expired one too.
    pub fn authorization_server(mut self, server: &AuthorizationServer) -> Self {
        self.state.authorization_server = Some(server.clone());
        self
    }

    /// Sets how long every answer takes (default: none).
    pub fn latency(mut self, latency: Duration) -> Self {
        self.state.latency = latency;
        self
    }

    /// Sets the answer to requests with a good token (default: 200 and `ok`). `{n}` in it is the number of the request.
    pub fn answer_with(mut self, answer: Answer) -> Self {
        self.state.answer = answer;
        self
    }

    /// Sets the answer to requests with a bad token (default: 401 and `Bearer error="invalid_token"`).
    pub fn reject_with(mut self, answer: Answer) -> Self {
        self.state.rejection = answer;
        self
    }

    /// Makes the resource.
    pub fn build(self) -> ResourceServer {
        ResourceServer::from_state(self.state)
    }
}

impl fmt::Debug for ResourceServerBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResourceServerBuilder")
            .field("latency", &self.state.latency)
            .finish_non_exhaustive()
    }
}
