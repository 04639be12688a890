//! Wrong arguments: exit code 2, a message that names the option, and nothing sent.

use crate::support::{Program, SECRET, file, serve, server};

/// With arguments beside an endpoint and an id that are right.
async fn refused(args: &[&str], words: &[&str]) {
    let server = serve(server()).await;
    let run = Program::with(&server)
        .args(args.iter().copied())
        .run()
        .await;
    run.is_refused(words);
    assert_eq!(server.get_ref().requests().len(), 0, "{args:?}");
}

#[tokio::test]
async fn endpoint_and_id_are_needed() {
    let run = Program::new().run().await;
    run.is_refused(&["--issuer", "--client-id", "Usage"]);
}

#[tokio::test]
async fn options_that_do_not_exist_are_told() {
    refused(&["--scop", "read"], &["'--scop'", "'--scope'"]).await;
}

#[tokio::test]
async fn methods_that_do_not_exist_are_told() {
    let words = [
        "--auth",
        "no such method",
        "self_signed_tls_client_auth",
        "none",
    ];
    refused(&["--auth", "basic"], &words).await;
    refused(
        &["--alg", "es256"],
        &["--alg", "no such algorithm", "ES256"],
    )
    .await;
}

#[tokio::test]
async fn one_place_is_named_and_no_more() {
    let issuer = "https://as.example.com";
    refused(&["--issuer", issuer], &["--issuer", "cannot be used with"]).await;
    for (issuer, words) in [
        ("http://as.example.com", "https"),
        ("https://as.example.com?a=b", "query"),
        ("as.example.com", "absolute"),
    ] {
        let program = Program::new().args(["--issuer", issuer, "--client-id", "svc"]);
        program.run().await.is_refused(&["--issuer", words]);
    }
}

#[tokio::test]
async fn options_that_go_together_are_given_together() {
    refused(&["--cert-file", "x"], &["--cert-key-file"]).await;
    refused(&["--cert-key-file", "x"], &["--cert-file"]).await;
    refused(&["--dpop-key-file", "x"], &["--dpop"]).await;
    refused(
        &["--key-file", "x", "--assertion-file", "y"],
        &["--key-file", "cannot be used with"],
    )
    .await;
    for method in ["tls_client_auth", "self_signed_tls_client_auth"] {
        refused(&["--auth", method], &["--cert-file", "--cert-key-file"]).await;
    }
    refused(
        &["--auth", "private_key_jwt"],
        &["--key-file", "--assertion-file"],
    )
    .await;
}

#[tokio::test]
async fn a_secret_is_never_an_argument() {
    let words = ["never an argument", "--client-secret-file", "CLIENT_SECRET"];
    refused(&["--client-secret", SECRET], &words).await;
    refused(&[&format!("--client-secret={SECRET}")], &words).await;
    refused(&[SECRET], &["without an option"]).await;
    refused(&["--param", SECRET], &["--param", "NAME=VALUE"]).await;
    refused(
        &["--param", &format!("client_secret={SECRET}")],
        &["--param", "client_secret"],
    )
    .await;
}

/// Each run is searched for the secret.
#[tokio::test]
async fn a_value_in_the_wrong_place_is_not_repeated() {
    for option in ["--json", "--dpop", "--strict"] {
        refused(&[&format!("{option}={SECRET}")], &[option]).await;
    }
    for option in ["--auth", "--alg", "--basic-encoding"] {
        refused(&[option, SECRET], &[option, "use "]).await;
    }
    for option in ["--repeat", "--concurrency"] {
        let url = "http://127.0.0.1/";
        refused(&["--get", url, option, SECRET], &[option, "a number"]).await;
        let run = Program::at(url).args(["--get", url, option, "99999999999"]);
        let run = run.run().await;
        run.is_refused(&[option]);
        assert!(!run.stderr.contains("99999999999"), "{run:?}");
    }
}

#[tokio::test]
async fn without_a_secret_it_is_said_what_to_give() {
    let server = serve(server()).await;
    for args in [
        &[][..],
        &["--auth", "client_secret_basic"],
        &["--auth", "client_secret_post"],
    ] {
        let program = Program::with(&server).without_secret();
        program.args(args.iter().copied()).run().await.is_refused(&[
            "--client-secret-file",
            "CLIENT_SECRET",
            "--auth none",
        ]);
    }
    let empty = std::path::Path::new("");
    let run = Program::with(&server)
        .env("CLIENT_SECRET", empty)
        .run()
        .await;
    run.is_refused(&["CLIENT_SECRET"]);
    assert_eq!(server.get_ref().requests().len(), 0);
}

