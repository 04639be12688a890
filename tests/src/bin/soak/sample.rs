//! What a process takes, while it does nothing.

use std::{alloc::System, fs};

use serde_json::{Value, json};
use stats_alloc::{INSTRUMENTED_SYSTEM, StatsAlloc};
use tokio::runtime::Handle;
use tower_oauth2_client_credentials::BoxError;

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Memory, tasks and descriptors.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sample {
    /// Resident, in bytes.
    pub(crate) resident: u64,
    /// What was allocated and not given back, in bytes.
    pub(crate) allocated: u64,
    pub(crate) tasks: u64,
    pub(crate) descriptors: u64,
}

impl Sample {
    /// Of this process.
    pub(crate) fn take() -> Result<Self, BoxError> {
        let status = fs::read_to_string("/proc/self/status")?;
        let resident = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let resident = resident.and_then(|line| line.split_whitespace().next());
        let stats = ALLOCATOR.stats();
        let grown = stats.bytes_allocated as i128 - stats.bytes_deallocated as i128;
        Ok(Self {
            resident: 1_024 * resident.ok_or("no VmRSS")?.parse::<u64>()?,
            allocated: u64::try_from(grown)?,
            tasks: Handle::current().metrics().num_alive_tasks() as u64,
            // The folder itself is open while it is read.
            descriptors: fs::read_dir("/proc/self/fd")?.count() as u64 - 1,
        })
    }

    pub(crate) fn to_json(self) -> Value {
        json!([self.resident, self.allocated, self.tasks, self.descriptors])
    }

    pub(crate) fn from_json(json: &Value) -> Result<Self, BoxError> {
        let number = |index: usize| json[index].as_u64().ok_or("no sample");
        Ok(Self {
            resident: number(0)?,
            allocated: number(1)?,
            tasks: number(2)?,
            descriptors: number(3)?,
        })
    }
}
