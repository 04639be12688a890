//! Time, counters, and what can be changed while the authorization server runs.

use std::time::Duration;

use http::StatusCode;
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use serde_json::json;
use tokio::{
    task::JoinSet,
    time::{Instant, advance, timeout},
};
use tower::ServiceExt;

use crate::support::{answered, fetch_token, send, token_request};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_token_is_active_for_its_lifetime_by_the_clock_of_tokio() {
    let server = AuthorizationServer::builder()
        .lifetime(Duration::from_millis(2_500))
        .build();
    let (_, document) = answered(&server, token_request()).await;
    assert_eq!(document["expires_in"], 2);
    assert!(server.is_active("t1") && !server.is_active("t2"));
    advance(Duration::from_millis(2_499)).await;
    assert!(server.is_active("t1"));
    advance(Duration::from_millis(1)).await;
    assert!(!server.is_active("t1"));

    server.set_lifetime(10 * SECOND);
    assert_eq!(answered(&server, token_request()).await.1["expires_in"], 10);
    advance(9 * SECOND).await;
    assert!(server.is_active("t2"));
}

#[tokio::test(start_paused = true)]
async fn latency_delays_the_answer_and_a_delay_of_its_own_replaces_it() {
    let server = AuthorizationServer::builder()
        .latency(5 * SECOND)
        .script([Answer::usual(), Answer::token("own").after(SECOND)])
        .build();
    for seconds in [5, 1, 5, 2] {
        if seconds == 2 {
            server.set_latency(2 * SECOND);
        }
        let sent = Instant::now();
        assert_eq!(answered(&server, token_request()).await.0, 200);
        assert_eq!(sent.elapsed(), seconds * SECOND);
    }
    let arrivals: Vec<_> = server
        .requests()
        .iter()
        .map(|request| request.at())
        .collect();
    assert_eq!(arrivals, [0, 5, 6, 11].map(Duration::from_secs));
}

#[tokio::test(start_paused = true)]
async fn a_token_nobody_waited_for_is_not_issued() {
    let server = AuthorizationServer::builder().latency(SECOND).build();
    let waited = timeout(SECOND / 2, send(&server, token_request())).await;
    assert!(waited.is_err());
    advance(SECOND).await;
    assert_eq!((server.token_requests(), server.issued()), (1, 0));
    assert!(!server.is_active("t1"));
}

#[tokio::test]
async fn a_revoked_token_is_inactive() {
    let server = AuthorizationServer::new();
    for _ in 0..3 {
        fetch_token(&server).await;
    }
    server.add_token("old", SECOND);
    server.revoke("t2");
    let active = |token: &&str| server.is_active(token);
    assert_eq!(
        ["t1", "t2", "t3", "old"].map(|token| active(&token)),
        [true, false, true, true]
    );
    server.revoke_all();
    assert!(!["t1", "t2", "t3", "old"].iter().any(active));
    assert_eq!(server.issued(), 3);
}

#[tokio::test]
async fn the_script_is_followed_in_order_of_arrival_and_then_left() {
    let server = AuthorizationServer::builder()
        .script([
            Answer::oauth_error(400, "unauthorized_client"),
            Answer::usual(),
            Answer::token("scripted-{n}")
                .scope("read")
                .lifetime(60 * SECOND),
        ])
        .build();
    assert_eq!(
        answered(&server, token_request()).await.1,
        json!({"error": "unauthorized_client"})
    );
    assert_eq!(fetch_token(&server).await, "t2");
    let expected = json!({
        "access_token": "scripted-3", "token_type": "Bearer", "expires_in": 60, "scope": "read",
    });
    assert_eq!(answered(&server, token_request()).await.1, expected);
    assert_eq!(fetch_token(&server).await, "t4");
    server.push_answer(Answer::token("pushed"));
    assert_eq!(fetch_token(&server).await, "pushed");
}

#[tokio::test]
async fn the_last_answer_repeats_where_that_was_asked_for() {
    let script = [Answer::usual(), Answer::body(503, "")];
    let server = AuthorizationServer::builder()
        .script(script)
        .repeat_last()
        .build();
    fetch_token(&server).await;
    for _ in 0..3 {
        let response = send(&server, token_request()).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    }
    server.push_answer(Answer::usual());
    fetch_token(&server).await;
}

