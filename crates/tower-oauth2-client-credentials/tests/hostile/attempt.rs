//! One answer played to one client, and what is wrong with what became of it.

use std::{
    error::Error,
    panic,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};

use oauth2_client_credentials::{Client, ClientSecretBasic, Dpop, DpopKey, EndpointUri};
use tower_oauth2_client_credentials::{
    HttpClient, Schedule, TokenEndpoint, TokenError, TokenSource,
};

use crate::{
    MEMORY, MOST_MEMORY,
    answer::{Answer, BASIC, Expected, Over, SECRET, TOKEN},
    server::{Identity, Server},
};

/// What an answer gets that ends by itself; one that does not is given up after the shorter time.
const PATIENCE: Duration = Duration::from_secs(5);
const LITTLE_PATIENCE: Duration = Duration::from_millis(60);

/// What a loaded machine may add.
const SLACK: Duration = Duration::from_secs(2);

/// Longer ones are a way to fill somebody's log: a code, a description and a URI of a thousand characters each may be told.
const LONGEST_ERROR: usize = 13_000;
const LONGEST_DEBUG: usize = 64 << 10;

static PANICS: AtomicUsize = AtomicUsize::new(0);

/// A token source makes an error of a panic; here it counts as one all the same.
pub(crate) fn count_panics() {
    let before = panic::take_hook();
    panic::set_hook(Box::new(move |panicked| {
        PANICS.fetch_add(1, Ordering::Relaxed);
        before(panicked);
    }));
}

/// Clients of one kind, and a server's certificate that they trust.
pub(crate) struct Clients {
    identity: Identity,
    patient: HttpClient,
    impatient: HttpClient,
}

impl Clients {
    pub(crate) fn new() -> Self {
        let identity = Identity::new();
        let http = |timeout| {
            HttpClient::builder()
                .root_certificates_pem(&*identity.authority)
                .timeout(timeout)
                .build()
                .unwrap()
        };
        Self {
            patient: http(PATIENCE),
            impatient: http(LITTLE_PATIENCE),
            identity,
        }
    }
}

/// What became of an answer.
pub(crate) struct Report {
    token: Result<String, TokenError>,
    pub(crate) took: Duration,
    /// The most that was in use at a time, in bytes, beyond what was before.
    pub(crate) memory: usize,
    panics: usize,
}

impl Report {
    pub(crate) async fn of(clients: &Clients, answer: &Answer) -> Self {
        let server = Server::start(&clients.identity, answer.over, &answer.script).await;
        let port = server.address.port();
        let uri = match answer.over {
            Over::Plain => format!("http://localhost:{port}/token"),
            Over::Tls | Over::Http2 | Over::NoTls => format!("https://localhost:{port}/token"),
        };
        let http = if answer.stalls {
            &clients.impatient
        } else {
            &clients.patient
        };
        let source = source(http.clone(), &uri, answer.is_bound);
        let panics = PANICS.load(Ordering::Relaxed);
        let before = MEMORY.current_usage();
        MEMORY.reset_peak_usage();
        let begun = Instant::now();
        let token = source.token().await;
        Self {
            took: begun.elapsed(),
            memory: MEMORY.peak_usage().saturating_sub(before),
            token: token.map(|token| token.response().access_token().expose().to_owned()),
            panics: PANICS.load(Ordering::Relaxed) - panics,
        }
    }

    /// In a word.
    pub(crate) fn outcome(&self) -> &'static str {
        self.token
            .as_ref()
            .map_or_else(|error| error.kind().as_str(), |_| "token")
    }

    /// What is not as it should be.
    pub(crate) fn complaints(&self, answer: &Answer) -> Vec<String> {
        let mut complaints = Vec::new();
        let is_expected = match (&self.token, answer.expected) {
            (Ok(token), Expected::Token) => token == TOKEN,
            (Err(error), Expected::Error(kind)) => error.kind() == kind,
            _ => false,
        };
        if !is_expected {
            let outcome = self.token.as_ref();
            let outcome = outcome.map_or_else(ToString::to_string, |_| "a token".to_owned());
            complaints.push(format!(
                "{:?} was expected, and it was {outcome}",
                answer.expected
            ));
        }
        let limit = if answer.stalls {
            LITTLE_PATIENCE
        } else {
            PATIENCE / 2
        };
        if self.took > limit + SLACK {
            complaints.push(format!("it took {:?}", self.took));
        }
        if self.memory > MOST_MEMORY {
            complaints.push(format!("it took {} bytes of memory", self.memory));
        }
        if self.panics > 0 {
            complaints.push("something panicked".to_owned());
        }
        if let Err(error) = &self.token {
            complaints.extend(wrong_in_words(error));
        }
        complaints
    }
}

/// What is wrong with an error's text, its causes' texts and what it shows to programmers.
fn wrong_in_words(error: &TokenError) -> Vec<String> {
    let mut texts = vec![(error.to_string(), LONGEST_ERROR)];
    let mut next = Some(error as &(dyn Error + 'static));
    while let Some(error) = next {
        texts.push((error.to_string(), LONGEST_ERROR));
        texts.push((format!("{error:?}"), LONGEST_DEBUG));
        texts.push((format!("{error:#?}").replace('\n', " "), LONGEST_DEBUG));
        next = error.source();
    }
    let mut wrong = Vec::new();
    for (text, longest) in texts {
        let start: String = text.chars().take(300).collect();
        if text.len() > longest {
            wrong.push(format!("{} bytes of text: {start}", text.len()));
        }
        if text.contains(char::is_control) {
            wrong.push(format!("a control character in {start:?}"));
        }
        for canary in [SECRET, TOKEN, BASIC, "canary"] {
            if let Some(at) = text.find(canary) {
                let from = at.saturating_sub(80);
                let around: String = text.chars().skip(from).take(160).collect();
                wrong.push(format!("a secret in {around}"));
                return wrong;
            }
        }
    }
    wrong
}

fn source(http: HttpClient, uri: &str, is_bound: bool) -> TokenSource {
    let client = Client::new("svc", ClientSecretBasic::new(SECRET)).unwrap();
    let endpoint = TokenEndpoint::new(http, EndpointUri::new(uri).unwrap(), client);
    let endpoint = if is_bound {
        let key = DpopKey::generate(|bytes| bytes.fill(7)).unwrap();
        endpoint.dpop(Dpop::new(key))
    } else {
        endpoint
    };
    // One attempt, which the client's own limit ends.
    let schedule = Schedule::builder()
        .attempts(1)
        .attempt_timeout(PATIENCE * 2)
        .flight_timeout(PATIENCE * 2)
        .wait_budget(PATIENCE * 3);
    TokenSource::builder(endpoint)
        .schedule(schedule.build().unwrap())
        .build()
}
