//! A few seconds of `just soak`: whether it runs, and nothing grows that fast.

use std::process::Command;

use tower_oauth2_client_credentials::BoxError;

#[test]
fn a_short_soak_grows_in_nothing() -> Result<(), BoxError> {
    let arguments = ["--seconds", "6", "--rps", "200", "--seed", "1"];
    let soak = env!("CARGO_BIN_EXE_soak");
    let output = Command::new(soak).args(arguments).output()?;
    print!("{}", String::from_utf8_lossy(&output.stdout));
    match output.status.success() {
        true => Ok(()),
        false => Err(String::from_utf8_lossy(&output.stderr).into()),
    }
}
