//! The program, which another package makes.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Where it is; it is built if it is not there, or is old.
pub(crate) fn path() -> &'static Path {
    static PATH: OnceLock<PathBuf> = OnceLock::new();
    PATH.get_or_init(|| {
        let mut build = Command::new(env!("CARGO"));
        build
            .args([
                "build",
                "--quiet",
                "-p",
                "examples",
                "--bin",
                "egress-proxy",
            ])
            .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."));
        if !cfg!(debug_assertions) {
            build.arg("--release");
        }
        assert!(build.status().unwrap().success(), "it cannot be built");
        // This test is in `deps` beside it.
        let test = env::current_exe().unwrap();
        let folder = test.parent().and_then(Path::parent);
        folder.unwrap().join("egress-proxy")
    })
}
