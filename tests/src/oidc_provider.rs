//! oidc-provider, a certified authorization server, and the resource beside it (`tests/servers/oidc-provider`).

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use http::{Request, header::CONTENT_TYPE};
use oauth2_client_credentials::{EndpointUri, EndpointUriError, Issuer, IssuerError};
use serde_json::Value;
use tower_oauth2_client_credentials::{BoxError, InvalidOrigin, Origins};

use crate::{
    client::{ask, exchange, http_client},
    pki::Pki,
    process::{Process, READY_WITHIN, StartError, signal},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/oidc-provider");

/// A running oidc-provider, which ends with this value.
///
/// ```no_run
/// # fn main() -> Result<(), tests::StartError> {
/// let provider = tests::OidcProvider::start()?;
/// println!("{}", provider.resource_uri());
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct OidcProvider {
    process: Process,
}

/// How an oidc-provider is to be.
#[derive(Clone, Debug, Default)]
#[must_use]
pub struct OidcProviderBuilder {
    token_ttl: Option<Duration>,
    port: Option<u16>,
    pki: Option<PathBuf>,
}

/// What the server has counted, from its start.
#[derive(Clone, Debug, PartialEq)]
pub struct Stats {
    json: Value,
}

impl OidcProvider {
    /// The resource whose tokens are JWTs that [`resource_uri`](Self::resource_uri) accepts. Without it they are opaque.
    pub const RESOURCE: &'static str = "urn:example:rs";

    /// A server with all defaults.
    ///
    /// # Errors
    ///
    /// As [`OidcProviderBuilder::start`].
    pub fn start() -> Result<Self, StartError> {
        Self::builder().start()
    }

    /// A server that is set up one thing at a time.
    pub fn builder() -> OidcProviderBuilder {
        OidcProviderBuilder::default()
    }

    /// Its token endpoint.
    ///
    /// # Errors
    ///
    /// None, as long as plain HTTP is allowed on loopback.
    pub fn token_endpoint(&self) -> Result<EndpointUri, EndpointUriError> {
        self.process.token_endpoint()
    }

    /// A resource that answers a good JWT with who shows it (`client_id`, `audience`, `scope`), and all else with 401.
    #[must_use]
    pub fn resource_uri(&self) -> String {
        format!("{}/resource", self.process.address())
    }

    /// Where the resource is: the one place that tokens may go to.
    ///
    /// # Errors
    ///
    /// None, as long as plain HTTP is allowed on loopback.
    pub fn origins(&self) -> Result<Origins, InvalidOrigin> {
        Origins::new([self.process.address()])
    }

    /// Stops it where it stands, or lets it go on: its connections stay, and nobody answers meanwhile.
    ///
    /// # Errors
    ///
    /// It has ended.
    pub fn pause(&self, pause: bool) -> Result<(), StartError> {
        signal(self.process.id(), if pause { "STOP" } else { "CONT" })
    }

    /// Its issuer, whose metadata names all its endpoints.
    ///
    /// # Errors
    ///
    /// None, as long as plain HTTP is allowed on loopback.
    pub fn issuer(&self) -> Result<Issuer, IssuerError> {
        Issuer::new(self.process.address())
    }

    /// The private key, in PEM, of the client that signs with this algorithm. That client is called `signs-` and the algorithm.
    ///
    /// # Errors
    ///
    /// The server does not answer, or has no such key.
    pub async fn private_key(&self, algorithm: &str) -> Result<String, BoxError> {
        private_key(self.process.address(), algorithm).await
    }

    /// Gives a client another secret.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn set_secret(&self, client_id: &str, secret: &str) -> Result<(), BoxError> {
        let address = self.process.address();
        let uri = format!("{address}/_ctl/secret?client={client_id}&secret={secret}");
        ask(http_client(), &uri).await.map(drop)
    }

    /// Whether the server says that this opaque token is active (RFC 7662), asked as the client that has it.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn is_active(&self, token: &str) -> Result<bool, BoxError> {
        let body = format!("token={token}&client_id=post&client_secret=post-secret");
        let request = Request::post(format!("{}/token/introspection", self.process.address()))
            .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(body.into())?;
        let answer = exchange(http_client(), request).await?;
        answer.json()["active"]
            .as_bool()
            .ok_or_else(|| format!("no answer to an introspection: {answer:?}").into())
    }

    /// What the server has counted so far.
    ///
    /// # Errors
    ///
    /// The server does not answer.
    pub async fn stats(&self) -> Result<Stats, BoxError> {
        let uri = format!("{}/_ctl/stats", self.process.address());
        let answer = ask(http_client(), &uri).await?;
        Ok(Stats {
            json: answer.json().clone(),
        })
    }
}

