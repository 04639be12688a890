# `just` lists the recipes. Each is one command or one script, and can be run without just.

_default:
    @just --list --unsorted

# All tests that need nothing but Rust, with every feature of the libraries.
test *args:
    cargo test {{ args }}

# Format, clippy, rustdoc, all without a warning.
lint:
    tests/checks/lint

# Licences, duplicates and origins of the dependencies (needs cargo-deny).
deny:
    cargo deny check --deny warnings licenses bans sources

# Known holes in the dependencies. Their list is on the network, and so this is not part of CI (needs cargo-deny).
advisories:
    cargo deny check advisories

# The libraries' public API is what was reviewed; `just api --accept` takes it as it is now.
api *args:
    tests/checks/api {{ args }}

# What a change of the public API asks of the version number, beside the last release (needs cargo-semver-checks).
semver *args:
    tests/checks/semver {{ args }}

# Install the servers that are not written in Rust (needs Node.js, npm and Python).
servers:
    tests/servers/install

# Whole stacks against those servers (needs `just servers`, once), and the hosts that they run in.
test-servers *args:
    cargo test -p tests -p 'example-*' {{ args }}

# What becomes of requests when something fails under load; writes the table of docs/reliability.md. Two minutes.
faults:
    FAULTS_REPORT={{ justfile_directory() }}/docs/reliability.md cargo test -p tests --test faults -- --nocapture

# Ten processes share tokens of five seconds, and who holds the lease is killed in the middle (needs `just servers`, once).
fleet-renewals seconds="60":
    FLEET_SECONDS={{ seconds }} cargo test -p tests --test redis short_tokens -- --nocapture

# Half an hour of load while everything around the program fails: does it grow? Writes its table into docs/reliability.md.
soak *args="--minutes 30":
    cargo run --release -p tests --bin soak -- --report docs/reliability.md {{ args }}

# Runs the examples that bring their own servers.
examples:
    tests/checks/examples

# What the pages point at is there: files, headings, programs, tests, recipes.
pages:
    cargo test -p examples --test pages

# Words that are misspelled in a way that is known (needs Python).
spelling:
    tests/checks/spelling

# New crates outside the workspace, made of what README and pages show: for hyper, reqwest, axum and tonic.
new-crate *hosts:
    tests/checks/new-crate {{ hosts }}

# An authorization server and an API on loopback, to try a program with.
try-servers:
    cargo run -p examples --bin servers

# The state machine's models, in every order of two threads.
loom *args:
    tests/checks/loom {{ args }}

# The property tests, with many more cases than usual.
props cases="10000":
    PROPTEST_CASES={{ cases }} cargo test

# A day of driven time with a million requests and all mishaps; DAY_SEED plays one again.
day requests="1000000":
    DAY_REQUESTS={{ requests }} cargo test --release -p tower-oauth2-client-credentials --all-features --test day -- --nocapture

# The protocol crate's test vectors; VECTORS_DIR may name another folder.
vectors *args:
    cargo test -p oauth2-client-credentials --all-features --test vectors -- {{ args }}

# The layer's scenarios; SCENARIOS_DIR may name another folder.
scenarios *args:
    cargo test -p tower-oauth2-client-credentials --all-features --test scenarios -- {{ args }}

# What the compiler says of a stack that is put together in a wrong way.
compile-errors:
    tests/checks/compile-errors

# The libraries with the lowest versions of their dependencies that they allow.
minimal-versions:
    tests/checks/minimal-versions

# No secret, token, assertion or key in what types, errors, logs, metrics, panics and programs show, nor in memory once it was dropped.
leaks *args:
    tests/checks/leaks {{ args }}

# Where a token goes, row by row of docs/origins.md.
origins *args:
    cargo test -p tower-oauth2-client-credentials --test origins {{ args }}

# Servers that mean harm, a line a family; `just hostile h2` for some.
hostile *args:
    cargo test -p tower-oauth2-client-credentials --all-features --test hostile -- {{ args }}

# Every parser against inputs that nobody wrote, 4 seconds each.
fuzz *args:
    fuzz/smoke {{ args }}

# The same for a minute each, and 10 000 random timelines a property; writes the numbers of executions into docs/reliability.md.
fuzz-report *args:
    fuzz/report {{ args }}

# This project beside its peers.
bench *args:
    cargo run --release --manifest-path benches/Cargo.toml --bin compare -- {{ args }}

# What a proof or a MAC costs each request.
bench-presentation *args:
    cargo run --release --manifest-path benches/Cargo.toml --bin presentation -- {{ args }}

# Building a request and reading its answer beside oauth2; challenges of growing length.
bench-protocol *args:
    cargo run --release --manifest-path benches/Cargo.toml --bin protocol -- {{ args }}

# A request costs no more instructions, allocations, bytes and token requests than accepted (needs valgrind).
bench-check:
    tests/checks/performance

# Takes what it costs now as what is accepted.
bench-accept:
    tests/checks/performance --accept

# Crates and cold build time beside the peers.
bench-build:
    benches/build-cost

# The sidecar beside Envoy, into docs/egress-proxy.md (needs wrk, and tests/servers/envoy/install).
bench-sidecar *args:
    benches/egress-proxy/beside-envoy --write {{ args }}

# Measures all of docs/performance.md, and writes it.
bench-report:
    benches/report

# All that is checked before a change lands.
ci:
    .ci/run
