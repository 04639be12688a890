//! Token endpoints that are found before the first token is asked for.

use ::http::{Request, Response};
use bytes::Bytes;
use http_body::Body;
use oauth2_client_credentials::{Issuer, Metadata};
use tower_service::Service;

use super::{EndpointError, TokenEndpoint, error::Task};
use crate::{credential::Credential, error::BoxError, heard::Hidden};

impl TokenEndpoint {
    /// The token endpoint of `issuer`, whose metadata is read now: what is wrong with it, or does not go with this client, is
    /// told at once. [`new`](Self::new) with an [`Issuer`] reads it when the first token is asked for.
    ///
    /// # Errors
    ///
    /// As for [`discovered`](Self::discovered).
    ///
    /// # Panics
    ///
    /// As for [`metadata`](Self::metadata).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops all it did.
    pub async fn discover<T, B, R>(
        http: T,
        issuer: Issuer,
        credential: impl Into<Credential>,
    ) -> Result<Self, EndpointError>
    where
        T: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
        B: From<Bytes> + 'static,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        Self::new(http, issuer, credential).discovered().await
    }

    /// The same for a client whose method follows from what it has and from the metadata: `choose` makes the credential of it.
    ///
    /// ```
    /// use oauth2_client_credentials::{Issuer, Material, Metadata};
    /// use tower_oauth2_client_credentials::{BoxError, TokenEndpoint};
    ///
    /// # type Http = oauth2_client_credentials_testkit::AuthorizationServer;
    /// # async fn example(http: Http) -> Result<(), BoxError> {
    /// let issuer = Issuer::new("https://as.example.com")?;
    /// let endpoint = TokenEndpoint::discover_with(http, issuer, |metadata: &Metadata| {
    ///     Ok(Material::secret("s3cret").into_client("svc", Some(metadata))?)
    /// })
    /// .await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// As for [`discovered`](Self::discovered), and when `choose` fails.
    ///
    /// # Panics
    ///
    /// As for [`metadata`](Self::metadata).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops all it did.
    pub async fn discover_with<T, B, R, C>(
        http: T,
        issuer: Issuer,
        choose: impl FnOnce(&Metadata) -> Result<C, BoxError>,
    ) -> Result<Self, EndpointError>
    where
        T: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
        B: From<Bytes> + 'static,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
        C: Into<Credential>,
    {
        let mut endpoint = Self::new(http, issuer, Credential::none());
        if let Some(metadata) = endpoint.metadata().await? {
            let chosen = choose(&metadata).map_err(|error| {
                // It may be about what the server wrote.
                let error = Hidden::default().in_error(error);
                EndpointError::new(Task::Prepare, endpoint.credential.current().1, error)
            });
            endpoint.credential = chosen?.into();
        }
        endpoint.discovered().await
    }

    /// The same endpoint, but its credential and the metadata of its issuer have been read, and go together.
    ///
    /// # Errors
    ///
    /// When the credential cannot be read. When the issuer does not answer, or answers something else than its metadata, both
    /// at the place of RFC 8414 and at that of OpenID Connect, or nothing within 5 s. When it does not take the client's method.
    ///
    /// # Panics
    ///
    /// As for [`metadata`](Self::metadata).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up what it was reading; what was read before is kept.
    pub async fn discovered(self) -> Result<Self, EndpointError> {
        self.credential.refresh().await;
        let (prover, tried) = self.credential.current();
        let checked = match prover {
            Ok(prover) => self.endpoint_for(&prover).await,
            Err(error) => Err(error),
        };
        match checked {
            Ok(_) => Ok(self),
            Err(error) => Err(EndpointError::new(Task::Prepare, tried, error)),
        }
    }

    /// The metadata of the issuer, read if it was not so far; `None` if the token endpoint's URI was given.
    ///
    /// It is kept. When the token endpoint that it names answers 404 or 410, or does not answer, it is read again, but not within
    /// a minute of the last time; what is there stays if that fails or takes over 2 s.
    ///
    /// # Errors
    ///
    /// When it cannot be read, or not within 5 s.
    ///
    /// # Panics
    ///
    /// When the HTTP service does while the metadata is read: all who wait for that reading panic, each on its own. Below a
    /// [`TokenSource`](crate::TokenSource) it is an error like others.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future gives up what it was reading; what was read before is kept.
    pub async fn metadata(&self) -> Result<Option<Metadata>, EndpointError> {
        let Some(discovery) = self.place.discovery() else {
            return Ok(None);
        };
        let (prover, tried) = self.credential.current();
        let metadata = discovery.metadata(self.means(prover.as_ref().ok())).await;
        metadata
            .map(|metadata| Some(Metadata::clone(&metadata)))
            .map_err(|error| EndpointError::new(Task::Prepare, tried, error))
    }
}
