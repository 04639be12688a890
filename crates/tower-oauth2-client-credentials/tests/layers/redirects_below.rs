//! `FollowRedirect` below us: it has the request with the token in it, and what becomes of that is its own business.

use tower::{Layer, ServiceBuilder};
use tower_http::follow_redirect::{
    FollowRedirectLayer,
    policy::{PolicyExt, SameOrigin, Standard},
};

use super::*;
use crate::redirects::{HOME, World, start};

/// Abroad, to another place there, and back.
const ABROAD: &[(&str, &str)] = &[
    (HOME, "https://evil.test/first"),
    ("https://evil.test/first", "/second"),
    ("https://evil.test/second", "https://api.example.com/end"),
];

/// From version 0.7 on: gone with the first hop to another origin, and gone for good.
#[tokio::test(start_paused = true)]
async fn redirect_below_takes_the_token_off_abroad_and_does_not_put_it_back() {
    let (server, _) = short_lived();
    let world = World::new(ABROAD);
    let service = ServiceBuilder::new()
        .layer(ours(&server))
        .layer(FollowRedirectLayer::new())
        .service(world.clone());

    let answer = service.oneshot(start()).await.unwrap();

    assert_eq!(answer.status(), 401, "home again, and without a token");
    assert_eq!(
        world.visits(),
        [
            "https://api.example.com/start with t1",
            "https://evil.test/first",
            "https://evil.test/second",
            "https://api.example.com/end",
        ]
    );
}

/// Before, only the hop itself was without: the next one, to the same stranger, had the token.
#[tokio::test(start_paused = true)]
async fn redirect_below_of_tower_http_0_6_gives_the_token_away() {
    let (server, _) = short_lived();
    let world = World::new(&[
        (HOME, "https://evil.test/first"),
        ("https://evil.test/first", "/second"),
    ]);
    let service = ServiceBuilder::new()
        .layer(ours(&server))
        .layer(tower_http_06::follow_redirect::FollowRedirectLayer::new())
        .service(world.clone());

    service.oneshot(start()).await.unwrap();

    assert_eq!(world.visits()[2], "https://evil.test/second with t1");
}

/// The same version above us.
#[tokio::test(start_paused = true)]
async fn redirect_above_of_tower_http_0_6_gives_nothing_away() {
    let (server, _) = short_lived();
    let world = World::new(ABROAD);
    let service = ServiceBuilder::new()
        .layer(tower_http_06::follow_redirect::FollowRedirectLayer::new())
        .layer(ours(&server))
        .service(world.clone());

    let error = token_error(service.oneshot(start()).await.unwrap_err());

    assert_eq!(error.kind(), TokenErrorKind::Origin);
    assert_eq!(world.visits(), ["https://api.example.com/start with t1"]);
}

/// To us it is the answer to our request: a stranger who wants a token that it never got throws ours away.
#[tokio::test(start_paused = true)]
async fn redirect_below_makes_a_strangers_401_cost_a_token() {
    let (server, _) = short_lived();
    let service = ServiceBuilder::new()
        .layer(ours(&server))
        .layer(FollowRedirectLayer::new())
        .service(World::new(&[(HOME, "https://evil.test/")]));

    for _ in 0..2 {
        let answer = service.clone().oneshot(start()).await.unwrap();
        assert_eq!(answer.status(), 401);
    }

    assert_eq!(server.token_requests(), 2);
}

/// What to do where it has to stand below.
#[tokio::test(start_paused = true)]
async fn redirect_below_that_stays_at_home_costs_nothing() {
    let (server, _) = short_lived();
    let world = World::new(&[
        (HOME, "/moved"),
        ("https://api.example.com/moved", "https://evil.test/"),
    ]);
    let policy = Standard::default().and::<_, Body, std::convert::Infallible>(SameOrigin::new());
    let service =
        ours(&server).layer(FollowRedirectLayer::with_policy(policy).layer(world.clone()));

    for _ in 0..2 {
        let answer = service.clone().oneshot(start()).await.unwrap();
        assert_eq!(answer.status(), 307, "the caller sees where it would lead");
    }

    assert!(
        world
            .visits()
            .iter()
            .all(|visit| visit.ends_with(" with t1"))
    );
    assert_eq!((world.visits().len(), server.token_requests()), (4, 1));
}
