//! Any bytes in the file of a credential that somebody else renews: a secret, or an assertion such as a projected token. What is sent is
//! what stands there without the line ends after it, or nothing, with an error that does not repeat it.
#![no_main]

use std::{
    convert::Infallible,
    fs,
    future::{Ready, ready},
    path::PathBuf,
    process,
    sync::{LazyLock, Mutex},
    task::{Context, Poll},
};

use http::{Request, Response};
use libfuzzer_sys::fuzz_target;
use oauth2_client_credentials::{ClientSecretPost, EndpointUri, TokenRequest};
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{Credential, Fetch, TokenEndpoint};
use tower_service::Service;

/// What was asked, by the body of the last request.
static ASKED: Mutex<Option<Vec<u8>>> = Mutex::new(None);

/// A token for whoever asks.
#[derive(Clone)]
struct Server;

/// What it asks in and answers with.
type Text = http_body_util::Full<bytes::Bytes>;

impl Service<Request<bytes::Bytes>> for Server {
    type Response = Response<Text>;
    type Error = Infallible;
    type Future = Ready<Result<Self::Response, Infallible>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<bytes::Bytes>) -> Self::Future {
        *ASKED.lock().expect("one thread") = Some(request.body().to_vec());
        let answer = r#"{"access_token":"t","token_type":"Bearer","expires_in":60}"#;
        ready(Ok(Response::new(Text::from(answer))))
    }
}

static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let mut builder = Builder::new_current_thread();
    builder
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime")
});

static FILE: LazyLock<PathBuf> =
    LazyLock::new(|| std::env::temp_dir().join(format!("credential-{}", process::id())));

fuzz_target!(|input: &[u8]| {
    let [choice, content @ ..] = input else {
        return;
    };
    fs::write(&*FILE, content).expect("a file");
    let (name, credential) = match choice & 1 {
        0 => {
            let secret = Credential::secret_file("svc", &*FILE, ClientSecretPost::new);
            ("client_secret", secret)
        }
        _ => ("client_assertion", Credential::assertion_file("svc", &*FILE)),
    };
    let endpoint = EndpointUri::new("https://as.example.com/token").expect("an endpoint");
    let endpoint = TokenEndpoint::new(Server, endpoint, credential.clone());
    let mut shown = format!("{endpoint:?}{credential:?}");
    let answer = RUNTIME.block_on(endpoint.oneshot(Fetch::new(TokenRequest::new())));
    let asked = ASKED.lock().expect("one thread").take();
    let _ = fs::remove_file(&*FILE);

    let text = std::str::from_utf8(content).ok();
    let text = text.map(|text| match name {
        // A JWT has no space at either end.
        "client_assertion" => text.trim_ascii(),
        _ => text.trim_end_matches(['\r', '\n']),
    });
    match answer {
        Ok(_) => {
            let asked = asked.expect("a token comes from somebody");
            let sent = url::form_urlencoded::parse(&asked).find(|(key, _)| key == name);
            assert_eq!(sent.map(|(_, value)| value).as_deref(), text);
            assert!(text.is_some_and(|text| !text.is_empty()));
        }
        Err(error) => {
            assert!(asked.is_none());
            assert!(!error.to_string().contains(char::is_control), "{error:?}");
            shown.push_str(&format!("{error}{error:?}"));
        }
    }
    shown.push_str(&format!("{credential:?}"));
    for run in runs(content) {
        assert!(!shown.contains(run), "{run} in {shown}");
    }
});

/// What stands in the file, and is long enough, and strange enough, to be shown for no other reason.
fn runs(content: &[u8]) -> impl Iterator<Item = &str> {
    let runs = content.split(|byte| !b"!#0".contains(byte));
    let runs = runs.filter(|run| run.len() > 8);
    runs.filter_map(|run| std::str::from_utf8(run).ok())
}
