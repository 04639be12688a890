//! Instructions of requests and of token requests, counted by callgrind. What is set up is not counted.

use benches::cases::{protocol, warm};
use gungraun::{
    Callgrind, LibraryBenchmarkConfig, library_benchmark, library_benchmark_group, main,
};

#[library_benchmark]
#[bench::none_warm(args = ("warm", "none"), setup = warm::ready)]
#[bench::fixed_warm(args = ("warm", "static"), setup = warm::ready)]
#[bench::this_warm(args = ("warm", "this"), setup = warm::ready)]
#[bench::none_warm_clone_per_request(args = ("warm-clone-per-request", "none"), setup = warm::ready)]
#[bench::fixed_warm_clone_per_request(args = ("warm-clone-per-request", "static"), setup = warm::ready)]
#[bench::this_warm_clone_per_request(args = ("warm-clone-per-request", "this"), setup = warm::ready)]
#[bench::none_warm_keyed(args = ("warm-keyed", "none"), setup = warm::ready)]
#[bench::fixed_warm_keyed(args = ("warm-keyed", "static"), setup = warm::ready)]
#[bench::this_warm_keyed(args = ("warm-keyed", "this"), setup = warm::ready)]
#[bench::none_warm_replay(args = ("warm-replay", "none"), setup = warm::ready)]
#[bench::fixed_warm_replay(args = ("warm-replay", "static"), setup = warm::ready)]
#[bench::this_warm_replay(args = ("warm-replay", "this"), setup = warm::ready)]
fn requests(mut ready: warm::Ready) -> warm::Ready {
    ready.run();
    ready
}

#[library_benchmark]
#[bench::this_protocol(args = ("this"), setup = protocol::ready)]
#[bench::oauth2_protocol(args = ("oauth2"), setup = protocol::ready)]
fn token_requests(mut ready: protocol::Ready) -> protocol::Ready {
    ready.run();
    ready
}

library_benchmark_group!(name = all, benchmarks = [requests, token_requests]);

main!(
    config = LibraryBenchmarkConfig::default().tool(Callgrind::with_args(["--cache-sim=no"])),
    library_benchmark_groups = all
);
