//! An assertion in a file that is renewed as the kubelet does it, under load, at oidc-provider.

#[path = "../../examples/src/bin/projected_token/stack.rs"]
mod stack;

use std::{
    env, fs,
    os::unix::fs::symlink,
    path::PathBuf,
    time::{Duration, Instant, SystemTime},
};

use http::StatusCode;
use oauth2_client_credentials::{
    AssertionTemplate, EndpointUri, Fresh, PrivateKeyJwt, SigningKey, TokenRequest,
};
use tests::{OidcProvider, ask, http_client};
use tokio::{task::JoinSet, time};
use tower_oauth2_client_credentials::{BoxError, Credential};

const CLIENT: &str = "signs-ES256";

/// A volume with one token in it, as the kubelet keeps it: `token` is a link to `..data/token`, and `..data` one to a folder
/// that is replaced as a whole.
struct Volume {
    folder: PathBuf,
    jwt: PrivateKeyJwt,
    endpoint: EndpointUri,
    writes: u8,
}

impl Volume {
    fn new(key: &str, endpoint: EndpointUri) -> Result<Self, BoxError> {
        let folder = env::temp_dir().join(format!("oauth2-volume-{}", std::process::id()));
        fs::create_dir(&folder)?;
        symlink("..data/token", folder.join("token"))?;
        // Such a token is short-lived: the first is of no use for longer than the test.
        let template = AssertionTemplate::new()
            .key_id("ES256")
            .lifetime(Duration::from_secs(10));
        let mut volume = Self {
            folder,
            jwt: PrivateKeyJwt::new(SigningKey::from_pem(key)?).template(template),
            endpoint,
            writes: 0,
        };
        volume.renew()?;
        Ok(volume)
    }

    fn file(&self) -> PathBuf {
        self.folder.join("token")
    }

    fn renew(&mut self) -> Result<(), BoxError> {
        self.writes += 1;
        let now = SystemTime::now();
        let id = Fresh::new(now, [self.writes; 16]).id();
        let assertion = self.jwt.assertion(CLIENT, &self.endpoint, now, &id)?;
        let (name, data) = (format!("..{}", self.writes), self.folder.join("..data"));
        let before = fs::read_link(&data);
        fs::create_dir(self.folder.join(&name))?;
        fs::write(
            self.folder.join(&name).join("token"),
            assertion.assertion().expose(),
        )?;
        let new = self.folder.join("..data_tmp");
        symlink(&name, &new)?;
        fs::rename(new, data)?;
        if let Ok(before) = before {
            fs::remove_dir_all(self.folder.join(before))?;
        }
        Ok(())
    }
}

impl Drop for Volume {
    fn drop(&mut self) {
        // What is left in a folder for temporary files harms nobody.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_the_kubelet_renews_costs_no_request() -> Result<(), BoxError> {
    const TRAFFIC: Duration = Duration::from_secs(6);
    const RENEWED_EVERY: Duration = Duration::from_millis(300);
    let provider = OidcProvider::builder()
        .token_ttl(Duration::from_secs(2))
        .start()?;
    let endpoint = provider.token_endpoint()?;
    let mut volume = Volume::new(&provider.private_key("ES256").await?, endpoint.clone())?;
    let credential = Credential::assertion_file(CLIENT, volume.file());
    let wanted = TokenRequest::builder()
        .resource(OidcProvider::RESOURCE)
        .build()?;
    let service = stack::protected(
        http_client(),
        endpoint,
        credential.clone(),
        wanted,
        provider.origins()?,
    );

    let ends = Instant::now() + TRAFFIC;
    let mut callers = JoinSet::new();
    for _ in 0..4 {
        let (service, uri) = (service.clone(), provider.resource_uri());
        callers.spawn(async move {
            while Instant::now() < ends {
                let answer = ask(service.clone(), &uri).await?;
                assert_eq!(answer.status(), StatusCode::OK);
                assert_eq!(answer.json()["client_id"], CLIENT);
                time::sleep(Duration::from_millis(20)).await;
            }
            Ok::<_, BoxError>(())
        });
    }
    while Instant::now() < ends {
        time::sleep(RENEWED_EVERY).await;
        volume.renew()?;
    }
    while let Some(caller) = callers.join_next().await {
        caller??;
    }

    let stats = provider.stats().await?;
    assert_eq!(stats.resource_refused(), 0);
    assert!(stats.resource_requests() >= 200, "{stats:?}");
    // The server takes each assertion once: so many of the files were read.
    let tokens = stats.tokens_issued_to(CLIENT);
    assert!(tokens >= 3, "{stats:?}");
    assert!(credential.version() >= tokens, "{credential:?}, {stats:?}");
    Ok(())
}
