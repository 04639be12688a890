//! This project beside its peers: what a token costs a request, and what happens when none can be had.
//!
//! - [`subjects`]: what is measured, each in a file of its own.
//! - [`cases`]: what is done with them.
//! - [`api`] and [`endpoint`]: the two servers, in this process.
//! - [`measure`], [`instructions`] and [`report`]: how numbers are taken and shown.

pub mod api;
pub mod cases;
pub mod endpoint;
pub mod instructions;
pub mod measure;
pub mod report;
pub mod requests;
pub mod subjects;
pub mod svg;

/// Counts what is allocated, in all binaries.
#[global_allocator]
pub static ALLOCATOR: &stats_alloc::StatsAlloc<std::alloc::System> =
    &stats_alloc::INSTRUMENTED_SYSTEM;
