//! All that follows from one version of the configuration.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::task::JoinSet;

use crate::{
    config::{Config, ConfigError},
    metrics::Metrics,
    route::Route,
    setup::failure::Failure,
    token::Token,
};

/// Requests that it has begun keep it until they end.
#[derive(Debug)]
pub(crate) struct State {
    /// The longest prefix first.
    routes: Vec<Arc<Route>>,
    tokens: BTreeMap<String, Arc<Token>>,
    access_log: bool,
}

impl State {
    /// The state of a configuration. What is the same in `old` is kept.
    ///
    /// # Errors
    ///
    /// It names a file that is not what it should be, or an option cannot be meant.
    pub(crate) fn new(
        config: &Config,
        old: Option<&Self>,
        metrics: &Metrics,
    ) -> Result<Self, ConfigError> {
        let mut tokens = BTreeMap::new();
        for (name, table) in config.tokens() {
            let options = table.get_ref();
            let kept = old.and_then(|old| old.tokens.get(name));
            let token = match kept.filter(|token| token.is_of(options)) {
                Some(token) => Arc::clone(token),
                None => Token::new(name, options).map_err(|failure| {
                    let (key, reason) = in_file(&failure);
                    config.in_table(table, &key, &reason)
                })?,
            };
            tokens.insert(name.clone(), token);
        }
        let mut routes = Vec::with_capacity(config.routes().len());
        for table in config.routes() {
            let route = table.get_ref();
            let Some(token) = tokens.get(&route.token).map(Arc::clone) else {
                return Err(config.in_table(table, "token", "there is no such token"));
            };
            let metrics = metrics.route(&route.prefix);
            let route = Route::new(route, token, metrics)
                .map_err(|reason| config.in_table(table, "upstream", reason))?;
            routes.push(Arc::new(route));
        }
        routes.sort_by_key(|route| std::cmp::Reverse(route.prefix().len()));
        Ok(Self {
            routes,
            tokens,
            access_log: config.access_log(),
        })
    }

    /// The route with the longest prefix of this path.
    pub(crate) fn route(&self, path: &str) -> Option<&Arc<Route>> {
        self.routes.iter().find(|route| route.matches(path))
    }

    pub(crate) fn tokens(&self) -> impl Iterator<Item = &Arc<Token>> {
        self.tokens.values()
    }

    pub(crate) fn access_log(&self) -> bool {
        self.access_log
    }

    /// Starts fetching the tokens.
    pub(crate) fn start(&self) {
        self.tokens.values().for_each(|token| token.start());
    }

    /// Waits until all tokens are there, but no longer than this: a reload that changes a token has no request wait for the new one
    /// while the old one works.
    pub(crate) async fn warm_up(&self, limit: Duration) {
        let mut all = JoinSet::new();
        for token in self.tokens() {
            let source = token.source().clone();
            // What goes wrong is logged, and told to requests.
            all.spawn(async move { drop(source.warm_up(limit).await) });
        }
        all.join_all().await;
    }
}

/// The option that a failure is about, empty if that is a file's content, and why; as they are called in a file.
fn in_file(failure: &Failure) -> (String, String) {
    let text = failure.to_string();
    let mut told = String::with_capacity(text.len());
    for (index, word) in text.split("--").enumerate() {
        if index == 0 {
            told.push_str(word);
            continue;
        }
        let end = word.find(|unit: char| !unit.is_ascii_lowercase() && unit != '-');
        let (name, rest) = word.split_at(end.unwrap_or(word.len()));
        told.push_str(&name.replace('-', "_"));
        told.push_str(rest);
    }
    match told.split_once(": ") {
        Some((key, reason)) if text.starts_with("--") => (key.to_owned(), reason.to_owned()),
        _ => (String::new(), told),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_called_as_in_the_file() {
        let failure = Failure::arguments("--cert-file", "give --cert-key-file, or --auth none");
        let (key, reason) = in_file(&failure);
        assert_eq!(
            (&*key, &*reason),
            ("cert_file", "give cert_key_file, or auth none")
        );
    }
}
