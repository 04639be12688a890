//! The layer.

use std::sync::Arc;

use http::response;
use oauth2_client_credentials::Presentation;
use tower_layer::Layer;

use crate::{
    attach::{Attach, OnExisting},
    origin::Origins,
    refusal::RejectedWhen,
    replay::Never,
    service::{ClientCredentials, Settings},
    source::TokenSource,
};

/// Puts [`ClientCredentials`] around a service: its requests carry a token.
///
/// `R` says which requests are sent once more when their token is refused: [`Never`] any.
///
/// ```
/// use tower_layer::Layer;
/// use tower_oauth2_client_credentials::{ClientCredentialsLayer, OnExisting, Origins, replay};
/// # use oauth2_client_credentials_testkit::{AuthorizationServer, ResourceServer};
/// # use tower_oauth2_client_credentials::{Fetch, TokenSource};
/// # use oauth2_client_credentials::TokenResponse;
/// # let source = TokenSource::new(tower::service_fn(|_: Fetch| async { TokenResponse::new("t1") }));
/// # let client = ResourceServer::new(&AuthorizationServer::new());
///
/// let layer = ClientCredentialsLayer::new(source, Origins::new(["https://api.example.com"])?);
///
/// // Or, for requests that come from others, whose `Authorization` must not go on, and with those that have no body sent once
/// // more when their token is refused:
/// let layer = layer.on_existing(OnExisting::Replace).replay(replay::Empty::new());
///
/// let service = layer.layer(client);
/// # Ok::<(), tower_oauth2_client_credentials::InvalidOrigin>(())
/// ```
#[derive(Clone, Debug)]
pub struct ClientCredentialsLayer<R = Never> {
    settings: Arc<Settings>,
    replay: R,
}

impl ClientCredentialsLayer {
    /// A layer that attaches the tokens of `source` to requests that go to `origins`, and sends no others.
    ///
    /// A request that has a [`TokenRequest`](oauth2_client_credentials::TokenRequest) among its extensions gets the token for that one
    /// instead of the source's own.
    #[must_use]
    pub fn new(source: TokenSource, origins: Origins) -> Self {
        let settings = Settings {
            source,
            origins,
            attach: Attach::default(),
            rejected_when: None,
            tells: false,
            bearer_only: true,
        };
        Self {
            settings: Arc::new(settings),
            replay: Never,
        }
    }
}

impl<R> ClientCredentialsLayer<R> {
    /// What becomes of an `Authorization` header that a request has already (default: [`OnExisting::Keep`]).
    #[must_use]
    pub fn on_existing(self, on_existing: OnExisting) -> Self {
        self.with(|settings| settings.attach.on_existing = on_existing)
    }

    /// How tokens are shown (default: a bearer token, in the `Authorization` header): in the query, with a proof of a key, with a
    /// MAC, or in a way of your own. What it learns from an answer (a nonce) is worth sending a request once more, if the
    /// [replay policy](Self::replay) kept it.
    ///
    /// ```
    /// # use oauth2_client_credentials::TokenResponse;
    /// # use tower_oauth2_client_credentials::{ClientCredentialsLayer, Fetch, Origins, TokenSource};
    /// # let source = TokenSource::new(tower::service_fn(|_: Fetch| async { TokenResponse::new("t1") }));
    /// use oauth2_client_credentials::Bearer;
    ///
    /// // This provider has a name of its own for bearer tokens.
    /// let layer = ClientCredentialsLayer::new(source, Origins::new(["https://api.example.com"])?)
    ///     .presentation(Bearer::new().treat_as_bearer("Application Access Token"));
    /// # Ok::<(), tower_oauth2_client_credentials::InvalidOrigin>(())
    /// ```
    #[must_use]
    pub fn presentation(self, presentation: impl Presentation + 'static) -> Self {
        self.with(|settings| {
            settings.attach.bound_to = settings.origins.bound_to();
            settings.attach.presentation = Some(Arc::new(presentation));
        })
    }

    /// Which answers say that the token was refused, instead of [`is_rejection`](crate::is_rejection). Costs an allocation for each
    /// request.
    ///
    /// ```
    /// # use oauth2_client_credentials::TokenResponse;
    /// # use tower_oauth2_client_credentials::{ClientCredentialsLayer, Fetch, Origins, TokenSource};
    /// # let source = TokenSource::new(tower::service_fn(|_: Fetch| async { TokenResponse::new("t1") }));
    /// # let layer = ClientCredentialsLayer::new(source, Origins::new(["https://api.example.com"])?);
    /// use tower_oauth2_client_credentials::is_rejection;
    ///
    /// // This API says 419 of a token that has ended.
    /// let layer = layer.rejected_when(|response| response.status == 419 || is_rejection(response));
    /// # Ok::<(), tower_oauth2_client_credentials::InvalidOrigin>(())
    /// ```
    #[must_use]
    pub fn rejected_when<F>(self, judge: F) -> Self
    where
        F: Fn(&response::Parts) -> bool + Send + Sync + 'static,
    {
        self.with(|settings| settings.rejected_when = Some(RejectedWhen::new(judge)))
    }

    /// Has each response tell which token its request carried, by a [`SentToken`](crate::SentToken) among its extensions. Costs
    /// allocations for each request.
    #[must_use]
    pub fn with_sent_token(self) -> Self {
        self.with(|settings| settings.tells = true)
    }

    /// Which requests are sent once more when their token is refused (default: [`Never`] any; see [`replay`](crate::replay)).
    #[must_use]
    pub fn replay<P>(self, policy: P) -> ClientCredentialsLayer<P> {
        ClientCredentialsLayer {
            settings: self.settings,
            replay: policy,
        }
    }

    fn with(mut self, change: impl FnOnce(&mut Settings)) -> Self {
        let settings = Arc::make_mut(&mut self.settings);
        change(settings);
        settings.bearer_only = settings.attach.presentation.is_none()
            && settings.rejected_when.is_none()
            && !settings.tells;
        self
    }
}

impl<S, R> Layer<S> for ClientCredentialsLayer<R>
where
    R: Clone,
{
    type Service = ClientCredentials<S, R>;

    fn layer(&self, inner: S) -> Self::Service {
        ClientCredentials::from_layer(inner, Arc::clone(&self.settings), self.replay.clone())
    }
}
