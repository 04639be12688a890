//! OAuth 2.0 client credentials as a tower layer.

mod credential;
mod endpoint;
mod error;
mod event;
mod fetch;
mod future;
mod layer;
mod origin;
mod replay;
mod service;
mod source;
mod sync;

pub use oauth2_client_credentials;

#[cfg(feature = "metrics")]
pub use crate::event::MetricsObserver;
#[cfg(feature = "tracing")]
pub use crate::event::TracingObserver;

pub use crate::{
    credential::Credential,
    endpoint::{EndpointError, TokenEndpoint},
    error::{BoxError, TokenError, TokenErrorKind},
    event::{Cause, Event, Observer},
    fetch::Fetch,
    future::ResponseFuture,
    layer::ClientCredentialsLayer,
    origin::{InvalidOrigin, Origins},
    replay::Never,
    service::{ClientCredentials, OnExisting},
    source::{
        Clock, Health, Schedule, ScheduleBuilder, ScheduleError, State, SystemClock, Token,
        TokenSource, TokenSourceBuilder,
    },
};