#[tokio::test]
async fn options_that_a_method_passes_over_are_refused() {
    refused(
        &["--auth", "client_secret_post", "--basic-encoding", "raw"],
        &["--basic-encoding"],
    )
    .await;
    refused(
        &["--basic-encoding", "utf-8"],
        &["--basic-encoding", "form, strict or raw"],
    )
    .await;
    for (option, value) in [
        ("--alg", "ES256"),
        ("--key-id", "k1"),
        ("--assertion-audience", "a"),
        ("--assertion-typ", "JWT"),
        ("--key-file", "x"),
        ("--assertion-file", "x"),
    ] {
        let words = [option, "client_secret_basic", "--auth"];
        refused(&["--auth", "client_secret_basic", option, value], &words).await;
    }
    let path = file("passed-over", b"x");
    let secret = path.to_str().unwrap();
    for method in ["none", "private_key_jwt"] {
        let args = ["--auth", method, "--client-secret-file", secret];
        refused(&args, &["--client-secret-file", method]).await;
    }
}

#[tokio::test]
async fn endpoints_that_must_not_have_the_secret_are_refused() {
    for (url, word) in [
        ("http://as.example.com/token", "https"),
        ("http://192.0.2.1/token", "https"),
        ("https://as.example.com/token#here", "fragment"),
        (
            "https://svc:canary-secret@as.example.com/token",
            "user information",
        ),
        (
            "https://svc:canary-secret/+%@as.example.com/token",
            "not a valid URI",
        ),
        ("as.example.com/token", "URI"),
        ("https://as.example.com/to ken", "URI"),
    ] {
        Program::at(url)
            .run()
            .await
            .is_refused(&["--token-endpoint", word]);
    }
}

#[tokio::test]
async fn ids_that_cannot_be_sent_are_refused() {
    let server = serve(server()).await;
    let endpoint = server.token_endpoint();
    let program = || Program::new().args(["--token-endpoint", &endpoint]);
    let run = program()
        .args(["--client-id", "a:b", "--basic-encoding", "raw"])
        .run()
        .await;
    run.is_refused(&["--client-id", "colon"]);
    program()
        .args(["--client-id", ""])
        .run()
        .await
        .is_refused(&["--client-id", "empty"]);
}

#[tokio::test]
async fn requests_that_cannot_be_made_are_refused() {
    refused(&["--scope", "a\"b"], &["--scope", "`a\\\"b`"]).await;
    refused(&["--resource", "/relative"], &["--resource", "/relative"]).await;
    refused(
        &["--resource", "https://a.example/#b"],
        &["--resource", "fragment"],
    )
    .await;
    refused(
        &["--authorization-details", "{}"],
        &["--authorization-details", "array"],
    )
    .await;
    refused(
        &["--param", "grant_type=password"],
        &["--param", "grant_type"],
    )
    .await;
    refused(
        &["--scope", "a", "--param", "scope=b"],
        &["--param", "scope"],
    )
    .await;
    refused(&["--param", "=x"], &["--param", "NAME=VALUE"]).await;
}

#[tokio::test]
async fn urls_that_no_token_may_go_to_are_refused() {
    for (url, word) in [
        ("http://api.example.com/", "https"),
        ("http://10.0.0.1/", "https"),
        ("/orders", "scheme"),
        ("api.example.com", "scheme"),
        (
            "https://u:canary-secret@api.example.com/",
            "user information",
        ),
        (
            "https://u:canary-secret/+%@api.example.com/",
            "host or port",
        ),
        ("ftp://127.0.0.1/", "https"),
        ("not a url", "https://host/path"),
    ] {
        refused(&["--get", url], &["--get", word]).await;
    }
}

#[tokio::test]
async fn repeating_goes_with_get_and_is_a_number() {
    refused(&["--repeat", "2"], &["--get"]).await;
    refused(&["--concurrency", "2"], &["--get"]).await;
    for value in ["0", "-1", "many", "4294967296"] {
        for name in ["--repeat", "--concurrency"] {
            refused(
                &["--get", "http://127.0.0.1/", &format!("{name}={value}")],
                &[name],
            )
            .await;
        }
    }
}

#[tokio::test]
async fn help_is_no_failure() {
    let run = Program::new().without_secret().args(["--help"]).run().await;
    run.is_silent();
    for word in [
        "--issuer",
        "--token-endpoint",
        "--dpop",
        "--json",
        "CLIENT_SECRET",
    ] {
        assert!(run.stdout.contains(word), "{run:?}");
    }
}
