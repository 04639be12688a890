//! The page, as a table.

const PAGE: &str = include_str!("../../../../docs/origins.md");

/// The rows of the section with this heading: the code in the first column, and the words of the others.
pub(crate) fn rows(heading: &str) -> Vec<(&'static str, Vec<&'static str>)> {
    let section = PAGE.split("\n## ").find(|part| part.starts_with(heading));
    let section = section.unwrap_or_else(|| panic!("the page has no section {heading:?}"));
    let rows: Vec<_> = section.lines().filter_map(row).collect();
    assert!(rows.len() > 10, "{} rows below {heading}", rows.len());
    for (index, (first, _)) in rows.iter().enumerate() {
        let is_new = rows[..index].iter().all(|(other, _)| other != first);
        assert!(is_new, "{first} is there twice below {heading}");
    }
    rows
}

fn row(line: &'static str) -> Option<(&'static str, Vec<&'static str>)> {
    let (code, words) = line.strip_prefix("| `")?.split_once("` | ")?;
    let words = words.strip_suffix(" |").expect("a row's end");
    Some((code, words.split(" | ").collect()))
}
