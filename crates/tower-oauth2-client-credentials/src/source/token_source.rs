//! A source as its users have it in hand.

use std::{sync::Arc, time::Duration};

use oauth2_client_credentials::{TokenRequest, TokenResponse};
use tokio::{runtime::Handle, time};
use tower_service::Service;

use super::{
    Health, Token, TokenSourceBuilder,
    cell::Cell,
    cells::{Cells, Full},
    context::Context,
    errors,
    owner::Owner,
    registry, schedule,
};
use crate::{
    error::{BoxError, TokenError, TokenErrorKind},
    fetch::Fetch,
};

/// Warming up does not knock more often than this.
const WARM_UP_PAUSE: Duration = Duration::from_millis(100);

/// One client's tokens: fetched when they are needed, shared by all, renewed ahead.
///
/// A source is set up with one [`TokenRequest`]. A single request through the layer names another by having it among its extensions;
/// [`for_request`](Self::for_request) makes a handle of it. Each has its own token and its own pauses; all share the token service, the
/// limit of token requests at a time, and what the server says of being busy.
///
/// A handle: clones share everything, and the token request that is under way ends with the last of them. It can be made
/// anywhere, without a runtime and without the network.
///
/// ```
/// use std::time::Duration;
/// use oauth2_client_credentials::{TokenRequest, TokenResponse};
/// use tower_oauth2_client_credentials::{BoxError, Fetch, TokenSource};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), BoxError> {
/// // Any token service; most often a `TokenEndpoint`.
/// let service = tower::service_fn(|_: Fetch| async { TokenResponse::new("2YotnFZFEjr1zCsicMWpAA") });
///
/// // With all defaults, and asking for whatever scope the server gives:
/// let source = TokenSource::new(service);
/// assert_eq!(source.token().await?.access_token().expose(), "2YotnFZFEjr1zCsicMWpAA");
///
/// // Or to measure:
/// let source = TokenSource::builder(service)
///     .request(TokenRequest::builder().scope("orders.read").build()?)
///     .schedule(tower_oauth2_client_credentials::Schedule::economy())
///     .build();
/// source.warm_up(Duration::from_secs(5)).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct TokenSource {
    pub(super) owner: Arc<Owner>,
    pub(super) cell: Arc<Cell>,
}

impl TokenSource {
    /// A source of the tokens that `service` gives for an empty request.
    pub fn new<T>(service: T) -> Self
    where
        T: Service<Fetch, Response = TokenResponse> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
    {
        Self::builder(service).build()
    }

    /// A source that is set up one thing at a time.
    pub fn builder<T>(service: T) -> TokenSourceBuilder
    where
        T: Service<Fetch, Response = TokenResponse> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
    {
        TokenSourceBuilder::new(service)
    }

    pub(super) fn of(context: Context, first: Cell, max_tokens: usize) -> Self {
        let cell = Arc::new(first);
        let owner = Arc::new(Owner {
            context: Arc::new(context),
            first: Arc::clone(&cell),
            cells: Cells::new(max_tokens),
        });
        registry::add(&owner, &cell);
        Self { owner, cell }
    }

    /// A handle of the same source whose token is for another request.
    ///
    /// It shares everything with this one. While there is such a handle its token is kept, also beyond the limit of the source.
    ///
    /// ```
    /// use oauth2_client_credentials::TokenRequest;
    /// # use oauth2_client_credentials::TokenResponse;
    /// # use tower_oauth2_client_credentials::{BoxError, ClientCredentialsLayer, Fetch, Origins, TokenSource};
    /// # let source = TokenSource::new(tower::service_fn(|_: Fetch| async { TokenResponse::new("t1") }));
    ///
    /// let orders = source.for_request(TokenRequest::builder().scope("orders.read").build()?);
    /// let layer = ClientCredentialsLayer::new(orders, Origins::new(["https://orders.example.com"])?);
    /// # Ok::<(), BoxError>(())
    /// ```
    #[must_use]
    pub fn for_request(&self, request: TokenRequest) -> Self {
        match self.find_or_make(&request, true) {
            Ok(source) => source,
            Err(Full) => unreachable!("a handle may be one more than there may be"),
        }
    }

