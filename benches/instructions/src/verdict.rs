//! What has become dearer.

use crate::baseline::{Baseline, Numbers};

/// How much more is noise: of instructions when a constant moves, of bytes when a table grows at another moment.
const NOISE: f64 = 0.03;

/// Prints a line for each number; whether all are within the baseline.
pub fn print(accepted: &Baseline, now: &Baseline) -> bool {
    let same_compiler = accepted.rustc == now.rustc;
    let (mut was, mut is) = (accepted.instructions.clone(), now.instructions.clone());
    let unit = if same_compiler {
        "instructions"
    } else {
        println!(
            "the baseline is of {}, and this is {}:",
            accepted.rustc, now.rustc
        );
        println!("instructions are compared beside those of tower-http and oauth2");
        (was, is) = (ratios(&was), ratios(&is));
        "ratio of instructions"
    };
    // What others cost is ours to compare with, not to judge.
    was.retain(|name, _| is_ours(name));
    is.retain(|name, _| is_ours(name));
    let mut good = compare(unit, &was, &is);
    good &= compare("", &accepted.repeats, &now.repeats);
    if !good {
        println!("dearer than accepted; if it is worth it: just bench-accept");
    }
    good
}

fn is_ours(name: &str) -> bool {
    name.ends_with("/this")
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
        let more = *is > was * (1.0 + NOISE) + 1e-6;
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

/// What this adds to a request beside what a header that never changes adds; of a token request, beside that of `oauth2`.
fn ratios(counted: &Numbers) -> Numbers {
    let of = |case: &str, subject: &str| counted.get(&format!("{case}/{subject}")).copied();
    let ours = counted.keys().filter_map(|name| name.strip_suffix("/this"));
    ours.filter_map(|case| {
        let this = of(case, "this")?;
        let ratio = match of(case, "oauth2") {
            Some(oauth2) => this / oauth2,
            None => (this - of(case, "none")?) / (of(case, "static")? - of(case, "none")?),
        };
        Some((format!("{case}/this"), ratio))
    })
    .collect()
}
