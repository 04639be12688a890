//! What has become dearer.

use crate::baseline::{Baseline, Numbers};

/// How much more is noise: of instructions when a constant moves, of bytes when a table grows at another moment.
const NOISE: f64 = 0.03;

/// Prints a line for each number; whether all are within the baseline.
pub fn print(accepted: &Baseline, now: &Baseline) -> bool {
    let (unit, was, is) = if accepted.rustc == now.rustc {
        let (was, is) = (added(&accepted.instructions), added(&now.instructions));
        ("instructions", was, is)
    } else {
        println!(
            "the baseline is of {}, and this is {}:",
            accepted.rustc, now.rustc
        );
        println!("instructions are compared beside those of tower-http and oauth2");
        let (was, is) = (ratios(&accepted.instructions), ratios(&now.instructions));
        ("ratio of instructions", was, is)
    };
    let mut good = compare(unit, &was, &is);
    good &= compare("", &accepted.repeats, &now.repeats);
    if !good {
        println!("dearer than accepted; if it is worth it: just bench-accept");
    }
    good
}

fn compare(unit: &str, accepted: &Numbers, now: &Numbers) -> bool {
    let mut good = true;
    for name in accepted
        .keys()
        .chain(now.keys().filter(|name| !accepted.contains_key(*name)))
    {
        let shown = format!("{unit} {name}");
        let (Some(was), Some(is)) = (accepted.get(name), now.get(name)) else {
            println!("{:<52} is new, or gone", shown.trim());
            good = false;
            continue;
        };
        // What could not be measured is no number, and not less than any.
        let more = !(*is <= was * (1.0 + NOISE) + 1e-6);
        let less = *is < was * (1.0 - NOISE) - 1e-6;
        let verdict = match (more, less) {
            (true, _) => "DEARER",
            (_, true) => "cheaper: to be accepted",
            _ => "",
        };
        let by = if *was == 0.0 {
            0.0
        } else {
            (is / was - 1.0) * 100.0
        };
        println!(
            "{:<52} {was:>10.2} {is:>10.2} {by:>+8.2} % {verdict}",
            shown.trim()
        );
        good &= !more;
    }
    good
}

/// What this adds to a request without a token; of a token request, all of it.
fn added(counted: &Numbers) -> Numbers {
    let added = ours(counted).map(|(case, this)| {
        let none = counted.get(&format!("{case}/none")).unwrap_or(&0.0);
        (case.to_owned(), this - none)
    });
    added.collect()
}

/// The same beside what a header that never changes adds; of a token request, beside that of `oauth2`.
fn ratios(counted: &Numbers) -> Numbers {
    let of = |case: &str, subject: &str| counted.get(&format!("{case}/{subject}")).copied();
    let ratios = ours(counted).filter_map(|(case, this)| {
        let ratio = match of(case, "oauth2") {
            Some(oauth2) => this / oauth2,
            None => (this - of(case, "none")?) / (of(case, "static")? - of(case, "none")?),
        };
        Some((case.to_owned(), ratio))
    });
    ratios.collect()
}

fn ours(counted: &Numbers) -> impl Iterator<Item = (&str, f64)> {
    counted
        .iter()
        .filter_map(|(name, count)| Some((name.strip_suffix("/this")?, *count)))
}
