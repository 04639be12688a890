//! Envoy, as a resource server that reads JWTs and as a proxy that breaks what is behind it (`tests/servers/envoy`).

use std::{path::Path, process::Command, time::Duration};

use bytes::Bytes;
use http::{Request, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use oauth2_client_credentials::EndpointUri;
use serde_json::Value;
use tokio::time;
use tower::ServiceExt;
use tower_oauth2_client_credentials::{BoxError, Origins};

use crate::{
    client::http_client,
    oidc_provider::OidcProvider,
    process::{Process, READY_WITHIN, StartError},
};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/servers/envoy");

/// A running Envoy in front of an authorization server. It ends with this value.
#[derive(Debug)]
pub struct Envoy {
    process: Process,
    resource: String,
    faulty: String,
    limited: String,
}

impl Envoy {
    /// Starts it on ports that are free, and waits until it is ready. Its
    /// [limited token endpoint](Self::limited_token_endpoint) lets one request pass in `retry_after`, in whole seconds.
    ///
    /// # Errors
    ///
    /// It is not installed, or is not ready in time.
    pub async fn start(provider: &OidcProvider, retry_after: Duration) -> Result<Self, BoxError> {
        Self::start_in(Path::new(FOLDER), provider, retry_after).await
    }

    async fn start_in(
        folder: &Path,
        provider: &OidcProvider,
        retry_after: Duration,
    ) -> Result<Self, BoxError> {
        if !folder.join(".venv/bin/envoy").exists() {
            let missing =
                "Envoy is not installed: run `just servers`, or tests/servers/envoy/install";
            return Err(StartError::new(missing).into());
        }
        let behind: Uri = provider.resource_uri().parse()?;
        let port = behind.port_u16().ok_or("the provider has a port")?;
        let mut command = Command::new("./run");
        command
            .current_dir(folder)
            .env("STOP_WITH_STDIN", "1")
            .env("AUTHORIZATION_SERVER_PORT", port.to_string())
            .env("AUDIENCE", OidcProvider::RESOURCE)
            .env("RETRY_AFTER", retry_after.as_secs().to_string());
        let mut envoy = Self {
            process: Process::start(command, READY_WITHIN)?,
            resource: String::new(),
            faulty: String::new(),
            limited: String::new(),
        };
        time::timeout(READY_WITHIN, envoy.ready()).await??;
        let listeners: Value = serde_json::from_str(&envoy.get("/listeners?format=json").await?)?;
        envoy.resource = address(&listeners, "resource")?;
        envoy.faulty = address(&listeners, "faulty")?;
        envoy.limited = address(&listeners, "limited")?;
        Ok(envoy)
    }

    async fn ready(&self) -> Result<(), BoxError> {
        while self.admin(Request::get(self.uri("/ready"))).await?.0 != StatusCode::OK {
            time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    }

    /// A resource that answers a JWT of the authorization server, for [`OidcProvider::RESOURCE`], with 200 and all else with 401.
    #[must_use]
    pub fn resource_uri(&self) -> String {
        format!("{}/", self.resource)
    }

    /// Where the resource is: the one place that tokens may go to.
    ///
    /// # Errors
    ///
    /// None, as long as plain HTTP is allowed on loopback.
    pub fn origins(&self) -> Result<Origins, BoxError> {
        Ok(Origins::new([&self.resource])?)
    }

    /// The authorization server's token endpoint behind [delays](Self::delay) and [answers](Self::answer_with) of Envoy's own: none
    /// at first.
    ///
    /// # Errors
    ///
    /// None, as long as plain HTTP is allowed on loopback.
    pub fn faulty_token_endpoint(&self) -> Result<EndpointUri, BoxError> {
        Ok(EndpointUri::new(&format!("{}/token", self.faulty))?)
    }

    /// The same, where few may ask; others are answered with 429 and `Retry-After`.
    ///
    /// # Errors
    ///
    /// None, as long as plain HTTP is allowed on loopback.
    pub fn limited_token_endpoint(&self) -> Result<EndpointUri, BoxError> {
        Ok(EndpointUri::new(&format!("{}/token", self.limited))?)
    }

    /// From now on every token request to the faulty endpoint is held back for so long.
    ///
    /// # Errors
    ///
    /// Envoy does not answer.
    pub async fn delay(&self, delay: Duration) -> Result<(), BoxError> {
        let millis = delay.as_millis();
        self.set(&format!(
            "fault.http.delay.fixed_delay_percent=100&fault.http.delay.fixed_duration_ms={millis}"
        ))
        .await
    }

    /// From now on every token request to the faulty endpoint is answered with this status, and reaches nobody.
    ///
    /// # Errors
    ///
    /// Envoy does not answer.
    pub async fn answer_with(&self, status: StatusCode) -> Result<(), BoxError> {
        let status = status.as_u16();
        self.set(&format!(
            "fault.http.abort.abort_percent=100&fault.http.abort.http_status={status}"
        ))
        .await
    }

    /// Ends all faults.
    ///
    /// # Errors
    ///
    /// Envoy does not answer.
    pub async fn mend(&self) -> Result<(), BoxError> {
        self.set("fault.http.delay.fixed_delay_percent=0&fault.http.abort.abort_percent=0")
            .await
    }

    /// What Envoy has counted under this name, from its start.
    ///
    /// # Errors
    ///
    /// Envoy does not answer, or does not know the name.
    pub async fn count(&self, name: &str) -> Result<u64, BoxError> {
        let all = self.get("/stats?usedonly&type=Counters").await?;
        // What was never counted is left out.
        let line = all
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        Ok(line.map_or(Ok(0), str::parse)?)
    }

    async fn set(&self, values: &str) -> Result<(), BoxError> {
        let uri = self.uri(&format!("/runtime_modify?{values}"));
        self.text(Request::post(uri)).await.map(drop)
    }

    async fn get(&self, path: &str) -> Result<String, BoxError> {
        self.text(Request::get(self.uri(path))).await
    }

    async fn text(&self, request: http::request::Builder) -> Result<String, BoxError> {
        match self.admin(request).await? {
            (StatusCode::OK, text) => Ok(text),
            (status, text) => Err(format!("Envoy answered {status}: {text}").into()),
        }
    }

    async fn admin(
        &self,
        request: http::request::Builder,
    ) -> Result<(StatusCode, String), BoxError> {
        let request = request.body(Full::<Bytes>::default())?;
        let (head, body) = http_client().oneshot(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        Ok((head.status, String::from_utf8_lossy(&body).into_owned()))
    }

    fn uri(&self, path: &str) -> String {
        format!("{}{path}", self.process.address())
    }
}

/// Where the listener of this name is, by what Envoy says of all.
fn address(listeners: &Value, name: &str) -> Result<String, BoxError> {
    let port = listeners["listener_statuses"]
        .as_array()
        .and_then(|all| all.iter().find(|one| one["name"] == name))
        .and_then(|one| one["local_address"]["socket_address"]["port_value"].as_u64())
        .ok_or_else(|| format!("Envoy has no listener {name}: {listeners}"))?;
    Ok(format!("http://127.0.0.1:{port}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn without_its_package_the_recipe_is_named() {
        let provider = OidcProvider::start().unwrap();
        let error = Envoy::start_in(Path::new("/nowhere"), &provider, Duration::from_secs(1))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains("`just servers`"), "{error}");
    }
}
