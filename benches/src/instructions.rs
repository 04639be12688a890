//! How many instructions a request takes, counted by callgrind: a second process of the same binary under valgrind, if there is one.

use std::{
    env, fs,
    process::{Command, Stdio},
    sync::OnceLock,
};

/// The first argument of the second process.
pub const ARGUMENT: &str = "--count";
/// Requests that are counted.
pub const REQUESTS: u32 = 500;

/// What is counted, and nothing else.
#[inline(never)]
pub fn counted_section(run: &mut dyn FnMut()) {
    run();
}

static CAN_BE_COUNTED: OnceLock<bool> = OnceLock::new();

/// Counts none, for a run that takes less time.
pub fn leave_out() {
    CAN_BE_COUNTED.get_or_init(|| false);
}

/// Whether they can be counted here.
pub fn can_be_counted() -> bool {
    *CAN_BE_COUNTED.get_or_init(|| {
        let asked = Command::new("valgrind").arg("--version").output();
        asked.is_ok_and(|answer| answer.status.success())
    })
}

/// The instructions of one request of this subject in this case.
pub fn count(case: &str, subject: &str) -> Option<f64> {
    if !can_be_counted() {
        return None;
    }
    let file = env::temp_dir().join(format!("callgrind-{}-{case}-{subject}", std::process::id()));
    let ended = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*counted_section*"])
        .arg(format!("--callgrind-out-file={}", file.display()))
        .arg(env::current_exe().ok()?)
        .args([ARGUMENT, case, subject])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    let counted = fs::read_to_string(&file);
    let _ = fs::remove_file(&file);
    if !ended.ok()?.success() {
        eprintln!("{case}, {subject}: valgrind could not run it");
        return None;
    }
    let counted = counted.ok()?;
    let all = counted.lines().find_map(|line| {
        line.strip_prefix("summary:")
            .or(line.strip_prefix("totals:"))
    })?;
    let all: f64 = all.trim().parse().ok()?;
    Some(all / f64::from(REQUESTS))
}
