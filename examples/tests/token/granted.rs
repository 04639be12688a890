//! What the program prints without `--get`.

use oauth2_client_credentials_testkit::Answer;
use serde_json::json;

use crate::support::{Program, TOKEN, members, serve, server};

#[tokio::test]
async fn what_was_granted_is_printed_as_text() {
    let server = serve(server().scopes(["read", "write"])).await;
    let run = Program::with(&server).args(["--scope", "read"]).run().await;
    assert_eq!(
        run.answer(),
        format!(
            "access_token: {TOKEN}1\ntoken_type: Bearer\nexpires_in: 3600 s\nscope: read\nquirks: none\n"
        )
    );
}

#[tokio::test]
async fn untold_it_logs_nothing() {
    let server = serve(server()).await;
    let run = Program::with(&server).without_log().run().await;
    run.is_silent();
    assert!(run.stdout.contains("access_token"), "{run:?}");
}

#[tokio::test]
async fn what_was_granted_is_printed_as_json() {
    let server = serve(server().scopes(["read", "write"])).await;
    let granted = Program::with(&server).args(["--json"]).run().await.json();
    assert_eq!(
        granted,
        json!({
            "access_token": format!("{TOKEN}1"),
            "token_type": "Bearer",
            "expires_in": 3600,
            "scope": "read write",
            "quirks": [],
        })
    );
}

#[tokio::test]
async fn what_the_server_did_not_say_is_null() {
    let answer = || Answer::json(200, json!({"access_token": "t1", "token_type": "bearer"}));
    let server = serve(server().script([answer(), answer()])).await;
    let granted = Program::with(&server).args(["--json"]).run().await.json();
    assert_eq!(
        members(&granted),
        [
            "access_token",
            "expires_in",
            "quirks",
            "scope",
            "token_type"
        ]
    );
    assert!(
        granted["expires_in"].is_null() && granted["scope"].is_null(),
        "{granted}"
    );

    let run = Program::with(&server).run().await;
    assert!(
        run.answer()
            .contains("expires_in: the server did not say\n"),
        "{run:?}"
    );
    assert!(
        run.answer()
            .contains("scope: as asked for, the server named none\n"),
        "{run:?}"
    );
}

#[tokio::test]
async fn leniencies_are_named_and_strict_has_none() {
    let answer = || Answer::json(200, json!({"access_token": "t1", "expires_in": "60"}));
    let server = serve(server().script([answer(), answer()])).await;
    let granted = Program::with(&server).args(["--json"]).run().await.json();
    assert_eq!(
        granted["quirks"],
        json!(["token_type_missing", "expires_in_string"])
    );
    assert_eq!(granted["expires_in"], 60);

    let run = Program::with(&server).args(["--strict"]).run().await;
    run.fails("Protocol", &["token_type is missing"]);
    assert_eq!(run.stdout, "");
}

#[tokio::test]
async fn what_a_server_says_ends_no_line() {
    let answer =
        json!({"access_token": "t1", "token_type": "a\r\nscope: all\u{1b}[2J", "scope": "b\nc"});
    let server = serve(server().script([Answer::json(200, answer)])).await;
    let run = Program::with(&server).run().await;
    assert_eq!(run.answer().lines().count(), 5, "{run:?}");
    assert!(!run.answer().contains('\u{1b}'), "{run:?}");
}
