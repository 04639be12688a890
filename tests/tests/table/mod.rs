//! A table in a file that is otherwise written by hand.

use tower_oauth2_client_credentials::BoxError;

const BEGIN: &str = "<!-- begin: written by `cargo test -p tests --test methods` -->\n";
const END: &str = "<!-- end -->\n";

/// Rows of Markdown.
pub(crate) struct Table {
    text: String,
}

impl Table {
    pub(crate) fn new<const N: usize>(columns: [&str; N]) -> Self {
        let text = format!("| | {} |\n|---|{}\n", columns.join(" | "), "---|".repeat(N));
        Self { text }
    }

    pub(crate) fn row(&mut self, name: &str, cells: Vec<String>) {
        self.text
            .push_str(&format!("| {name} | {} |\n", cells.join(" | ")));
    }

    /// `file` with this table in the place of the one that it has.
    ///
    /// # Errors
    ///
    /// It has no place for one.
    pub(crate) fn write_into(&self, file: &str) -> Result<String, BoxError> {
        let (before, rest) = file
            .split_once(BEGIN)
            .ok_or("no place for the table begins")?;
        let (_, after) = rest.split_once(END).ok_or("no place for the table ends")?;
        Ok([before, BEGIN, &self.text, END, after].concat())
    }
}