#[tokio::test]
async fn an_outage_answers_every_request_and_leaves_the_script() {
    let server = AuthorizationServer::builder()
        .script([Answer::token("scripted")])
        .build();
    server.set_outage(Some(Answer::body(502, "")));
    for path in ["/token", "/elsewhere"] {
        let mut request = token_request();
        *request.uri_mut() = path.parse().unwrap();
        assert_eq!(
            send(&server, request).await.unwrap().status(),
            StatusCode::BAD_GATEWAY
        );
    }
    server.set_outage(None);
    assert_eq!(fetch_token(&server).await, "scripted");
}

#[tokio::test(start_paused = true)]
async fn a_token_in_a_scripted_document_counts_as_issued() {
    let document = |expires_in| {
        Answer::json(
            200,
            json!({"access_token": "t{n}", "token_type": "Bearer", "expires_in": expires_in}),
        )
    };
    let server = AuthorizationServer::builder()
        .script([
            document(json!(2)),
            document(json!("never")),
            Answer::body(200, r#"{"access_token":"t{n}"}"#),
            Answer::json(400, json!({"access_token": "t{n}"})),
            Answer::json(200, json!({"access_token": 5})),
            Answer::json(200, json!({"access_token": "t{n}"})).torn(),
        ])
        .build();
    for _ in 0..6 {
        send(&server, token_request()).await.unwrap();
    }
    let active = || [1, 2, 3, 4, 6].map(|n| server.is_active(&format!("t{n}")));
    assert_eq!(active(), [true, true, true, false, false]);
    assert_eq!(server.issued(), 3);
    advance(2 * SECOND).await;
    assert_eq!(active(), [false, true, true, false, false]);
}

#[tokio::test(start_paused = true)]
async fn concurrency_is_counted_until_the_answer_or_the_end_of_the_wait() {
    let server = AuthorizationServer::builder().latency(SECOND).build();
    let mut requests = JoinSet::new();
    for _ in 0..7 {
        let server = server.clone();
        requests.spawn(async move { fetch_token(&server).await });
    }
    while let Some(answered) = requests.join_next().await {
        answered.unwrap();
    }
    assert_eq!((server.max_concurrency(), server.token_requests()), (7, 7));

    server.reset_counters();
    assert_eq!(server.max_concurrency(), 0);
    server.set_outage(Some(Answer::hang()));
    for _ in 0..3 {
        assert!(
            timeout(SECOND, send(&server, token_request()))
                .await
                .is_err()
        );
    }
    assert_eq!(server.max_concurrency(), 1);
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_at_a_reset_of_the_counters_still_counts_as_concurrent() {
    let server = AuthorizationServer::builder().latency(SECOND).build();
    let request = tokio::spawn(server.clone().oneshot(token_request()));
    tokio::task::yield_now().await;
    server.reset_counters();
    assert_eq!((server.token_requests(), server.max_concurrency()), (0, 1));
    request.await.unwrap().unwrap();
    assert_eq!(server.issued(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn counters_are_exact_under_concurrency() {
    let server = AuthorizationServer::new();
    let mut requests = JoinSet::new();
    for _ in 0..8 {
        let server = server.clone();
        requests.spawn(async move {
            let mut tokens = Vec::new();
            for _ in 0..250 {
                tokens.push(fetch_token(&server).await);
            }
            tokens
        });
    }
    let mut tokens = Vec::new();
    while let Some(answered) = requests.join_next().await {
        tokens.extend(answered.unwrap());
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 2_000);
    assert_eq!((server.token_requests(), server.issued()), (2_000, 2_000));
    let numbers: Vec<_> = server
        .requests()
        .iter()
        .filter_map(|request| request.number())
        .collect();
    assert_eq!(numbers, (1..=2_000).collect::<Vec<_>>());
}

#[tokio::test]
async fn counters_begin_anew_but_tokens_do_not() {
    let server = AuthorizationServer::new();
    fetch_token(&server).await;
    server.reset_counters();
    assert_eq!(
        (
            server.token_requests(),
            server.issued(),
            server.requests().len()
        ),
        (0, 0, 0)
    );
    assert!(server.is_active("t1"));
    assert_eq!(fetch_token(&server).await, "t2");
    assert_eq!(server.token_requests(), 1);
}
