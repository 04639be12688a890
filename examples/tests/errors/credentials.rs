//! Credentials that are somewhere else, and not there.

use std::{
    fs,
    future::pending,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use oauth2_client_credentials::{ClientAssertion, ClientSecretBasic};
use oauth2_client_credentials_testkit::Answer;
use tower::service_fn;
use tower_oauth2_client_credentials::{BoxError, Credential, Evidence, TokenError};

use crate::{
    Collection, failed,
    sources::{builder, server},
};

const SHOWN: &str = "/run/secrets/client-secret";

/// What takes files and threads, and so the time that it takes.
pub(crate) async fn collect(all: &mut Collection) {
    all.chapter("A credential that is not there");
    let missing = Credential::secret_file("svc", "/nowhere/client-secret", ClientSecretBasic::new);
    all.add("a file that is missing", &asked_with(missing).await);
    let file = File::new();
    let large = vec![b'x'; 70_000];
    for (met, content) in [
        ("a file that is empty", &b""[..]),
        ("a file with nothing but line ends", b"\r\n"),
        ("a file that is no text", b"\xff"),
        ("a file that is too large", &large),
    ] {
        fs::write(&file.0, content).unwrap();
        let secret = Credential::secret_file("svc", &file.0, ClientSecretBasic::new);
        file.add(all, met, secret).await;
    }
    fs::write(&file.0, "s3cret").unwrap();
    let refuses = |bytes: &[u8]| {
        let said = format!("{} is no JSON", String::from_utf8_lossy(bytes));
        Err::<Evidence, BoxError>(said.into())
    };
    file.add(
        all,
        "a file that the program's own reader refuses",
        Credential::from_file("svc", &file.0, refuses),
    )
    .await;
    let panics = |_: &[u8]| -> Result<Evidence, BoxError> { panic!("no such reader") };
    file.add(
        all,
        "a file that the program's own reader panics at",
        Credential::from_file("svc", &file.0, panics),
    )
    .await;
    fs::remove_file(&file.0).unwrap();
    fs::create_dir(&file.0).unwrap();
    let folder = Credential::secret_file("svc", &file.0, ClientSecretBasic::new);
    file.add(all, "a folder in the place of the file", folder)
        .await;
    vaults(all).await;
}

async fn vaults(all: &mut Collection) {
    let an_hour = Duration::from_secs(3_600);
    let refuses =
        service_fn(|()| async { Err::<ClientSecretBasic, BoxError>("permission denied".into()) });
    let refuses = Credential::from_service("svc", refuses, an_hour);
    all.add("a vault that refuses", &asked_with(refuses).await);
    let wrong = service_fn(|()| async { Ok::<_, BoxError>(ClientAssertion::new("")) });
    let wrong = Credential::from_service("svc", wrong, an_hour);
    all.add("a vault that gives nothing", &asked_with(wrong).await);
    let panics = service_fn(|()| async {
        panic!("no such vault");
        #[expect(unreachable_code, reason = "it says what this would be")]
        Ok::<ClientSecretBasic, BoxError>(ClientSecretBasic::new(""))
    });
    let panics = Credential::from_service("svc", panics, an_hour);
    all.add("a vault whose client panics", &asked_with(panics).await);
    tokio::time::pause();
    let silent = service_fn(|()| pending::<Result<ClientSecretBasic, BoxError>>());
    let silent = Credential::from_service("svc", silent, an_hour);
    all.add("a vault that is silent", &asked_with(silent).await);
    tokio::time::resume();
    let asked = Arc::new(AtomicBool::new(false));
    let once = service_fn(move |()| {
        let first = !asked.swap(true, Ordering::Relaxed);
        async move {
            let sealed = BoxError::from("the vault is sealed");
            first.then(|| ClientSecretBasic::new("old")).ok_or(sealed)
        }
    });
    let once = Credential::from_service("svc", once, Duration::ZERO);
    failed(asking(once.clone()).await);
    all.add(
        "a vault that has nothing newer than what is refused",
        &failed(asking(once).await),
    );
}

/// Asks a server that takes every credential.
async fn asked_with(credential: Credential) -> TokenError {
    let source = builder(&server([Answer::usual()]), credential).build();
    failed(source.token().await)
}

/// Asks a server that knows another one.
async fn asking(credential: Credential) -> Result<(), TokenError> {
    let refuses = server([Answer::oauth_error(401, "invalid_client")]);
    let source = builder(&refuses, credential).build();
    source.token().await.map(drop)
}

/// A path of this run's own, gone with this value.
struct File(PathBuf);

impl File {
    fn new() -> Self {
        let name = format!("errors-credential-{}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    async fn add(&self, all: &mut Collection, met: &str, credential: Credential) {
        let error = asked_with(credential).await;
        all.add_at(met, &error, &self.0.display().to_string(), SHOWN);
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_dir(&self.0);
        let _ = fs::remove_file(&self.0);
    }
}
