//! Tokens that are revoked while requests carry them, at a resource that asks the server about each (RFC 7662).

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use bytes::Bytes;
use http::{
    Request, Response, StatusCode,
    header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE},
};
use http_body_util::Full;
use oauth2_client_credentials::{Client, ClientSecretPost, TokenRequest};
use tests::{OidcProvider, exchange, http_client};
use tokio::{task::JoinSet, time};
use tower::{Layer, Service, ServiceExt, service_fn, util::BoxCloneService};
use tower_oauth2_client_credentials::{
    BoxError, Cause, ClientCredentialsLayer, Event, Observer, Origins, Schedule, TokenEndpoint,
    TokenSource, replay,
};

const REVOCATIONS: u64 = 5;
const CALLERS: u64 = 8;
/// For so long requests are sent before a revocation, and after another token has come.
const TRAFFIC: Duration = Duration::from_millis(30);
/// Between two forced fetches. The default of 10 s would make the test long; revocations are not that frequent elsewhere.
const THROTTLE: Duration = Duration::from_millis(100);

type Body = Full<Bytes>;
type Api = BoxCloneService<Request<Body>, Response<()>, BoxError>;

/// How many tokens were fetched because the one before was refused.
#[derive(Clone, Debug, Default)]
struct Forced(Arc<AtomicU64>);

impl Observer for Forced {
    fn observe(&self, event: &Event<'_>) {
        if let Event::Fetch {
            cause: Cause::Rejection,
            ..
        } = event
        {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }
}

/// What came of all requests of one policy.
#[derive(Debug, PartialEq)]
struct Counts {
    served: u64,
    refused: u64,
    forced_fetches: u64,
    token_requests: u64,
}

#[tokio::test(flavor = "multi_thread")]
async fn callers_see_refusals_with_never_and_none_with_empty() -> Result<(), BoxError> {
    let never = revoke_under_load(replay::Never::default()).await?;
    let empty = revoke_under_load(replay::Empty::new()).await?;
    println!("{REVOCATIONS} revocations, 401s that callers saw: never {never:?}, empty {empty:?}");

    assert!(never.refused >= REVOCATIONS, "each is met by somebody");
    assert_eq!(empty.refused, 0);
    for counts in [never, empty] {
        assert!(counts.served >= 10 * REVOCATIONS, "{counts:?}");
        assert_eq!(counts.forced_fetches, REVOCATIONS);
        assert_eq!(counts.token_requests, 1 + REVOCATIONS);
    }
    Ok(())
}

async fn revoke_under_load<R>(policy: R) -> Result<Counts, BoxError>
where
    R: replay::Replay<Body> + Clone + Send + Sync + 'static,
{
    let provider = OidcProvider::start()?;
    let client = Client::new("post", ClientSecretPost::new("post-secret"))?;
    let endpoint = TokenEndpoint::discover(http_client(), provider.issuer()?, client).await?;
    let forced = Forced::default();
    let source = TokenSource::builder(endpoint.clone())
        .request(TokenRequest::builder().scope("read").build()?)
        .schedule(
            Schedule::builder()
                .pause_after_rejection(THROTTLE, THROTTLE)
                .build()?,
        )
        .observer(forced.clone())
        .build();
    let origins = Origins::new(["https://introspects.example.com"])?;
    let layer = ClientCredentialsLayer::new(source.clone(), origins).replay(policy);
    let service = layer.layer(introspecting(&provider));

    let (mut served, mut refused) = (0, 0);
    for _ in 0..REVOCATIONS {
        let token = source.token().await?;
        let ends = Arc::<AtomicBool>::default();
        let mut callers = JoinSet::new();
        for _ in 0..CALLERS {
            callers.spawn(call(service.clone(), Arc::clone(&ends)));
        }
        time::sleep(TRAFFIC).await;
        endpoint.revoke(&token).await?;
        // What heals is the traffic, not this look at it.
        while source.health().generation() <= Some(token.generation()) {
            time::sleep(Duration::from_millis(1)).await;
        }
        time::sleep(TRAFFIC).await;
        ends.store(true, Ordering::Relaxed);
        while let Some(seen) = callers.join_next().await {
            let seen = seen??;
            served += seen.0;
            refused += seen.1;
        }
        // As long as no refusal is heard of, the throttle forgets.
        time::sleep(THROTTLE).await;
    }
    Ok(Counts {
        served,
        refused,
        forced_fetches: forced.0.load(Ordering::Relaxed),
        token_requests: provider.stats().await?.token_requests(),
    })
}

/// One caller's requests until the traffic ends: how many were served, and how many refused.
async fn call<S>(service: S, ends: Arc<AtomicBool>) -> Result<(u64, u64), BoxError>
where
    S: Service<Request<Body>, Response = Response<()>, Error = BoxError> + Clone,
{
    let (mut served, mut refused) = (0, 0);
    while !ends.load(Ordering::Relaxed) {
        let request = Request::get("https://introspects.example.com/");
        let request = request.body(Full::default())?;
        let answer = service.clone().oneshot(request).await?;
        match answer.status() {
            StatusCode::UNAUTHORIZED => refused += 1,
            _ => served += 1,
        }
        time::sleep(Duration::from_millis(5)).await;
    }
    Ok((served, refused))
}

/// A resource that takes whatever token the server says is active, asked as the client that has it.
fn introspecting(provider: &OidcProvider) -> Api {
    let address = provider.resource_uri().replace("/resource", "");
    let (uri, http) = (format!("{address}/token/introspection"), http_client());
    BoxCloneService::new(service_fn(move |request: Request<Body>| {
        let (uri, http) = (uri.clone(), http.clone());
        async move {
            let header = request.headers().get(AUTHORIZATION);
            let token = header.and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "));
            let token = token.ok_or("the request carries no token")?;
            let question = format!("token={token}&client_id=post&client_secret=post-secret");
            let question = Request::post(uri)
                .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(question.into())?;
            let said = exchange(http, question).await?;
            let active = said.json()["active"].as_bool().ok_or("no introspection")?;
            let answer = Response::builder();
            let answer = match active {
                true => answer.status(StatusCode::OK),
                false => answer
                    .status(StatusCode::UNAUTHORIZED)
                    .header(WWW_AUTHENTICATE, r#"Bearer error="invalid_token""#),
            };
            Ok(answer.body(())?)
        }
    }))
}
