//! What the kernel does to packets on their way, in this namespace.

use std::process::Command;

use tower_oauth2_client_credentials::BoxError;

/// Rules for one port of this machine, gone with this value.
#[derive(Debug)]
pub(crate) struct Firewall {
    port: u16,
}

impl Firewall {
    /// Lets everything pass, for now.
    pub(crate) fn before(port: u16) -> Result<Self, BoxError> {
        nft(&format!(
            "add table inet port{port}; add chain inet port{port} input {{ type filter hook input priority 0; }}"
        ))?;
        Ok(Self { port })
    }

    /// Loses every packet to and from the port.
    pub(crate) fn drop_all(&self) -> Result<(), BoxError> {
        let port = self.port;
        self.add(&format!("tcp dport {port} drop"))?;
        self.add(&format!("tcp sport {port} drop"))
    }

    /// Lets clients connect, and resets the connection with the first packet after that; those that were connected before too.
    pub(crate) fn reset_all(&self) -> Result<(), BoxError> {
        let rule = "tcp flags & syn != syn reject with tcp reset";
        self.add(&format!("tcp dport {} {rule}", self.port))
    }

    /// Loses every packet of the connections to the port that these clients have, as when the other machine lost its power: a new
    /// connection can be made.
    pub(crate) fn drop_clients(&self, clients: &[u16]) -> Result<(), BoxError> {
        let port = self.port;
        for client in clients {
            self.add(&format!("tcp dport {port} tcp sport {client} drop"))?;
            self.add(&format!("tcp sport {port} tcp dport {client} drop"))?;
        }
        Ok(())
    }

    /// Lets everything pass again.
    pub(crate) fn open(&self) -> Result<(), BoxError> {
        nft(&format!("flush chain inet port{} input", self.port))
    }

    fn add(&self, rule: &str) -> Result<(), BoxError> {
        nft(&format!("add rule inet port{} input {rule}", self.port))
    }
}

impl Drop for Firewall {
    fn drop(&mut self) {
        // The namespace goes with its last process.
        let _ = nft(&format!("delete table inet port{}", self.port));
    }
}

fn nft(rule: &str) -> Result<(), BoxError> {
    let output = Command::new("nft").arg(rule).output();
    let output = output.map_err(|error| format!("cannot run `nft` (`just servers`): {error}"))?;
    if output.status.success() {
        return Ok(());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(format!("nft {rule}: {said}").into())
}
