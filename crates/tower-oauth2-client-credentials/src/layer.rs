//! The layer.

use std::{marker::PhantomData, sync::Arc};

use tower_layer::Layer;

use crate::{
    origin::Origins,
    replay::Never,
    service::{ClientCredentials, OnExisting, Settings},
    source::TokenSource,
};

/// Puts [`ClientCredentials`] around a service: its requests carry a token.
///
/// `R` says what happens to a request whose token is refused: [`Never`] anything.
///
/// ```
/// use tower_layer::Layer;
/// use tower_oauth2_client_credentials::{ClientCredentialsLayer, OnExisting, Origins};
/// # use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
/// # use tower_oauth2_client_credentials::{Fetch, TokenSource};
/// # use oauth2_client_credentials::TokenResponse;
/// # let source = TokenSource::new(tower::service_fn(|_: Fetch| async { TokenResponse::new("t1") }));
/// # let client = ResourceServer::new(&AuthorizationServer::new());
///
/// let layer = ClientCredentialsLayer::new(source, Origins::new(["https://api.example.com"])?);
///
/// // Or, for requests that come from others, whose `Authorization` must not go on:
/// let layer = layer.on_existing(OnExisting::Replace);
///
/// let service = layer.layer(client);
/// # Ok::<(), tower_oauth2_client_credentials::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientCredentialsLayer<R = Never> {
    settings: Arc<Settings>,
    replay: PhantomData<fn() -> R>,
}

impl ClientCredentialsLayer {
    /// A layer that attaches the tokens of `source` to requests that go to `origins`, and sends no others.
    #[must_use]
    pub fn new(source: TokenSource, origins: Origins) -> Self {
        let settings = Settings {
            source,
            origins,
            on_existing: OnExisting::default(),
        };
        Self {
            settings: Arc::new(settings),
            replay: PhantomData,
        }
    }
}

impl<R> ClientCredentialsLayer<R> {
    /// What becomes of an `Authorization` header that a request has already (default: [`OnExisting::Keep`]).
    #[must_use]
    pub fn on_existing(self, on_existing: OnExisting) -> Self {
        let settings = Arc::new(Settings {
            on_existing,
            ..(*self.settings).clone()
        });
        Self { settings, ..self }
    }
}

impl<S, R> Layer<S> for ClientCredentialsLayer<R> {
    type Service = ClientCredentials<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientCredentials::from_layer(inner, Arc::clone(&self.settings))
    }
}
