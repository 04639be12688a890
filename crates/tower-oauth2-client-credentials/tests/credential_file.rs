//! Credentials in files that somebody else renews.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod credential_support;
mod support;

use std::{
    fs,
    future::Future,
    pin::pin,
    task::{Context, Poll, Waker},
    time::Duration,
};

use credential_support::{Folder, endpoint, source};
use oauth2_client_credentials::{ClientSecretBasic, ClientSecretPost};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use tokio::time::sleep;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{Credential, Fetch, TokenErrorKind};

fn secret_file(folder: &Folder) -> Credential {
    Credential::secret_file("svc", folder.path("secret"), ClientSecretPost::new)
}

/// Asks for a token whatever was asked before; tells the secret that the last request carried.
async fn fetch(server: &AuthorizationServer, credential: &Credential) -> String {
    let answer = endpoint(server, credential).oneshot(Fetch::new(Default::default()));
    answer.await.unwrap();
    let requests = server.requests();
    requests.last().unwrap().client_secret().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn each_token_request_carries_what_the_file_has_then() {
    let (folder, server) = (Folder::new(), AuthorizationServer::new());
    let credential = secret_file(&folder);
    assert_eq!(credential.version(), 0, "making one reads nothing");
    for (content, secret, version) in [
        ("one", "one", 1),
        ("two\n", "two", 2),
        ("two\n", "two", 2),
        ("two\r\n", "two", 2),
        (" three ", " three ", 3),
    ] {
        folder.write("secret", content);
        assert_eq!(fetch(&server, &credential).await, secret);
        assert_eq!(credential.version(), version, "{content:?}");
    }
}

/// As the kubelet does it: the file is a link into a folder that is itself a link, and that one is replaced.
#[cfg(unix)]
#[tokio::test(start_paused = true)]
async fn a_folder_that_is_swapped_by_a_link_is_seen() {
    use std::os::unix::fs::symlink;

    let (folder, server) = (Folder::new(), AuthorizationServer::new());
    symlink("..data/secret", folder.path("secret")).unwrap();
    let credential = secret_file(&folder);
    for version in ["..1", "..2", "..3"] {
        fs::create_dir(folder.path(version)).unwrap();
        folder.write(&format!("{version}/secret"), version);
        symlink(version, folder.path("..data_tmp")).unwrap();
        fs::rename(folder.path("..data_tmp"), folder.path("..data")).unwrap();
        assert_eq!(fetch(&server, &credential).await, version);
    }
    assert_eq!(credential.version(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_file_that_is_no_credential_for_a_moment_changes_nothing_and_is_told() {
    let (folder, server) = (Folder::new(), AuthorizationServer::new());
    let credential = secret_file(&folder);
    folder.write("secret", "s");
    fetch(&server, &credential).await;
    let too_large = "x".repeat(65_537);
    for (content, words) in [
        (None, "No such file"),
        (Some(""), "empty"),
        (Some("\n"), "nothing but line ends"),
        (Some(&*too_large), "over 65536 bytes"),
    ] {
        match content {
            Some(content) => folder.write("secret", content),
            None => fs::remove_file(folder.path("secret")).unwrap(),
        }
        assert_eq!(fetch(&server, &credential).await, "s", "{words}");
        let error = credential.last_error().unwrap();
        assert_eq!(error.kind(), TokenErrorKind::Configuration);
        let path = folder.path("secret");
        for words in [words, path.to_str().unwrap()] {
            assert!(error.to_string().contains(words), "{words}: {error}");
        }
    }
    folder.write("secret", "s");
    fetch(&server, &credential).await;
    assert_eq!(
        (credential.version(), credential.last_error().is_none()),
        (1, true)
    );
}

/// The first read fails; the gate closes for longer and longer, but opens when the file is there.
#[tokio::test(start_paused = true)]
async fn without_a_first_credential_the_error_names_the_file_and_ends_when_it_is_there() {
    let (folder, server) = (Folder::new(), AuthorizationServer::new());
    let credential = secret_file(&folder);
    let source = source(endpoint(&server, &credential));
    for _ in 0..6 {
        let error = source.token().await.unwrap_err();
        assert_eq!(error.kind(), TokenErrorKind::Configuration);
        let path = folder.path("secret");
        for words in [path.to_str().unwrap(), "check the path"] {
            assert!(error.to_string().contains(words), "{error}");
        }
        sleep(error.retry_in().unwrap()).await;
    }
    let gated = source.token().await.unwrap_err();
    assert!(
        gated.retry_in().unwrap() > Duration::from_secs(30),
        "{gated}"
    );
    folder.write("secret", "s");
    sleep(Duration::from_secs(1)).await;
    // The first one has the file looked at, and fails.
    source.token().await.unwrap_err();
    sleep(Duration::from_millis(100)).await;
    source.token().await.unwrap();
    assert_eq!(server.token_requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_secret_is_read_again_and_tried_once_more_if_it_is_another() {
    let (folder, server) = (
        Folder::new(),
        AuthorizationServer::builder().client("svc", "new"),
    );
    let server = server.latency(Duration::from_millis(100)).build();
    folder.write("secret", "old");
    let credential = secret_file(&folder);
    let source = source(endpoint(&server, &credential));
    let waiting = tokio::spawn({
        let source = source.clone();
        async move { source.token().await }
    });
    // While the server looks at the old one.
    sleep(Duration::from_millis(50)).await;
    folder.write("secret", "new");
    waiting.await.unwrap().unwrap();
    assert_eq!((server.token_requests(), credential.version()), (2, 2));
}

#[tokio::test(start_paused = true)]
async fn a_refused_secret_that_stays_is_not_sent_again_before_the_gate_opens() {
    let (folder, server) = (
        Folder::new(),
        AuthorizationServer::builder().client("svc", "new"),
    );
    let server = server.build();
    folder.write("secret", "old");
    let credential = secret_file(&folder);
    let source = source(endpoint(&server, &credential));
    for _ in 0..20 {
        source.token().await.unwrap_err();
        // Somebody writes the same once more.
        folder.write("secret", "old");
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!((server.token_requests(), credential.version()), (1, 1));
    folder.write("secret", "new");
    sleep(Duration::from_secs(1)).await;
    source.token().await.unwrap_err();
    sleep(Duration::from_millis(10)).await;
    source.token().await.unwrap();
    assert_eq!(server.token_requests(), 2, "the new one opened the gate");
}

/// Who reads only the last line of a log has to see both: the server refuses the secret, and the file of the new one is gone.
#[tokio::test(start_paused = true)]
async fn a_refused_secret_that_could_not_be_read_again_is_told_with_the_refusal() {
    let (folder, server) = (
        Folder::new(),
        AuthorizationServer::builder().client("svc", "old"),
    );
    let server = server.build();
    folder.write("secret", "old");
    let credential = secret_file(&folder);
    fetch(&server, &credential).await;
    server.replace_secret("svc", "new");
    fs::remove_file(folder.path("secret")).unwrap();
    let error = source(endpoint(&server, &credential))
        .token()
        .await
        .unwrap_err();
    assert_eq!(error.kind(), TokenErrorKind::ClientAuthentication);
    for words in [
        "invalid_client",
        "with an older credential",
        "/secret",
        "No such file",
    ] {
        assert!(error.to_string().contains(words), "{words}: {error}");
    }
}

#[tokio::test(start_paused = true)]
async fn who_replaces_it_is_heard_until_the_file_changes() {
    let (folder, server) = (Folder::new(), AuthorizationServer::new());
    folder.write("secret", "file");
    let credential = secret_file(&folder);
    fetch(&server, &credential).await;
    let by_hand = ClientSecretPost::new("hand");
    credential.replace(oauth2_client_credentials::Client::new("svc", by_hand).unwrap());
    assert_eq!(fetch(&server, &credential).await, "hand");
    folder.write("secret", "next");
    assert_eq!(fetch(&server, &credential).await, "next");
}

#[test]
fn without_a_runtime_the_error_says_so() {
    let folder = Folder::new();
    folder.write("secret", "s");
    let endpoint = endpoint(&AuthorizationServer::new(), &secret_file(&folder));
    let mut fetch = pin!(endpoint.oneshot(Fetch::new(Default::default())));
    let Poll::Ready(outcome) = fetch.as_mut().poll(&mut Context::from_waker(Waker::noop())) else {
        panic!("nobody would wake it");
    };
    let error = outcome.unwrap_err();
    let source = std::error::Error::source(&error).unwrap().to_string();
    assert!(source.contains("outside a tokio runtime"), "{source}");
}

#[tokio::test(start_paused = true)]
async fn nothing_of_the_content_shows() {
    let (folder, server) = (Folder::new(), AuthorizationServer::new());
    let credential = Credential::secret_file("svc", folder.path("secret"), ClientSecretBasic::new);
    server.set_outage(Some(Answer::oauth_error(401, "invalid_client")));
    for content in ["canary", "\u{1}canary\n"] {
        folder.write("secret", content);
        let error = source(endpoint(&server, &credential))
            .token()
            .await
            .unwrap_err();
        let shown = format!(
            "{error} {error:?} {credential:?} {:?}",
            credential.last_error()
        );
        assert!(!shown.contains("canary"), "{shown}");
        assert!(shown.contains("/secret"), "{shown}");
    }
}

#[tokio::test]
async fn a_reader_that_panics_is_told_and_the_old_one_goes_on() {
    let (folder, server) = (Folder::new(), AuthorizationServer::new());
    folder.write("secret", "a");
    let credential = Credential::from_file("svc", folder.path("secret"), |bytes| match bytes {
        b"a" => Ok(ClientSecretPost::new("a").into()),
        _ => panic!("nobody reads this"),
    });
    for text in ["a", "b"] {
        folder.write("secret", text);
        let answer = endpoint(&server, &credential).oneshot(Fetch::new(Default::default()));
        answer.await.unwrap();
    }
    let told = credential.last_error().unwrap().to_string();
    assert!(
        told.contains("/secret") && told.contains("panicked"),
        "{told}"
    );
}

#[test]
fn the_identity_is_known_before_anything_is_read() {
    let (folder, server) = (Folder::new(), AuthorizationServer::new());
    let [one, other] = ["one", "other"]
        .map(|id| Credential::secret_file(id, folder.path("secret"), ClientSecretPost::new))
        .map(|credential| endpoint(&server, &credential).identity());
    assert!(one.contains("one") && one != other, "{one}");
}

/// Opening a FIFO takes until somebody writes to it, and a thread with it.
#[cfg(unix)]
#[tokio::test]
async fn what_is_no_regular_file_is_not_opened() {
    let (folder, server) = (Folder::new(), AuthorizationServer::new());
    let fifo = folder.path("fifo");
    let made = std::process::Command::new("mkfifo").arg(&fifo).status();
    assert!(made.unwrap().success());
    fs::create_dir(folder.path("folder")).unwrap();
    for path in [fifo, folder.path("folder"), "/dev/zero".into()] {
        let credential = Credential::secret_file("svc", &path, ClientSecretPost::new);
        let answer = endpoint(&server, &credential).oneshot(Fetch::new(Default::default()));
        let limited = tokio::time::timeout(Duration::from_secs(5), answer).await;
        if limited.is_err() {
            // So that the test's runtime can end.
            let _ = fs::OpenOptions::new().write(true).open(&path);
        }
        limited.expect("it was opened").unwrap_err();
        let told = credential.last_error().unwrap().to_string();
        assert!(told.contains("it is no regular file"), "{told}");
        assert!(told.contains(path.to_str().unwrap()), "{told}");
    }
}
