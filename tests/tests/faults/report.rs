//! The table, for people and for `docs/reliability.md`.

use std::{fs, path::Path};

use tower_oauth2_client_credentials::BoxError;

use crate::{judge::Row, kind::Kind, scale::Scale};

const BEGIN: &str = "<!-- begin: written by `just faults` -->\n";
const END: &str = "<!-- end -->\n";

pub(crate) fn table(scale: &Scale, rows: &[(Kind, Row)]) -> String {
    let mut text = format!(
        "{} requests a second, tokens that live for {} s, a fault of {} s after {} s.\n\n\
         | fault | requests | served | failed, with | of them at once | longest wait | token requests (at most) | served again after |\n\
         |---|---|---|---|---|---|---|---|\n",
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
            "| {} | {} | {} | {} | {at_once} | {} | {} ({}) | {} |\n",
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

/// Puts the table into the place that the file has for it.
pub(crate) fn write(file: &Path, table: &str) -> Result<(), BoxError> {
    let text = fs::read_to_string(file)?;
    let (before, rest) = text
        .split_once(BEGIN)
        .ok_or("no place for the table begins")?;
    let (_, after) = rest.split_once(END).ok_or("no place for the table ends")?;
    fs::write(file, [before, BEGIN, table, END, after].concat())?;
    Ok(())
}