    /// A token that works, for what is no HTTP request: a database's or a broker's login.
    ///
    /// Ready at once while there is one, but for its last seconds, in which a newer one is waited for a moment; waits for a token
    /// request otherwise, at most the schedule's wait budget.
    ///
    /// # Errors
    ///
    /// The reason why there is none: that of the token request that was waited for, or, while no other may start yet, of the
    /// last one.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends this waiting and nothing else: the token request goes on for all who wait.
    pub async fn token(&self) -> Result<Token, TokenError> {
        let kept = match self.ready() {
            Some(kept) => kept,
            None => self.acquire_one_that_works().await?.kept,
        };
        Ok(Token::new(kept))
    }

    /// Gets a token before anybody needs one, trying again until `deadline` has passed. From a server whose tokens have ended when
    /// they come, nothing is left of it.
    ///
    /// # Errors
    ///
    /// The last reason why there is none: when the deadline has passed, or at once when trying again cannot help.
    ///
    /// # Cancel safety
    ///
    /// As [`token`](Self::token).
    pub async fn warm_up(&self, deadline: Duration) -> Result<(), TokenError> {
        if Handle::try_current().is_err() {
            return Err(errors::no_runtime());
        }
        let ends = time::Instant::now() + deadline.min(schedule::LONGEST);
        let mut last = None;
        loop {
            let error = match time::timeout_at(ends, self.token()).await {
                Ok(Ok(_)) => return Ok(()),
                Ok(Err(error)) if error.is_transient() => error,
                Ok(Err(error)) => return Err(error),
                Err(_) => {
                    let last = self.cell.last_attempt_error().or(last);
                    return Err(errors::not_warm(deadline, last));
                }
            };
            let again =
                time::Instant::now() + error.retry_in().unwrap_or_default().max(WARM_UP_PAUSE);
            if again >= ends {
                return Err(error);
            }
            time::sleep_until(again).await;
            // That it was waited for in vain says nothing of why.
            if error.kind() != TokenErrorKind::Timeout {
                last = Some(error.at_any_time());
            }
        }
    }

    /// How it stands with the token, for a dashboard. It fetches none: a readiness probe asks [`token`](Self::token).
    #[must_use]
    pub fn health(&self) -> Health {
        self.cell.health(&self.owner.context)
    }

    /// Tells that a resource server refused the token of this [generation](Token::generation), where the layer cannot see it: in a
    /// gRPC response's trailers ([`SentToken`](super::SentToken) knows which token that was), or over what is no HTTP. Nothing happens if there is a newer
    /// one already; else requests wait for another, unless tokens are refused one after the other.
    pub fn reject(&self, generation: u64) {
        self.refused(generation);
    }

    /// Forgets the tokens of all requests: none is carried from now on, and whoever needs one waits for another. Starts nothing by
    /// itself. A token that is under way just now is given to those who wait for it, and not kept.
    pub fn invalidate(&self) {
        self.owner.all().for_each(|cell| cell.invalidate());
    }

    /// Ends the pauses after failures, of all requests, when you know that their cause is gone. A pause that the server asked for
    /// (`Retry-After`) is kept, and so is that between refused tokens.
    pub fn retry_now(&self) {
        self.owner.all().for_each(|cell| cell.retry_now());
    }

    /// Ends all: from now on every request fails. Hands out the tokens that were held, so that they can be revoked.
    pub fn close(&self) -> Vec<Token> {
        let Owner {
            context,
            first,
            cells,
        } = &*self.owner;
        let mut cells = cells.close();
        cells.push(Arc::clone(first));
        let kept: Vec<_> = cells.iter().filter_map(|cell| cell.close()).collect();
        context.governor.abandon();
        kept.into_iter().map(Token::new).collect()
    }
}
