//! A page whose tables stand between markers.

use std::{error::Error, fs, path::Path};

/// Puts each text between `<!-- begin: NAME -->` and `<!-- end -->`.
pub fn fill(page: &Path, texts: &[(&str, String)]) -> Result<(), Box<dyn Error>> {
    let mut all = fs::read_to_string(page)?;
    for (name, text) in texts {
        let begin = format!("<!-- begin: {name} -->\n");
        let from = all
            .find(&begin)
            .ok_or_else(|| format!("the page has no {begin}"))?
            + begin.len();
        let length = all[from..]
            .find("<!-- end -->")
            .ok_or_else(|| format!("the page does not end {name}"))?;
        all.replace_range(from..from + length, text);
    }
    fs::write(page, all)?;
    Ok(())
}
