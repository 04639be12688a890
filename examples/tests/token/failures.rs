//! No token: exit code 1, and one line that says why and what to try.

use std::{path::Path, time::Duration};

use oauth2_client_credentials_testkit::Answer;
use serde_json::json;

use crate::support::{Program, Run, SECRET, file, missing_file, serve, server};

/// A run against a server that answers so.
async fn answered(answer: Answer) -> Run {
    let server = serve(server().script([answer]).repeat_last()).await;
    let run = Program::with(&server).run().await;
    assert_eq!(run.stdout, "");
    run
}

#[tokio::test]
async fn a_wrong_secret_is_named_with_the_servers_code() {
    let server = serve(server()).await;
    server.get_ref().replace_secret("svc", "another");
    let run = Program::with(&server).run().await;
    run.fails(
        "ClientAuthentication",
        &["401", "`invalid_client`", "check its id, its secret"],
    );
    assert_eq!(server.get_ref().token_requests(), 1);
}

#[tokio::test]
async fn the_servers_code_makes_the_kind() {
    for (status, code, kind) in [
        (400, "invalid_scope", "Scope"),
        (400, "unauthorized_client", "Configuration"),
        (503, "temporarily_unavailable", "Transient"),
        (400, "use_dpop_nonce", "Protocol"),
    ] {
        let run = answered(Answer::oauth_error(status, code)).await;
        run.fails(kind, &[&format!("`{code}`")]);
    }
}

#[tokio::test]
async fn what_is_no_token_response_is_told() {
    for (answer, kind, word) in [
        (
            Answer::body(200, "<html>Sign in</html>").header("content-type", "text/html"),
            "Protocol",
            "no token response",
        ),
        (
            Answer::body(404, "<html>Not found</html>"),
            "Protocol",
            "check the URI",
        ),
        (Answer::body(200, ""), "Protocol", "200 OK"),
        (
            Answer::body(302, "").header("location", "/elsewhere"),
            "Protocol",
            "redirects are not followed",
        ),
        (
            Answer::json(
                200,
                json!({"access_token": "a\r\nb", "token_type": "Bearer"}),
            ),
            "Protocol",
            "`access_token`",
        ),
        (
            Answer::json(
                200,
                json!({"access_token": "a", "token_type": "Bearer", "expires_in": "never"}),
            ),
            "Protocol",
            "`expires_in`",
        ),
        (Answer::endless_body(), "TooLarge", "65536"),
        (Answer::torn_body(), "Transient", "check the URL"),
        (Answer::reset(), "Transient", "check the URL"),
    ] {
        let shown = format!("{answer:?}");
        let run = answered(answer).await;
        println!("{shown}: {}", run.stderr);
        run.fails(kind, &[word]);
    }
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let server =
        serve(server().script([Answer::body(307, "").header("location", "/elsewhere")])).await;
    Program::with(&server)
        .run()
        .await
        .fails("Protocol", &["307"]);
    assert_eq!(server.get_ref().requests().len(), 1);
}

#[tokio::test]
async fn a_token_of_another_type_is_shown_but_not_used() {
    let other = || Answer::json(200, json!({"access_token": "t1", "token_type": "mac"}));
    let server = serve(server().script([other(), other()])).await;
    let run = Program::with(&server).run().await;
    assert!(run.answer().contains("token_type: mac\n"), "{run:?}");
    let url = server.token_endpoint();
    let run = Program::with(&server).args(["--get", &url]).run().await;
    run.fails("UnsupportedTokenType", &["mac"]);
}

#[tokio::test]
async fn a_secret_that_the_server_repeats_is_not_shown() {
    let description = format!("the secret {SECRET} is wrong\r\nerror: forged");
    let answer = json!({"error": "invalid_client", "error_description": description});
    let run = answered(Answer::json(401, answer)).await;
    run.fails("ClientAuthentication", &["the secret [secret] is wrong"]);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named() {
    let server = serve(server()).await;
    let (endpoint, address) = (server.token_endpoint(), server.addr().to_string());
    server.shutdown().await;
    let run = Program::at(&endpoint).run().await;
    run.fails(
        "Transient",
        &["no connection to", &address, "refused", "check the URL"],
    );
}

#[tokio::test]
async fn a_server_that_says_nothing_is_not_waited_for_for_ever() {
    let begun = std::time::Instant::now();
    let run = answered(Answer::hang()).await;
    run.fails("Timeout", &["10s"]);
    assert!(begun.elapsed() < Duration::from_secs(20));
}

#[tokio::test]
async fn a_secret_file_that_has_none_is_named() {
    let server = serve(server()).await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    for (path, word) in [
        (missing_file("no-such-secret"), "No such file"),
        (file("empty-secret", b""), "empty"),
        (file("line-end-secret", b"\r\n"), "empty"),
        (file("binary-secret", b"\xff\xfe"), "UTF-8"),
        (file("long-secret", &[b'a'; 70_000]), "65536"),
        (folder.to_owned(), "directory"),
    ] {
        let program = Program::with(&server).file("--client-secret-file", &path);
        let run = program.run().await;
        run.fails("Configuration", &[path.to_str().unwrap(), word]);
    }
    assert_eq!(server.get_ref().requests().len(), 0);
}

#[tokio::test]
async fn a_secret_that_raw_basic_cannot_carry_is_told() {
    let server = serve(server()).await;
    let path = file("two-lines-secret", b"canary-secret/+%\nb");
    let program = Program::with(&server).file("--client-secret-file", &path);
    let run = program.args(["--basic-encoding", "raw"]).run().await;
    run.fails("Configuration", &["control character"]);
}
