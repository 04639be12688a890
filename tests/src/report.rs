//! Tables in files that are otherwise written by hand.

use std::{fs, path::Path};

use tower_oauth2_client_credentials::BoxError;

const END: &str = "<!-- end -->\n";

/// `text` with this table in the place that it has for what `author` writes: between a comment that names it, and the next one that
/// says `end`.
///
/// # Errors
///
/// It has no such place.
pub fn with_table(text: &str, author: &str, table: &str) -> Result<String, BoxError> {
    let begin = format!("<!-- begin: written by `{author}` -->\n");
    let (before, rest) = text
        .split_once(&begin)
        .ok_or_else(|| format!("there is no line {:?} for the table", begin.trim_end()))?;
    let (_, after) = rest.split_once(END).ok_or_else(|| {
        format!(
            "the table of `{author}` does not end: add {:?}",
            END.trim_end()
        )
    })?;
    Ok([before, &begin, table, END, after].concat())
}

/// The same in a file.
///
/// # Errors
///
/// The file cannot be read or written, or has no such place.
pub fn write_table(file: &Path, author: &str, table: &str) -> Result<(), BoxError> {
    let text = fs::read_to_string(file)?;
    fs::write(file, with_table(&text, author, table)?)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "a\n<!-- begin: written by `one` -->\nold\n<!-- end -->\nb\n\
                        <!-- begin: written by `two` -->\nold\n<!-- end -->\nc\n";

    #[test]
    fn a_table_takes_the_place_of_its_authors_last_one() {
        let text = with_table(FILE, "two", "new\n").unwrap();
        assert_eq!(text.replace("new", "old"), FILE);
        assert!(
            text.ends_with("`two` -->\nnew\n<!-- end -->\nc\n"),
            "{text}"
        );
    }

    #[test]
    fn a_file_without_the_place_is_left_alone() {
        for (text, author) in [
            (FILE, "three"),
            ("<!-- begin: written by `one` -->\n", "one"),
        ] {
            let error = with_table(text, author, "new\n").unwrap_err().to_string();
            assert!(error.contains(author), "{error}");
        }
    }
}
