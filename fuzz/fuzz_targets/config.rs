//! Any text as the configuration of the sidecar. What is accepted can be meant, and what is refused is told with a line that is there,
//! and without what may be a secret.
#![no_main]

#[path = "../../examples/src/bin/egress-proxy/config/mod.rs"]
#[allow(dead_code, reason = "a proxy has more use for it")]
mod config;

/// What a token is described with, and what that means.
#[path = "../../examples/src/setup"]
#[allow(dead_code, reason = "programs have more use for it")]
mod setup {
    pub(crate) mod failure;
    pub(crate) mod key;
    pub(crate) mod method;
    pub(crate) mod options;
    pub(crate) mod output;
    pub(crate) mod place;
    pub(crate) mod request;
    pub(crate) mod secret;
}

use std::path::Path;

use libfuzzer_sys::fuzz_target;

use crate::{config::Config, setup::place::Place, setup::request::token_request};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let config = match Config::parse(Path::new("x.toml"), text.to_owned()) {
        Ok(config) => config,
        Err(error) => {
            refused(text, &error.to_string());
            return;
        }
    };
    assert!(!config.routes().is_empty());
    assert!(config.check_reload(&config).is_ok());
    for route in config.routes() {
        let route = route.get_ref();
        assert!(route.prefix.starts_with('/'));
        assert!(config.tokens().contains_key(&route.token));
    }
    for options in config.tokens().values() {
        let table = options;
        let options = options.get_ref();
        let outcome = options.check().and_then(|()| Place::new(options));
        let outcome = outcome.and_then(|_| token_request(options));
        if let Err(failure) = outcome {
            let error = config.in_table(table, "scope", &failure.to_string());
            refused(text, &error.to_string());
        }
    }
});

fn refused(text: &str, shown: &str) {
    let reason = shown.strip_prefix("x.toml: ").expect("the file is named");
    assert!(!reason.contains(char::is_control), "{reason:?}");
    if let Some((line, _)) = reason.strip_prefix("line ").and_then(|rest| rest.split_once(':')) {
        let line: usize = line.parse().expect("a number");
        assert!((1..=text.split('\n').count()).contains(&line), "{reason}");
    }
    let Ok(table) = text.parse::<toml::Table>() else {
        // Nobody knows then which part is a value; a name like these is none that is meant.
        for word in words(text) {
            assert!(!reason.contains(word), "{word:?} in {reason}");
        }
        return;
    };
    for (name, value) in table {
        values(&name, &value, &mut |name, value| {
            // Names are shown, values are not; the name of a token and a scope are no secrets.
            let is_its_own = value.matches('#').count() > 2 && text.matches(value).count() == 1;
            let may_show = ["token", "scope"].contains(&name) || !is_its_own;
            assert!(may_show || !reason.contains(value), "{value:?} in {reason}");
        });
    }
}

/// What stands around each run of `#`, as far as nothing of the file's form does.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let ends = |unit: char| unit.is_whitespace() || unit.is_control() || "\"'=[]{},.".contains(unit);
    text.split(ends).filter(|word| word.contains("###"))
}

/// Every text in it, with the name that it has.
fn values(name: &str, value: &toml::Value, see: &mut impl FnMut(&str, &str)) {
    match value {
        toml::Value::String(text) => see(name, text),
        toml::Value::Array(all) => all.iter().for_each(|value| values(name, value, see)),
        toml::Value::Table(all) => all.iter().for_each(|(name, value)| values(name, value, see)),
        _ => {}
    }
}
