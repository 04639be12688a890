//! What repeats without valgrind: allocations, bytes, token requests.

use benches::cases::{deadlines, failing, protocol, refusals, sizes, together, warm};

use crate::baseline::Numbers;

pub fn all() -> Numbers {
    let mut numbers = Numbers::new();
    for case in [
        "warm",
        "warm-clone-per-request",
        "warm-keyed",
        "warm-replay",
    ] {
        let added = warm::allocations(case, "this") - warm::allocations(case, "none");
        // What another thread allocates meanwhile is no request's.
        let added = (added * 20.0).round() / 20.0;
        numbers.insert(format!("allocations: {case}"), added);
    }
    numbers.insert(
        "allocations: protocol".to_owned(),
        protocol::costs(1_000, 1).this.allocations,
    );
    bytes(&mut numbers);
    for row in [
        together::rows("cold-burst"),
        failing::rows("endpoint-down"),
        deadlines::rows("first-gives-up"),
        refusals::rows("staggered-401"),
    ]
    .concat()
    {
        if let ("this", Some(fetches)) = (row.subject.as_str(), row.fetches) {
            numbers.insert(format!("token requests: {}", row.case), fetches as f64);
        }
    }
    numbers
}

fn bytes(numbers: &mut Numbers) {
    let of = |case, subject: &str| {
        let rows = sizes::rows(case);
        let row = rows.iter().find(|row| row.subject == subject);
        row.and_then(|row| row.bytes).unwrap_or(f64::NAN)
    };
    let future = of("future-size", "this") - of("future-size", "none");
    numbers.insert("bytes: future, over the inner one".to_owned(), future);
    numbers.insert(
        "bytes: a request that waits".to_owned(),
        of("memory-waiter", "this").round(),
    );
    let cell = of("memory-cell", "this").round();
    numbers.insert("bytes: an idle token of 1 000 characters".to_owned(), cell);
}
