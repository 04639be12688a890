//! A table in a file that is otherwise written by hand.

use tests::with_table;
use tower_oauth2_client_credentials::BoxError;

/// Who writes it.
const AUTHOR: &str = "cargo test -p tests --test methods";

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
        with_table(file, AUTHOR, &self.text)
    }
}