impl OidcProviderBuilder {
    /// The lifetime of access tokens, in whole seconds (default: 60 s).
    pub fn token_ttl(mut self, ttl: Duration) -> Self {
        self.token_ttl = Some(ttl);
        self
    }

    /// The port to listen on, instead of one that is free: that of a server which has ended, and comes back.
    pub fn port(mut self, port: u16) -> Self {
        self.port = Some(port);
        self
    }

    /// The same over mutual TLS, on another port, for clients with the certificates of `pki`.
    pub fn mutual_tls(mut self, pki: &Pki) -> Self {
        self.pki = Some(pki.folder().to_owned());
        self
    }

    /// Starts it, on a port that is free unless it was told one, and waits until it is ready.
    ///
    /// # Errors
    ///
    /// Node or the server's packages are missing, or it is not ready in time.
    pub fn start(self) -> Result<OidcProvider, StartError> {
        self.start_in(Path::new(FOLDER))
    }

    fn start_in(self, folder: &Path) -> Result<OidcProvider, StartError> {
        if !folder.join("node_modules/oidc-provider").is_dir() {
            return Err(StartError::new(
                "the packages of oidc-provider are not installed: run `just servers`, or `npm ci --ignore-scripts` in \
                 tests/servers/oidc-provider",
            ));
        }
        let mut command = Command::new("node");
        command
            .arg("server.mjs")
            .current_dir(folder)
            .env("STOP_WITH_STDIN", "1");
        // What else the server reads comes from here, or from its defaults.
        command
            .env_remove("PORT")
            .env_remove("TOKEN_TTL")
            .env_remove("PKI");
        if let Some(pki) = &self.pki {
            command.env("PKI", pki);
        }
        if let Some(port) = self.port {
            command.env("PORT", port.to_string());
        }
        if let Some(ttl) = self.token_ttl {
            command.env("TOKEN_TTL", ttl.as_secs().to_string());
        }
        let process = Process::start(command, READY_WITHIN)?;
        Ok(OidcProvider { process })
    }
}

impl Stats {
    /// Where the server listens for mutual TLS, `https://localhost:PORT`, if it does.
    #[must_use]
    pub fn tls_address(&self) -> Option<&str> {
        self.json["tls_address"].as_str()
    }

    /// Token requests that arrived, whatever became of them.
    #[must_use]
    pub fn token_requests(&self) -> u64 {
        self.count("token_requests")
    }

    /// Tokens that were issued to this client.
    #[must_use]
    pub fn tokens_issued_to(&self, client_id: &str) -> u64 {
        self.json["tokens_issued"][client_id]
            .as_u64()
            .unwrap_or_default()
    }

    /// Requests that reached the resource.
    #[must_use]
    pub fn resource_requests(&self) -> u64 {
        self.count("resource_requests")
    }

    /// Those among them that were answered with 401.
    #[must_use]
    pub fn resource_refused(&self) -> u64 {
        self.count("resource_refused")
    }

    fn count(&self, name: &str) -> u64 {
        self.json[name]
            .as_u64()
            .expect("the server counts it from its start")
    }
}

/// The private key of one of a server's clients.
pub(crate) async fn private_key(address: &str, algorithm: &str) -> Result<String, BoxError> {
    let answer = ask(http_client(), &format!("{address}/_ctl/keys")).await?;
    let key = answer.json()[algorithm].as_str().map(str::to_owned);
    key.ok_or_else(|| format!("the server has no key for {algorithm}").into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_its_packages_the_recipe_is_named() {
        let error = OidcProvider::builder()
            .start_in(Path::new("/nowhere"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("`just servers`"), "{error}");
    }
}
