//! Every error that a user can meet, as it is printed: `errors.txt` has them all, to be read by whoever changes one.
//!
//! `ACCEPT_ERRORS=1 cargo test -p examples --test errors` takes them as they are now. Each has to begin in lower case, to end without a
//! full stop, to be one line, and to say what to try. That it says what happened and whose fault it is, whoever reads the file sees to.

#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

mod answers;
#[path = "../token/authority.rs"]
#[allow(dead_code, reason = "another test needs more of it")]
mod authority;
mod credentials;
mod http_client;
mod keys;
mod kinds;
mod programs;
mod protocol;
mod requests;
mod sources;
mod stores;
mod style;

use std::{collections::BTreeSet, env, error::Error, fmt::Write as _, fs, iter, path::Path};

use tower_oauth2_client_credentials::TokenErrorKind;

/// What was collected so far.
#[derive(Default)]
struct Collection {
    text: String,
    count: usize,
    kinds: BTreeSet<String>,
}

impl Collection {
    fn chapter(&mut self, title: &str) {
        let separator = if self.text.is_empty() { "" } else { "\n" };
        let _ = writeln!(self.text, "{separator}# {title}\n");
    }

    /// An error and what caused it. `met` says how one meets it.
    fn add(&mut self, met: &str, error: &(dyn Error + 'static)) {
        let _ = writeln!(self.text, "{met}");
        let mut chain = String::new();
        for (depth, error) in iter::successors(Some(error), |&error| error.source()).enumerate() {
            let line = without_times(&error.to_string());
            assert!(style::is_good(&line), "{met}: {line:?}");
            chain.push_str(&line);
            chain.push_str("; ");
            self.kinds.extend(kinds::of(error));
            let mark = if depth == 0 { "error:" } else { "because:" };
            let _ = writeln!(self.text, "    {mark} {line}");
        }
        assert!(style::says_what_to_try(&chain), "{met}: {chain:?}");
        self.count += 1;
    }

    /// The same, of something at a path that is another each time.
    fn add_at(&mut self, met: &str, error: &(dyn Error + 'static), path: &str, shown: &str) {
        let before = self.text.len();
        self.add(met, error);
        let added = self.text.split_off(before);
        self.text.push_str(&added.replace(path, shown));
    }

    /// What a program says on its one line.
    fn add_line(&mut self, met: &str, line: &str) {
        let reason = line.strip_prefix("error: ").expect(line);
        // The kind of the error, by which programs tell them apart, may stand before it.
        let kind = TokenErrorKind::Configuration.as_str();
        let words = reason.strip_prefix(kind).map_or(reason, |rest| &rest[2..]);
        assert!(style::is_good(words), "{met}: {line:?}");
        assert!(style::says_what_to_try(words), "{met}: {line:?}");
        let _ = writeln!(self.text, "{met}\n    {line}");
        self.count += 1;
    }
}

/// Times, ports and folders are another each time.
fn without_times(line: &str) -> String {
    match line.split_once("may start in ") {
        Some((before, after)) => {
            let end = after.find(')').unwrap_or(0);
            format!("{before}may start in ... s{}", &after[end..])
        }
        None => line.to_owned(),
    }
}

/// What must be an error.
#[track_caller]
fn failed<T, E>(outcome: Result<T, E>) -> E {
    match outcome {
        Ok(_) => panic!("this is an error"),
        Err(error) => error,
    }
}

#[test]
fn every_error_is_as_it_was_read_and_says_what_to_try() {
    let mut all = Collection::default();
    protocol::collect(&mut all);
    keys::collect(&mut all);
    answers::collect(&mut all);
    let runtime = |paused| {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        builder.enable_all().start_paused(paused).build().unwrap()
    };
    runtime(true).block_on(async {
        sources::collect(&mut all).await;
        requests::collect(&mut all).await;
    });
    requests::schedules(&mut all);
    runtime(false).block_on(async {
        credentials::collect(&mut all).await;
        http_client::collect(&mut all).await;
        stores::collect(&mut all).await;
    });
    programs::collect(&mut all);
    assert!(
        all.count >= 200,
        "{} errors are too few to be all",
        all.count
    );
    let missing = kinds::missing(&all.kinds);
    assert!(missing.is_empty(), "nothing is shown of {missing:?}");

    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/errors/errors.txt");
    if env::var_os("ACCEPT_ERRORS").is_some() {
        fs::write(&path, &all.text).unwrap();
    }
    let accepted = fs::read_to_string(&path).unwrap_or_default();
    let news: Vec<_> = all
        .text
        .lines()
        .filter(|line| !accepted.contains(line))
        .collect();
    assert!(
        all.text == accepted,
        "other words than in errors.txt: {news:#?}\nread them as somebody who is woken by them, and take them with ACCEPT_ERRORS=1"
    );
}
