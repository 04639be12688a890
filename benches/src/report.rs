//! What was measured, as a table and as JSON.

use serde_json::{Value, json};

/// One subject in one case. What does not apply is left out.
#[derive(Clone, Debug, Default)]
pub struct Row {
    pub case: &'static str,
    pub subject: String,
    /// Of the whole request, also its API's part; on several threads: as each of them has it.
    pub ns: Option<f64>,
    pub allocations: Option<f64>,
    pub instructions: Option<f64>,
    /// What it adds to a request without a token, beside what the header that never changes adds.
    pub ratio: Option<f64>,
    /// Token requests.
    pub fetches: Option<u64>,
    /// Requests that were answered with a 200.
    pub served: Option<u64>,
    /// From the call of a request to its answer or error, the longest of all.
    pub longest_ms: Option<f64>,
    pub bytes: Option<f64>,
}

impl Row {
    pub fn new(case: &'static str, subject: &str) -> Self {
        Self {
            case,
            subject: subject.to_owned(),
            ..Self::default()
        }
    }

    fn to_json(&self) -> Value {
        let round = |number: Option<f64>, digits: i32| {
            let unit = 10_f64.powi(digits);
            number.map(|number| (number * unit).round() / unit)
        };
        let mut row = json!({ "case": self.case, "subject": self.subject });
        for (name, value) in [
            ("ns", json!(round(self.ns, 1))),
            ("allocations", json!(round(self.allocations, 2))),
            ("instructions", json!(round(self.instructions, 1))),
            ("ratio", json!(round(self.ratio, 3))),
            ("fetches", json!(self.fetches)),
            ("served", json!(self.served)),
            ("longest_ms", json!(round(self.longest_ms, 1))),
            (
                "bytes",
                json!(round(self.bytes, 0).map(|bytes| bytes as u64)),
            ),
        ] {
            if !value.is_null() {
                row[name] = value;
            }
        }
        row
    }
}

/// Fills in what each adds to a request, beside the floor.
pub fn ratios(rows: &mut [Row]) {
    let ns = |subject: &str| rows.iter().find(|row| row.subject == subject)?.ns;
    if let (Some(none), Some(fixed)) = (ns("none"), ns("static")) {
        for row in rows {
            row.ratio = row.ns.map(|ns| (ns - none) / (fixed - none));
        }
    }
}

pub fn as_json(rows: &[Row]) -> Value {
    json!({ "cases": rows.iter().map(Row::to_json).collect::<Vec<_>>() })
}

/// A line for each row, with the columns that any of its case has.
pub fn print(rows: &[Row]) {
    for rows in rows.chunk_by(|one, next| one.case == next.case) {
        type Column = (&'static str, usize, fn(&Row) -> Option<f64>);
        let columns: [Column; 8] = [
            ("ns", 1, |row| row.ns),
            ("allocations", 2, |row| row.allocations),
            ("instructions", 0, |row| row.instructions),
            ("ratio", 2, |row| row.ratio),
            ("fetches", 0, |row| row.fetches.map(|number| number as f64)),
            ("served", 0, |row| row.served.map(|number| number as f64)),
            ("longest ms", 1, |row| row.longest_ms),
            ("bytes", 0, |row| row.bytes),
        ];
        let used: Vec<_> = columns
            .iter()
            .filter(|(_, _, number)| rows.iter().any(|row| number(row).is_some()))
            .collect();
        print!("\n{:<34}", rows[0].case);
        used.iter().for_each(|(name, ..)| print!(" {name:>13}"));
        println!();
        for row in rows {
            print!("  {:<32}", row.subject);
            for (_, digits, number) in &used {
                let number =
                    number(row).map_or(String::new(), |number| format!("{number:.digits$}"));
                print!(" {number:>13}");
            }
            println!();
        }
    }
}
