//! All that values show of themselves, by the names of their types.

use std::{
    any::type_name,
    collections::BTreeMap,
    error::Error,
    fmt::Debug,
    sync::{Arc, Mutex},
};

/// What everything secret in these tests begins with.
pub(crate) const CANARY: &str = "canary";

/// The same in the alphabets in which it may be written: base64 from each place in a group, hexadecimal, and a list of bytes.
const OTHERS: [&str; 7] = [
    "Y2FuYXJ5",
    "NhbmFye",
    "jYW5hcn",
    "63616e617279",
    "63616E617279",
    "99, 97, 110, 97, 114, 121",
    "%63%61%6e%61%72%79",
];

/// What was shown, a text for each type. Clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shown(Arc<Mutex<BTreeMap<String, String>>>);

impl Shown {
    /// What a value shows of itself to programmers.
    pub(crate) fn debug<T: Debug>(&self, value: &T) {
        let name = name(type_name::<T>());
        let lines: Vec<_> = format!("{value:?}\n{value:#?}")
            .lines()
            .map(|line| line.trim().to_owned())
            .collect();
        // A list of bytes is written a line each.
        let text = lines.join(" ");
        let mut texts = self.0.lock().unwrap();
        texts.entry(name).or_default().push_str(&text);
    }

    /// And an error to everybody, with all that caused it.
    pub(crate) fn error<E: Error + 'static>(&self, error: &E) {
        self.debug(error);
        let mut texts = self.0.lock().unwrap();
        let text = texts.get_mut(&name(type_name::<E>())).unwrap();
        let mut next = Some(error as &(dyn Error + 'static));
        while let Some(error) = next {
            text.push_str(&format!("{error}\n{error:?}\n"));
            next = error.source();
        }
    }

    /// Every type of this listing was shown, and no other; and nothing of a canary was.
    pub(crate) fn assert_complete_and_clean(&self, listing: &str) {
        let texts = self.0.lock().unwrap();
        let listed: Vec<_> = listing.lines().filter_map(listed).collect();
        let missing: Vec<_> = listed
            .iter()
            .filter(|name| !texts.contains_key(**name))
            .collect();
        assert!(missing.is_empty(), "no test shows {missing:?}");
        let unknown: Vec<_> = texts
            .keys()
            .filter(|name| !listed.contains(&name.as_str()))
            .collect();
        assert!(unknown.is_empty(), "not in the listing: {unknown:?}");
        drop(texts);
        self.assert_clean();
    }

    /// Something was shown of each, and nothing of a canary.
    pub(crate) fn assert_clean(&self) {
        for (name, text) in &*self.0.lock().unwrap() {
            assert!(!text.is_empty(), "{name} shows nothing");
            for canary in OTHERS.iter().chain([&CANARY]) {
                assert!(!text.contains(canary), "{name} shows {canary}: {text}");
            }
        }
    }
}

/// The name of a type in a line of the listing.
fn listed(line: &str) -> Option<&str> {
    let line = line.strip_prefix("#[non_exhaustive] ").unwrap_or(line);
    let name = line
        .strip_prefix("pub struct ")
        .or_else(|| line.strip_prefix("pub enum "))?;
    let end = name.find(['<', '(', ' ']).unwrap_or(name.len());
    name[..end].rsplit("::").next()
}

/// The name alone, without its path and its parameters.
fn name(path: &str) -> String {
    let path = path.split('<').next().unwrap();
    path.rsplit("::").next().unwrap().to_owned()
}
