//! Invariant 10: wherever a server sends a request, its token stays at home.
//!
//! The layer that follows redirects stands above ours. Below, it is its own to strip the header.

use std::{
    convert::Infallible,
    sync::{Arc, Mutex},
};

use http::{
    HeaderValue, Request, Response, Uri,
    header::{AUTHORIZATION, LOCATION},
};
use oauth2_client_credentials::TokenResponse;
use proptest::prelude::*;
use tower::{BoxError, Layer, Service, ServiceExt};
use tower_oauth2_client_credentials::{
    ClientCredentialsLayer, Fetch, OnExisting, Origins, TokenError, TokenErrorKind, TokenSource,
    replay,
};

use crate::{
    config,
    play::{in_driven_time, lock},
};

/// Where the token may go, with its parts written in other ways, too.
const AT_HOME: [&str; 5] = [
    "https://api.example.com/a",
    "https://api.example.com:443/b",
    "HTTPS://API.example.com/c",
    "/d",
    "e?f=g",
];

/// Where it may not.
const ABROAD: [&str; 10] = [
    "https://api.example.com:8443/",
    "http://api.example.com/",
    "https://example.com/",
    "https://api.example.com.evil.example/",
    "https://evil.example/https://api.example.com/",
    "https://api.example.com@evil.example/",
    "//evil.example/",
    "https://api.example.com./",
    "http://127.0.0.1/",
    "https://[::1]/",
];

#[derive(Clone, Copy, Debug)]
struct Hop {
    status: u16,
    to: &'static str,
}

fn hops() -> impl Strategy<Value = Vec<Hop>> {
    let to = prop_oneof![
        2 => prop::sample::select(AT_HOME.to_vec()),
        1 => prop::sample::select(ABROAD.to_vec()),
    ];
    let status = prop::sample::select(vec![301_u16, 302, 303, 307, 308]);
    prop::collection::vec(
        (status, to).prop_map(|(status, to)| Hop { status, to }),
        1..8,
    )
}

/// Where a request came, and with which token.
type Visit = (Uri, Option<String>);

/// The servers of the world: each request is sent on to the next hop. Who got which token.
#[derive(Clone)]
struct World {
    hops: Arc<Vec<Hop>>,
    seen: Arc<Mutex<Vec<Visit>>>,
}

impl World {
    async fn answer(self, request: Request<String>) -> Result<Response<()>, Infallible> {
        let token = request.headers().get(AUTHORIZATION);
        let token = token.map(|value| value.to_str().expect("a token is visible ASCII").to_owned());
        let mut seen = lock(&self.seen);
        let hop = self.hops.get(seen.len());
        seen.push((request.uri().clone(), token));
        let mut response = Response::new(());
        if let Some(Hop { status, to }) = hop {
            *response.status_mut() = http::StatusCode::from_u16(*status).expect("a status");
            response
                .headers_mut()
                .insert(LOCATION, HeaderValue::from_static(to));
        }
        Ok(response)
    }
}

/// What a layer above does that follows redirects: sends the same request again, to where the answer says.
async fn follow<S>(mut service: S, request: Request<String>) -> Result<(), BoxError>
where
    S: Service<Request<String>, Response = Response<()>, Error = BoxError>,
{
    let mut uri = request.uri().clone();
    loop {
        let mut hop = request.clone();
        *hop.uri_mut() = uri.clone();
        let answer = service.ready().await?.call(hop).await?;
        let Some(location) = answer.headers().get(LOCATION) else {
            return Ok(());
        };
        uri = resolve(&uri, location.to_str()?)?;
    }
}

/// The little of RFC 3986 §5.2 that these places need.
fn resolve(base: &Uri, to: &str) -> Result<Uri, BoxError> {
    let scheme = base.scheme_str().expect("an absolute URI");
    let authority = base.authority().expect("an absolute URI");
    let text = if to.contains("://") && !to.starts_with('/') {
        to.to_owned()
    } else if to.starts_with("//") {
        format!("{scheme}:{to}")
    } else if to.starts_with('/') {
        format!("{scheme}://{authority}{to}")
    } else {
        format!("{scheme}://{authority}/{to}")
    };
    Ok(text.parse()?)
}

fn is_at_home(uri: &Uri) -> bool {
    let host = uri
        .host()
        .is_some_and(|host| host.eq_ignore_ascii_case("api.example.com"));
    let has_user = uri
        .authority()
        .is_some_and(|authority| authority.as_str().contains('@'));
    host && !has_user
        && uri.scheme_str() == Some("https")
        && matches!(uri.port_u16(), None | Some(443))
}

proptest! {
    #![proptest_config(config(|| {}))]

    #[test]
    fn no_redirect_carries_a_token_off_its_origin(
        hops in hops(),
        replace in any::<bool>(),
    ) {
        in_driven_time(async {
            let world = World { hops: Arc::new(hops), seen: Arc::default() };
            let transport = tower::service_fn({
                let world = world.clone();
                move |request| world.clone().answer(request)
            });
            let service = tower::service_fn(|_: Fetch| async { TokenResponse::new("canary") });
            let origins = Origins::new(["https://api.example.com"]).unwrap();
            let on_existing = if replace { OnExisting::Replace } else { OnExisting::Keep };
            let layer = ClientCredentialsLayer::new(TokenSource::new(service), origins)
                .on_existing(on_existing)
                .replay(replay::Cloned::new());
            let request = Request::get("https://api.example.com/start").body(String::new()).unwrap();
            let result = follow(layer.layer(transport), request).await;
            let seen = lock(&world.seen);
            // Every hop is checked, and one that leads abroad is refused instead of being sent without a token.
            for (uri, token) in &*seen {
                assert!(is_at_home(uri), "the token went to {uri}");
                assert_eq!(token.as_deref(), Some("Bearer canary"));
            }
            let abroad = world.hops.iter().take(seen.len()).any(|hop| ABROAD.contains(&hop.to));
            match result {
                Ok(()) => assert!(!abroad),
                Err(error) => {
                    let error = TokenError::find(&*error).expect("a token error");
                    assert_eq!(error.kind(), TokenErrorKind::Origin);
                    assert!(abroad);
                }
            }
        });
    }
}
