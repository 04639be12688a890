//! How costs grow, as JSON for the plots.
//!
//! ```text
//! cargo run --release --manifest-path benches/Cargo.toml --bin sweep
//! ```

use benches::cases::sweeps;
use serde_json::json;

fn main() {
    let mut points = Vec::new();
    for (name, sweep) in [
        ("keys", sweeps::keys as fn() -> Vec<_>),
        ("token length", sweeps::token_length),
        ("threads", sweeps::threads),
        ("waiters", sweeps::waiters),
    ] {
        eprintln!("{name} …");
        points.extend(sweep());
    }
    println!("{}", json!({ "points": points }));
}
