//! Credentials that a service of the user's gives.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

mod credential_support;
mod support;

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use credential_support::{endpoint, source};
use oauth2_client_credentials::{ClientAuthentication, ClientSecretPost};
use oauth2_client_credentials_testkit::AuthorizationServer;
use tokio::time::{Instant, sleep};
use tower::{ServiceExt, service_fn};
use tower_oauth2_client_credentials::{BoxError, Credential, Fetch, TokenError, TokenErrorKind};

const MAX_AGE: Duration = Duration::from_secs(600);

/// A vault, and how often it was asked.
#[derive(Clone)]
struct Vault(Arc<Mutex<State>>);

struct State {
    answer: Answer,
    takes: Duration,
    asked: u32,
}

#[derive(Clone)]
enum Answer {
    Secret(&'static str),
    Fails,
    FailsForGood,
    Hangs,
    Panics,
}

impl Vault {
    fn new(answer: Answer) -> Self {
        let state = State {
            answer,
            takes: Duration::ZERO,
            asked: 0,
        };
        Self(Arc::new(Mutex::new(state)))
    }

    fn set(&self, answer: Answer) {
        self.0.lock().unwrap().answer = answer;
    }

    fn asked(&self) -> u32 {
        self.0.lock().unwrap().asked
    }

    async fn ask(self) -> Result<ClientAuthentication, BoxError> {
        let (answer, takes) = {
            let mut state = self.0.lock().unwrap();
            state.asked += 1;
            (state.answer.clone(), state.takes)
        };
        sleep(takes).await;
        match answer {
            Answer::Secret(secret) => Ok(ClientSecretPost::new(secret).into()),
            Answer::Fails => Err("sealed".into()),
            Answer::FailsForGood => {
                Err(TokenError::new(TokenErrorKind::Configuration, "no such path").into())
            }
            Answer::Hangs => std::future::pending().await,
            Answer::Panics => panic!("a panic that the test wants"),
        }
    }

