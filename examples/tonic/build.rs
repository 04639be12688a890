//! Makes Rust of `proto/stock.proto`. protox reads it, so that no `protoc` has to be installed.
#![allow(clippy::print_stdout, reason = "this is how to talk to cargo")]

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=proto");
    let files = protox::compile(["proto/stock.proto"], ["proto"])?;
    tonic_prost_build::configure().compile_fds(files)?;
    Ok(())
}
