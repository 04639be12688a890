//! A handler that calls a protected API. The stack stands in axum's state.

use axum::{
    Json, Router,
    body::Body,
    extract::{FromRef, State},
    routing::get,
};
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Limited};
use serde_json::{Value, json};
use tower::{Layer, ServiceExt};
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, Origins, TokenSource,
};

use crate::{Http, problem::Problem};

/// The API's client with the layer around it.
///
/// Its type can be named, and it is `Clone`, `Send` and `Sync`: all that axum asks of a state. With more layers around it the name
/// grows long; [`proxy::Upstream`](crate::proxy::Upstream) shows what to do then.
pub type Stock = ClientCredentials<Http>;

/// What the handlers share. A handler takes the part that it needs, as `State<Stock>`.
#[derive(Clone, Debug)]
pub struct AppState {
    stock: Stock,
    stock_uri: Uri,
}

impl AppState {
    /// An API at `stock_uri`, and the tokens for it.
    ///
    /// # Errors
    ///
    /// `stock_uri` is no absolute URI, or neither https nor on loopback.
    pub fn new(http: Http, source: TokenSource, stock_uri: &str) -> Result<Self, BoxError> {
        let stock_uri: Uri = stock_uri.parse()?;
        let layer = ClientCredentialsLayer::new(source, Origins::new([origin(&stock_uri)?])?);
        Ok(Self {
            stock: layer.layer(http),
            stock_uri,
        })
    }
}

impl FromRef<AppState> for Stock {
    fn from_ref(state: &AppState) -> Self {
        state.stock.clone()
    }
}

impl FromRef<AppState> for Uri {
    fn from_ref(state: &AppState) -> Self {
        state.stock_uri.clone()
    }
}

/// The program's own routes: `GET /report`.
pub fn app(state: AppState) -> Router {
    Router::new()
        .route("/report", get(report))
        .with_state(state)
}

/// Asks the API, and answers with what it said.
async fn report(
    State(stock): State<Stock>,
    State(uri): State<Uri>,
) -> Result<Json<Value>, Problem> {
    let request = Request::get(uri).body(Body::empty());
    let request = request.map_err(|error| Problem::of_upstream(&error.into()))?;
    let answer = stock.oneshot(request).await;
    let answer = answer.map_err(|error| Problem::of_upstream(&error))?;
    if answer.status() != StatusCode::OK {
        return Err(Problem::of_answer(&answer));
    }
    let said = read(answer.into_body()).await;
    let said = said.map_err(|error| Problem::of_upstream(&error))?;
    Ok(Json(json!({ "stock": said })))
}

/// Reads an answer of at most 1 MiB.
async fn read<B>(body: B) -> Result<Value, BoxError>
where
    B: BodyExt,
    B::Error: Into<BoxError>,
{
    const LIMIT: usize = 1024 * 1024;
    let bytes = Limited::new(body, LIMIT).collect().await?.to_bytes();
    Ok(serde_json::from_slice(&bytes)?)
}

/// `scheme://host:port` of a URI.
pub(crate) fn origin(uri: &Uri) -> Result<String, BoxError> {
    match (uri.scheme(), uri.authority()) {
        (Some(scheme), Some(authority)) => Ok(format!("{scheme}://{authority}")),
        _ => Err("the upstream's URI has no scheme and host; write it as https://host/path".into()),
    }
}
