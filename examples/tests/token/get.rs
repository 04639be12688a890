//! `--get`: through the layer.

use std::time::Duration;

use oauth2_client_credentials_testkit::{Answer, AuthorizationServer, ResourceServer, Serving};
use serde_json::json;

use crate::support::{Program, Run, TOKEN, members, object, serve, server};

/// Both servers.
struct Servers {
    server: Serving<AuthorizationServer>,
    resource: Serving<ResourceServer>,
}

impl Servers {
    async fn start() -> Self {
        let server = serve(server().latency(Duration::from_millis(50))).await;
        let resource = ResourceServer::new(server.get_ref()).serve().await.unwrap();
        Self { server, resource }
    }

    async fn get(&self, args: &[&str]) -> Run {
        let url = format!("{}/orders", self.resource.origin());
        let program = Program::with(&self.server).args(["--get", &url]);
        let run = program.args(args.iter().copied()).run().await;
        assert!(!run.stdout.contains(TOKEN), "{run:?}");
        run
    }
}

#[tokio::test]
async fn the_answer_is_printed_as_text() {
    let servers = Servers::start().await;
    assert_eq!(servers.get(&[]).await.answer(), "200 OK\nok\n");
    servers.resource.get_ref().set_answer(Answer::body(204, ""));
    assert_eq!(servers.get(&[]).await.answer(), "204 No Content\n");
    assert_eq!(servers.resource.get_ref().served(), 2);
}

#[tokio::test]
async fn the_answer_is_printed_as_json() {
    let servers = Servers::start().await;
    let object = servers.get(&["--json"]).await.json();
    assert_eq!(
        object,
        json!({"status": 200, "body": "ok", "requests": 1, "token_requests": 1, "rejected": 0, "replayed": 0})
    );
}

#[tokio::test]
async fn fifty_at_once_are_one_token_request() {
    let servers = Servers::start().await;
    let args = ["--repeat", "50", "--concurrency", "50", "--json"];
    let object = servers.get(&args).await.json();
    assert_eq!(
        (&object["requests"], &object["token_requests"]),
        (&json!(50), &json!(1))
    );
    assert_eq!(servers.server.get_ref().token_requests(), 1);
    let resource = servers.resource.get_ref();
    assert_eq!((resource.requests(), resource.served()), (50, 50));
    assert_eq!(resource.tokens_seen(), [(format!("{TOKEN}1"), 50)]);
}

#[tokio::test]
async fn repeat_and_concurrency_count_requests() {
    for (args, requests) in [
        (&["--repeat", "5"][..], 5),
        (&["--repeat", "5", "--concurrency", "2"], 5),
        (&["--repeat", "2", "--concurrency", "5"], 2),
        (&["--concurrency", "3"], 3),
    ] {
        let servers = Servers::start().await;
        let run = servers.get(&[args, &["--json"]].concat()).await;
        assert_eq!(run.json()["requests"], requests, "{args:?}");
        assert_eq!(servers.resource.get_ref().requests(), requests, "{args:?}");
        assert_eq!(servers.server.get_ref().token_requests(), 1);
    }
}

#[tokio::test]
async fn no_more_are_under_way_than_asked_for() {
    let servers = Servers::start().await;
    servers
        .resource
        .get_ref()
        .set_latency(Duration::from_millis(200));
    for (concurrency, at_least) in [("1", 800), ("2", 400)] {
        let begun = std::time::Instant::now();
        let args = ["--repeat", "4", "--concurrency", concurrency];
        servers.get(&args).await.answer();
        assert!(
            begun.elapsed() >= Duration::from_millis(at_least),
            "{concurrency}"
        );
    }
}

#[tokio::test]
async fn a_request_whose_token_was_revoked_is_sent_once_more_with_another() {
    let servers = Servers::start().await;
    servers.resource.get_ref().reject([format!("{TOKEN}1")]);
    let run = servers.get(&["--json", "--repeat", "3"]).await;
    assert_eq!(
        run.json(),
        json!({"status": 200, "body": "ok", "requests": 3, "token_requests": 2, "rejected": 1, "replayed": 1})
    );
}

#[tokio::test]
async fn a_refused_token_is_a_failure() {
    let servers = Servers::start().await;
    servers.resource.get_ref().reject_all(true);
    let run = servers.get(&["--json", "--repeat", "3"]).await;
    run.fails(
        "Rejected",
        &["401 Unauthorized", "`invalid_token`", "3 of 3 requests"],
    );
    let object = object(&run.stdout);
    assert_eq!(
        (&object["status"], &object["rejected"]),
        (&json!(401), &json!(4))
    );
    assert_eq!(object["replayed"], 1, "the others met a pause");

    let run = servers.get(&[]).await;
    run.fails("Rejected", &["audience"]);
    assert_eq!(run.stdout, "401 Unauthorized\n");
}

#[tokio::test]
async fn other_answers_are_failures_of_the_resource() {
    let servers = Servers::start().await;
    let forbidden =
        Answer::body(403, "no").header("www-authenticate", "Bearer error=\"insufficient_scope\"");
    for (answer, words) in [
        (
            forbidden,
            &["403 Forbidden", "`insufficient_scope`", "scope"][..],
        ),
        (Answer::body(404, ""), &["404 Not Found", "URL"]),
        (
            Answer::body(500, "broken"),
            &["500 Internal Server Error", "later"],
        ),
    ] {
        servers.resource.get_ref().set_answer(answer);
        servers.get(&[]).await.fails("Resource", words);
    }
}