    fn credential(&self) -> Credential {
        let this = self.clone();
        let service = service_fn(move |()| this.clone().ask());
        Credential::from_service("svc", service, MAX_AGE)
    }
}

async fn fetch(server: &AuthorizationServer, credential: &Credential) {
    let answer = endpoint(server, credential).oneshot(Fetch::new(Default::default()));
    answer.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_when_what_it_gave_is_too_old_and_not_before() {
    let (server, vault) = (AuthorizationServer::new(), Vault::new(Answer::Secret("a")));
    let credential = vault.credential();
    assert_eq!(vault.asked(), 0, "making one asks nobody");
    for (wait, asked) in [(0, 1), (0, 1), (599, 1), (1, 2), (599, 2), (1, 3)] {
        sleep(Duration::from_secs(wait)).await;
        fetch(&server, &credential).await;
        assert_eq!(vault.asked(), asked);
    }
    assert_eq!(credential.version(), 1, "it was the same each time");
}

#[tokio::test(start_paused = true)]
async fn all_who_need_it_at_once_share_one_question() {
    let (server, vault) = (AuthorizationServer::new(), Vault::new(Answer::Secret("a")));
    vault.0.lock().unwrap().takes = Duration::from_millis(100);
    let credential = vault.credential();
    let all: Vec<_> = (0..20)
        .map(|_| {
            let (server, credential) = (server.clone(), credential.clone());
            tokio::spawn(async move { fetch(&server, &credential).await })
        })
        .collect();
    for one in all {
        one.await.unwrap();
    }
    assert_eq!((vault.asked(), server.token_requests()), (1, 20));
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_again_when_the_server_refuses_the_client() {
    let server = AuthorizationServer::builder().client("svc", "a").build();
    let vault = Vault::new(Answer::Secret("a"));
    let credential = vault.credential();
    fetch(&server, &credential).await;
    server.replace_secret("svc", "b");
    vault.set(Answer::Secret("b"));
    fetch(&server, &credential).await;
    assert_eq!((vault.asked(), server.token_requests()), (2, 3));
    assert_eq!(credential.version(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_refused_client_is_sent_again_only_when_it_is_another() {
    let server = AuthorizationServer::builder().client("svc", "b").build();
    let vault = Vault::new(Answer::Secret("a"));
    let source = source(endpoint(&server, &vault.credential()));
    for _ in 0..10 {
        source.token().await.unwrap_err();
        sleep(Duration::from_millis(100)).await;
    }
    assert_eq!(
        (vault.asked(), server.token_requests()),
        (3, 1),
        "twice by the request, once while it was gated"
    );
    vault.set(Answer::Secret("b"));
    source.retry_now();
    source.token().await.unwrap();
    assert_eq!(
        server.token_requests(),
        3,
        "the old one, and the new one at once"
    );
}

/// The gate is closed for long, and the vault has another secret: it opens although nobody says so.
#[tokio::test(start_paused = true)]
async fn a_new_secret_opens_the_gate() {
    let server = AuthorizationServer::builder().client("svc", "b").build();
    let vault = Vault::new(Answer::Secret("a"));
    let source = source(endpoint(&server, &vault.credential()));
    for _ in 0..6 {
        let error = source.token().await.unwrap_err();
        sleep(error.retry_in().unwrap()).await;
    }
    let gated = source.token().await.unwrap_err();
    assert!(
        gated.retry_in().unwrap() > Duration::from_secs(60),
        "{gated}"
    );
    vault.set(Answer::Secret("b"));
    sleep(Duration::from_secs(10)).await;
    source.token().await.unwrap_err();
    sleep(Duration::from_millis(10)).await;
    source.token().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn while_it_fails_or_hangs_the_old_one_goes_on() {
    for answer in [
        Answer::Fails,
        Answer::FailsForGood,
        Answer::Hangs,
        Answer::Panics,
    ] {
        let (server, vault) = (
            AuthorizationServer::new(),
            Vault::new(Answer::Secret("first")),
        );
        let credential = vault.credential();
        fetch(&server, &credential).await;
        vault.set(answer.clone());
        sleep(MAX_AGE).await;
        let begun = Instant::now();
        fetch(&server, &credential).await;
        assert!(begun.elapsed() <= Duration::from_secs(2));
        let told = credential.last_error().unwrap().to_string();
        let words = match answer {
            Answer::Fails => "sealed",
            Answer::FailsForGood => "no such path",
            Answer::Hangs => "not answered within 2s",
            Answer::Panics => "panicked",
            Answer::Secret(_) => unreachable!("it fails"),
        };
        assert!(told.contains(words), "{told}");
        let begun = Instant::now();
        fetch(&server, &credential).await;
        assert_eq!(vault.asked(), 2, "it is left alone for a while");
        assert!(begun.elapsed() < Duration::from_secs(1));
        vault.set(Answer::Secret("b"));
        sleep(Duration::from_secs(20)).await;
        fetch(&server, &credential).await;
        assert_eq!(credential.version(), 2);
        assert!(credential.last_error().is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_first_credential_its_failure_is_the_error() {
    for (answer, kind, words) in [
        (Answer::Fails, TokenErrorKind::Transient, "sealed"),
        (
            Answer::FailsForGood,
            TokenErrorKind::Configuration,
            "no such path",
        ),
        (
            Answer::Hangs,
            TokenErrorKind::Transient,
            "the client's credential has not answered within 5s",
        ),
        (Answer::Panics, TokenErrorKind::Transient, "panicked"),
    ] {
        let (server, vault) = (AuthorizationServer::new(), Vault::new(answer));
        let source = source(endpoint(&server, &vault.credential()));
        // The wait budget of a caller may end before the attempts do.
        while source.health().last_error().is_none() {
            let _ = source.token().await;
        }
        let error = source.token().await.unwrap_err();
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.to_string().contains(words), "{words}: {error}");
        assert_eq!(server.token_requests(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_may_pass_is_tried_again() {
    let (server, vault) = (AuthorizationServer::new(), Vault::new(Answer::Fails));
    let source = source(endpoint(&server, &vault.credential()));
    let waiting = tokio::spawn(async move { source.token().await });
    sleep(Duration::from_millis(50)).await;
    assert_eq!(vault.asked(), 1);
    vault.set(Answer::Secret("a"));
    waiting.await.unwrap().unwrap();
    assert_eq!(vault.asked(), 2);
}

/// A question that takes over 20 s is given up, and another one is asked. Its answer comes too late to count.
#[tokio::test(start_paused = true)]
async fn an_answer_that_comes_too_late_does_not_replace_a_later_one() {
    let (server, vault) = (AuthorizationServer::new(), Vault::new(Answer::Secret("a")));
    let credential = vault.credential();
    fetch(&server, &credential).await;
    for (secret, takes) in [("old", 40), ("new", 0)] {
        sleep(MAX_AGE).await;
        vault.set(Answer::Secret(secret));
        vault.0.lock().unwrap().takes = Duration::from_secs(takes);
        fetch(&server, &credential).await;
        if secret == "old" {
            sleep(Duration::from_secs(20)).await;
            vault.set(Answer::Secret("new"));
            vault.0.lock().unwrap().takes = Duration::ZERO;
            fetch(&server, &credential).await;
            assert_eq!(credential.version(), 2);
            sleep(Duration::from_secs(30)).await;
            assert_eq!(credential.version(), 2, "the old one came after it");
        }
    }
    assert_eq!(vault.asked(), 4);
}
