//! The counts as text.

use std::{
    collections::BTreeMap,
    fmt::{Display, Write},
    sync::{Mutex, PoisonError, atomic::AtomicU64, atomic::Ordering},
};

use super::{BOUNDS_MS, FIRST_STATUS, Metrics, RouteMetrics};
use crate::state::State;

/// All that is counted, and how it stands with the tokens.
pub(crate) fn text(metrics: &Metrics, state: &State) -> String {
    let mut text = Text::default();
    text.connections(metrics);
    let routes = metrics
        .routes
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let routes: Vec<_> = routes
        .iter()
        .map(|(prefix, route)| (&**prefix, &**route))
        .chain([("", &metrics.no_route)])
        .collect();
    text.routes(&routes);
    text.tokens(state);
    text.out
}

#[derive(Default)]
struct Text {
    out: String,
}

impl Text {
    fn connections(&mut self, metrics: &Metrics) {
        self.family(
            "connections_total",
            "counter",
            "connections that were accepted",
        );
        self.line("connections_total", &[], &read(&metrics.connections));
        self.family(
            "connections_open",
            "gauge",
            "those among them that are open",
        );
        self.line("connections_open", &[], &read(&metrics.open_connections));
        self.family(
            "reloads_total",
            "counter",
            "configurations that were read again",
        );
        for (outcome, count) in [
            ("ok", &metrics.reloads),
            ("refused", &metrics.refused_reloads),
        ] {
            self.line("reloads_total", &[("outcome", outcome)], &read(count));
        }
    }

    fn routes(&mut self, routes: &[(&str, &RouteMetrics)]) {
        self.family("requests_total", "counter", "answers, by status");
        for (prefix, route) in routes {
            for (index, count) in route.by_status.iter().enumerate() {
                let (code, count) = ((FIRST_STATUS + index).to_string(), read(count));
                if count > 0 {
                    let labels = [("route", *prefix), ("code", &*code)];
                    self.line("requests_total", &labels, &count);
                }
            }
        }
        self.family(
            "problems_total",
            "counter",
            "answers of the proxy's own, by kind",
        );
        for (prefix, route) in routes {
            for (kind, count) in copy(&route.problems) {
                self.line(
                    "problems_total",
                    &[("route", *prefix), ("kind", kind)],
                    &count,
                );
            }
        }
        let name = "request_duration_seconds";
        self.family(name, "histogram", "until the head of the answer");
        for (prefix, route) in routes {
            self.histogram(name, prefix, route);
        }
    }

    fn histogram(&mut self, name: &str, prefix: &str, route: &RouteMetrics) {
        let mut count = 0;
        let bounds = BOUNDS_MS.iter().map(|ms| (*ms as f64 / 1000.0).to_string());
        for (bucket, bound) in route
            .by_duration
            .iter()
            .zip(bounds.chain(["+Inf".to_owned()]))
        {
            count += read(bucket);
            let labels = [("route", prefix), ("le", &*bound)];
            self.line(&format!("{name}_bucket"), &labels, &count);
        }
        let seconds = read(&route.microseconds) as f64 / 1e6;
        self.line(&format!("{name}_sum"), &[("route", prefix)], &seconds);
        self.line(&format!("{name}_count"), &[("route", prefix)], &count);
    }

    fn tokens(&mut self, state: &State) {
        self.family(
            "token_usable",
            "gauge",
            "whether requests have a token that works",
        );
        for token in state.tokens() {
            let usable = u8::from(token.source().health().is_usable());
            self.line("token_usable", &[("token", token.name())], &usable);
        }
        self.family("token_seconds_left", "gauge", "until the token ends");
        for token in state.tokens() {
            let left = token.source().health().left().unwrap_or_default();
            self.line(
                "token_seconds_left",
                &[("token", token.name())],
                &left.as_secs_f64(),
            );
        }
        self.family(
            "token_fetches_total",
            "counter",
            "token requests, by outcome",
        );
        for token in state.tokens() {
            let ok = [("ok", read(&token.metrics().counts.fetched))];
            for (outcome, count) in ok.into_iter().chain(copy(&token.metrics().counts.failures)) {
                let labels = [("token", token.name()), ("outcome", outcome)];
                self.line("token_fetches_total", &labels, &count);
            }
        }
        self.family(
            "token_rejected_total",
            "counter",
            "answers that refused the token",
        );
        for token in state.tokens() {
            let count = read(&token.metrics().counts.rejected);
            self.line("token_rejected_total", &[("token", token.name())], &count);
        }
        self.family(
            "token_replayed_total",
            "counter",
            "requests that were sent once more",
        );
        for token in state.tokens() {
            let count = read(&token.metrics().counts.replayed);
            self.line("token_replayed_total", &[("token", token.name())], &count);
        }
    }

    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a string does not fail.
        let _ = writeln!(self.out, "# HELP egress_proxy_{name} {help}");
        let _ = writeln!(self.out, "# TYPE egress_proxy_{name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: &dyn Display) {
        let labels: Vec<_> = labels
            .iter()
            .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
            .collect();
        let labels = match &labels[..] {
            [] => String::new(),
            _ => format!("{{{}}}", labels.join(",")),
        };
        let _ = writeln!(self.out, "egress_proxy_{name}{labels} {value}");
    }
}

fn escaped(value: &str) -> String {
    value
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

fn copy(counts: &Mutex<BTreeMap<&'static str, u64>>) -> BTreeMap<&'static str, u64> {
    counts
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .clone()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use http::StatusCode;

    use super::*;

    #[test]
    fn buckets_have_all_that_is_below_them() {
        let route = RouteMetrics::default();
        for ms in [1, 3, 60_000] {
            route.count(StatusCode::OK, Duration::from_millis(ms), None);
        }
        route.count(StatusCode::BAD_GATEWAY, Duration::ZERO, Some("Upstream"));
        let mut text = Text::default();
        text.routes(&[("/\"", &route)]);
        for line in [
            r#"egress_proxy_requests_total{route="/\"",code="200"} 3"#,
            r#"egress_proxy_problems_total{route="/\"",kind="Upstream"} 1"#,
            r#"egress_proxy_request_duration_seconds_bucket{route="/\"",le="0.001"} 2"#,
            r#"egress_proxy_request_duration_seconds_bucket{route="/\"",le="0.005"} 3"#,
            r#"egress_proxy_request_duration_seconds_bucket{route="/\"",le="+Inf"} 4"#,
            r#"egress_proxy_request_duration_seconds_count{route="/\""} 4"#,
        ] {
            assert!(
                text.out.lines().any(|one| one == line),
                "no {line} in\n{}",
                text.out
            );
        }
    }
}
