//! The table, for people and for `docs/reliability.md`.

use crate::{judge::Row, kind::Kind, scale::Scale};

pub(crate) fn table(scale: &Scale, rows: &[(Kind, Row)]) -> String {
    let mut text = format!(
        "{} requests a second, tokens that live for {} s, a fault of {} s after {} s.\n\n\
         | fault | requests | served | failed, with | of them at once | longest wait | token requests | of them while it lasted (at most) | served again after |\n\
         |---|---|---|---|---|---|---|---|---|\n",
        scale.per_second,
        scale.lifetime.as_secs(),
        scale.fault.as_secs(),
        scale.before.as_secs(),
    );
    for (kind, row) in rows {
        let failed = row.failed.iter();
        let failed: Vec<_> = failed
            .map(|(kind, count)| format!("{count} {kind}"))
            .collect();
        let at_once = match failed.is_empty() {
            true => String::new(),
            false => row.at_once.to_string(),
        };
        text.push_str(&format!(
            "| {} | {} | {} | {} | {at_once} | {} | {} | {} ({}) | {} |\n",
            kind.name(),
            row.requests,
            row.served,
            if failed.is_empty() {
                "none".to_owned()
            } else {
                failed.join(", ")
            },
            seconds(row.longest),
            row.token_requests,
            row.meanwhile,
            row.at_most,
            seconds(row.again),
        ));
    }
    text
}

fn seconds(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        _ => format!("{:.1} s", millis as f64 / 1_000.0),
    }
}
