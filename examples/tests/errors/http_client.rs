//! The ready HTTP client: what it cannot be made of, and whom it does not reach.

use std::time::Duration;

use oauth2_client_credentials::EndpointUri;
use tokio::net::TcpListener;
use tower_oauth2_client_credentials::{
    HttpClient, HttpClientBuilder, Schedule, TokenEndpoint, TokenError, TokenSource,
};

use crate::{Collection, authority::Authority, failed, keys, sources::client};

/// Far less than any default.
const SHORT: Duration = Duration::from_millis(100);

/// What takes sockets, and so the time that it takes.
pub(crate) async fn collect(all: &mut Collection) {
    all.chapter("An HTTP client for the token side");
    material(all);
    // Nobody listens on it.
    all.add(
        "nobody who listens",
        &asked(builder(), "https://127.0.0.1:1/token").await,
    );
    all.add(
        "plain http",
        &asked(builder(), "http://as.example.com/token").await,
    );
    // Connections are made, and nobody ever reads from them.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let hasty = builder().connect_timeout(SHORT);
    let error = asked(hasty, &format!("https://{address}/token")).await;
    let port = format!(":{}", address.port());
    all.add_at("a handshake that stands still", &error, &port, ":443");
    let hasty = builder().timeout(SHORT);
    let error = asked(hasty, &format!("http://{address}/token")).await;
    all.add_at("an answer that does not come", &error, &port, ":8080");
    for (met, name, trusts) in [
        ("a certificate from nobody we know", "localhost", false),
        ("a certificate for another name", "as.example.com", true),
    ] {
        let authority = Authority::new();
        let port = authority.serve(name, &[], address).await;
        let http = match trusts {
            true => builder().root_certificates_pem(authority.pem()),
            false => builder(),
        };
        let error = asked(http, &format!("https://localhost:{port}/token")).await;
        all.add_at(met, &error, &format!(":{port}"), ":443");
    }
}

/// One that can be built on systems without root certificates too.
fn builder() -> HttpClientBuilder {
    HttpClient::builder().root_certificates_pem(keys::certificate())
}

fn material(all: &mut Collection) {
    let roots = HttpClient::builder().root_certificates_pem("secret");
    all.add("root certificates that are none", &failed(roots.build()));
    for (met, certificate, key) in [
        ("a client certificate that is none", "secret", keys::P256),
        ("a client's key that is none", keys::certificate(), "secret"),
        (
            "a client's key of another certificate",
            keys::certificate(),
            keys::ED25519,
        ),
    ] {
        let http = builder().client_certificate_pem(certificate, key);
        all.add(met, &failed(http.build()));
    }
}

async fn asked(http: HttpClientBuilder, uri: &str) -> TokenError {
    let uri = EndpointUri::allow_plaintext(uri).unwrap();
    let endpoint = TokenEndpoint::new(http.build().unwrap(), uri, client());
    let once = Schedule::builder().attempts(1).build().unwrap();
    let source = TokenSource::builder(endpoint).schedule(once).build();
    failed(source.token().await)
}
