//! What gungraun counted: one JSON document a line.

use std::{error::Error, fs};

use benches::instructions::REQUESTS;
use serde_json::Value;

use crate::baseline::Numbers;

/// The instructions of one request, by case and subject.
pub fn read(file: &str) -> Result<Numbers, Box<dyn Error>> {
    let text = fs::read_to_string(file)?;
    let mut numbers = Numbers::new();
    for line in text.lines().filter(|line| line.starts_with('{')) {
        let summary: Value = serde_json::from_str(line)?;
        let id = summary["id"].as_str().unwrap_or_default();
        let all = find(&summary, "total").and_then(|total| number(find(total, "Ir")?));
        let all = all.ok_or_else(|| format!("{id}: no instructions were counted"))?;
        numbers.insert(name(id), all / f64::from(REQUESTS));
    }
    if numbers.is_empty() {
        return Err("gungraun counted nothing".into());
    }
    Ok(numbers)
}

/// `this_warm_keyed` is `warm-keyed/this`; a subject cannot be called `static` in Rust.
fn name(id: &str) -> String {
    let (subject, case) = id.split_once('_').unwrap_or(("", id));
    let subject = if subject == "fixed" {
        "static"
    } else {
        subject
    };
    format!("{}/{subject}", case.replace('_', "-"))
}

/// The first member of this name, wherever it is.
fn find<'a>(value: &'a Value, name: &str) -> Option<&'a Value> {
    match value {
        Value::Object(members) => members
            .get(name)
            .or_else(|| members.values().find_map(|value| find(value, name))),
        Value::Array(values) => values.iter().find_map(|value| find(value, name)),
        _ => None,
    }
}

/// The first number in it: that of this run, before that of the last one.
fn number(value: &Value) -> Option<f64> {
    match value {
        Value::Number(number) => number.as_f64(),
        Value::Array(values) => values.iter().find_map(number),
        Value::Object(members) => members.values().find_map(number),
        _ => None,
    }
}