#[tokio::test]
async fn only_codes_of_the_rfcs_are_repeated_of_a_challenge() {
    let servers = Servers::start().await;
    let challenge = |error: &str| format!("Bearer error=\"{error}\", realm=\"{TOKEN}1\"");
    for (status, kind) in [(401, "Rejected"), (403, "Resource")] {
        let resource = servers.resource.get_ref();
        for error in [&format!("{TOKEN}1"), "no token canary", "invalid_grant"] {
            let answer = Answer::body(status, "");
            let header = format!("{}, DPoP error=\"use_dpop_nonce\"", challenge(error));
            resource.set_answer(answer.clone().header("www-authenticate", challenge(error)));
            let run = servers.get(&[]).await;
            run.fails(kind, &[&status.to_string()]);
            assert!(!run.stderr.contains("with the error"), "{run:?}");
            resource.set_answer(answer.header("www-authenticate", header));
            servers.get(&[]).await.fails(kind, &["`use_dpop_nonce`"]);
        }
        for code in [
            "invalid_request",
            "invalid_token",
            "insufficient_scope",
            "invalid_dpop_proof",
        ] {
            let answer = Answer::body(status, "");
            resource.set_answer(answer.header("www-authenticate", challenge(code)));
            servers.get(&[]).await.fails(kind, &[&format!("`{code}`")]);
        }
    }
}

/// The second token request comes after the first token was shown; the authorization server says it in its own words.
#[tokio::test]
async fn a_token_that_the_authorization_server_repeats_is_not_shown() {
    let first = json!({"access_token": "canary-first", "token_type": "Bearer", "expires_in": 60});
    let description = "canary-first is still good";
    let second = json!({"error": "invalid_scope", "error_description": description});
    let answers = [Answer::json(200, first), Answer::json(400, second)];
    let scripted = serve(server().script(answers)).await;
    let resource = ResourceServer::new(scripted.get_ref())
        .serve()
        .await
        .unwrap();
    resource.get_ref().reject_all(true);
    let args = ["--get", &resource.origin(), "--repeat", "2"];
    let run = Program::with(&scripted).args(args).run().await;
    assert!(run.stderr.contains("[secret] is still good"), "{run:?}");
}

#[tokio::test]
async fn one_bad_answer_among_good_ones_is_a_failure() {
    let servers = Servers::start().await;
    // The server counts its requests; the second of three is bad.
    let answers = [("a", 200), ("b", 503), ("c", 200)];
    let [first, second, third] = answers.map(|(body, status)| Answer::body(status, body));
    let scripted = serve(AuthorizationServer::builder().script([first, second, third])).await;
    let run = Program::with(&servers.server)
        .args([
            "--get",
            &scripted.token_endpoint(),
            "--repeat",
            "3",
            "--json",
        ])
        .run()
        .await;
    run.fails("Resource", &["503", "1 of 3 requests"]);
    let object = object(&run.stdout);
    assert_eq!(
        (&object["status"], &object["body"]),
        (&json!(200), &json!("c"))
    );
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let servers = Servers::start().await;
    let elsewhere = ResourceServer::new(servers.server.get_ref())
        .serve()
        .await
        .unwrap();
    for location in [elsewhere.origin(), "/elsewhere".to_owned()] {
        servers
            .resource
            .get_ref()
            .set_answer(Answer::body(302, "").header("location", location));
        servers
            .get(&[])
            .await
            .fails("Resource", &["302 Found", "not followed"]);
    }
    assert_eq!(servers.resource.get_ref().requests(), 2);
    assert_eq!(elsewhere.get_ref().requests(), 0);
}

#[tokio::test]
async fn without_a_token_nothing_is_fetched_and_json_has_no_answer() {
    let servers = Servers::start().await;
    servers.server.get_ref().replace_secret("svc", "another");
    let args = ["--repeat", "20", "--concurrency", "20", "--json"];
    let run = servers.get(&args).await;
    run.fails(
        "ClientAuthentication",
        &["invalid_client", "20 of 20 requests"],
    );
    let object = object(&run.stdout);
    assert_eq!(
        members(&object),
        [
            "body",
            "rejected",
            "replayed",
            "requests",
            "status",
            "token_requests"
        ]
    );
    assert!(
        object["status"].is_null() && object["body"].is_null(),
        "{object}"
    );
    assert_eq!(
        object["token_requests"],
        servers.server.get_ref().token_requests()
    );
    assert_eq!(servers.resource.get_ref().requests(), 0);

    let run = servers.get(&[]).await;
    run.fails("ClientAuthentication", &["invalid_client"]);
    assert_eq!(run.stdout, "");
}

#[tokio::test]
async fn a_resource_that_is_not_there_is_named() {
    let servers = Servers::start().await;
    let gone = ResourceServer::new(servers.server.get_ref())
        .serve()
        .await
        .unwrap();
    let (url, address) = (gone.origin(), gone.addr().to_string());
    gone.shutdown().await;
    let run = Program::with(&servers.server)
        .args(["--get", &url])
        .run()
        .await;
    run.fails(
        "Transient",
        &["no connection to", &address, "refused", "check the URL"],
    );
}

#[tokio::test]
async fn a_body_that_does_not_end_is_a_failure() {
    let servers = Servers::start().await;
    servers
        .resource
        .get_ref()
        .set_answer(Answer::body(200, "a").endless());
    servers.get(&[]).await.fails("Resource", &["limit"]);
}
