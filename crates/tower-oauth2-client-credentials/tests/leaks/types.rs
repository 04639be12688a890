//! Each type of the listing, with secrets in it where it can have some.

use std::{
    future::{Ready, ready},
    task::{Context, Poll},
    time::Duration,
};

use bytes::Bytes;
use http::{Request, Response, header::AUTHORIZATION};
use http_body_util::Full;
use oauth2_client_credentials::{
    ClientAssertion, Dpop, DpopKey, EndpointUri, Issuer, SecretString, TokenRequest, TokenResponse,
};
use oauth2_client_credentials_testkit::{Answer, AuthorizationServer};
use tower::{BoxError, Layer, Service, ServiceExt};
use tower_oauth2_client_credentials::{
    Cause, ClientCredentials, ClientCredentialsLayer, Credential, EndpointLocation, Event,
    Evidence, Fetch, HttpClient, InsteadOf, MetricsObserver, Observer, Origins, Schedule,
    SentToken, SystemClock, TokenDigest, TokenEndpoint, TokenError, TokenErrorKind, TokenSource,
    TracingObserver, Verdict, replay,
};

use crate::{SECRET, TOKEN, client, shown::Shown};

/// Keeps what observers are told, and shows it.
#[derive(Clone, Debug)]
struct Told(Shown);

impl Observer for Told {
    fn observe(&self, event: &Event<'_>) {
        self.0.debug(event);
    }
}

/// An API that refuses every token.
#[derive(Clone, Debug)]
struct Refuses;

impl Service<Request<Full<Bytes>>> for Refuses {
    type Response = Response<Full<Bytes>>;
    type Error = BoxError;
    type Future = Ready<Result<Self::Response, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Full<Bytes>>) -> Self::Future {
        assert!(request.headers().contains_key(AUTHORIZATION));
        let mut answer = Response::new(Full::default());
        *answer.status_mut() = http::StatusCode::UNAUTHORIZED;
        ready(Ok(answer))
    }
}

fn origins() -> Origins {
    Origins::new(["https://api.example.com"]).unwrap()
}

fn request() -> Request<Full<Bytes>> {
    let request = Request::get(format!("https://api.example.com/?api_key={SECRET}"));
    let request = request.header("x-api-key", SECRET);
    request.body(Full::from(SECRET)).unwrap()
}

fn token() -> TokenResponse {
    let token = TokenResponse::builder(TOKEN).expires_in(Duration::from_secs(3_600));
    token.build().unwrap()
}

#[tokio::test]
async fn no_public_type_shows_a_secret() {
    let shown = Shown::default();
    plain(&shown);
    credentials(&shown).await;
    panics(&shown).await;
    http_client(&shown).await;
    requests(&shown).await;
    shown.assert_complete_and_clean(include_str!(
        "../../../../docs/api/tower-oauth2-client-credentials.txt"
    ));
}

/// Those that have nothing to hide, and some that name a token without having it.
fn plain(shown: &Shown) {
    shown.debug(&Cause::Empty);
    shown.debug(&Verdict::Forced);
    shown.debug(&TokenErrorKind::Scope);
    shown.debug(&SystemClock::new());
    shown.debug(&MetricsObserver::new("source"));
    shown.debug(&TracingObserver::new());
    shown.debug(&Schedule::builder());
    shown.debug(&Schedule::default());
    shown.error(&Schedule::builder().attempts(0).build().unwrap_err());
    let digest = TokenDigest::of(&SecretString::from(TOKEN));
    shown.debug(&digest);
    shown.debug(&InsteadOf::Rejection(digest));
    let asked = TokenRequest::builder().parameter("api_key", SECRET);
    let fetch = Fetch::new(asked.build().unwrap());
    shown.debug(&fetch.with_instead_of(InsteadOf::Renewal(digest)));
    shown.debug(&origins());
    for wrong in [
        format!("https://svc:{SECRET}@api.example.com"),
        String::new(),
    ] {
        shown.error(&Origins::new([wrong]).unwrap_err());
    }
}

async fn credentials(shown: &Shown) {
    shown.debug(&Credential::new(client()));
    shown.debug(&Credential::from_service(
        "svc",
        tower::service_fn(|()| async { Ok::<_, BoxError>(ClientAssertion::new(SECRET)) }),
        Duration::ZERO,
    ));
    shown.debug(&Evidence::from(ClientAssertion::new(format!(
        "{SECRET}.a.b"
    ))));
    let uri = EndpointUri::new(&format!("https://as.example.com/token?api_key={SECRET}")).unwrap();
    shown.debug(&EndpointLocation::from(uri.clone()));
    shown.debug(&EndpointLocation::from(
        Issuer::new("https://as.example.com").unwrap(),
    ));
    let key = DpopKey::generate(|key| key.copy_from_slice(&SECRET.as_bytes().repeat(2)[..32]));
    // Servers that say what they were sent, and one that cannot be reached.
    for answer in [
        Answer::body(
            400,
            format!("{{\"error\":\"x\",\"error_description\":\"{SECRET}\"}}"),
        ),
        Answer::body(500, format!("{SECRET} {TOKEN}")),
        Answer::body(200, format!("{{\"access_token\":\"{TOKEN}\\n\"}}")),
        Answer::connect_error(),
    ] {
        let server = AuthorizationServer::new();
        server.set_outage(Some(answer));
        let endpoint = TokenEndpoint::new(server, uri.clone(), client());
        let endpoint = endpoint.dpop(Dpop::new(key.clone().unwrap()));
        shown.debug(&endpoint);
        let failed = endpoint.clone().oneshot(Fetch::new(TokenRequest::new()));
        shown.error(&failed.await.unwrap_err());
        let schedule = Schedule::builder().attempts(1).build().unwrap();
        let source = TokenSource::builder(endpoint).schedule(schedule);
        shown.error(&source.build().token().await.unwrap_err());
    }
}

/// What a token service panics with is for the panic hook alone.
async fn panics(shown: &Shown) {
    let service = tower::service_fn(|_: Fetch| async move {
        assert!(SECRET.is_empty(), "a panic with {SECRET}");
        Ok::<_, BoxError>(token())
    });
    shown.error(&TokenSource::new(service).token().await.unwrap_err());
}

async fn http_client(shown: &Shown) {
    let server = AuthorizationServer::new().serve().await.unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let certificate = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&key).unwrap().pem();
    let builder = HttpClient::builder().root_certificates_pem(certificate.clone());
    shown.debug(&builder);
    let http = builder.build().unwrap();
    shown.debug(&http);
    let asked = Request::post(server.token_endpoint())
        .body(Bytes::from(SECRET))
        .unwrap();
    shown.debug(&http.oneshot(asked).await.unwrap().into_body());
    let wrong = format!("-----BEGIN PRIVATE KEY-----\n{SECRET}\n-----END PRIVATE KEY-----");
    let builder = HttpClient::builder().root_certificates_pem(certificate.clone());
    let builder = builder.client_certificate_pem(certificate, wrong);
    shown.debug(&builder);
    shown.error(&builder.build().unwrap_err());
}

/// What carries a token, from the source to the future of a request; each refused once.
async fn requests(shown: &Shown) {
    let service = tower::service_fn(|_: Fetch| ready(Ok::<_, BoxError>(token())));
    let builder = TokenSource::builder(service)
        .with_token(token())
        .observer(Told(shown.clone()));
    shown.debug(&builder);
    let source = builder.build();
    shown.debug(&source);
    shown.debug(&source.health());
    shown.debug(&source.health().state());
    shown.debug(&source.token().await.unwrap());
    let layer = ClientCredentialsLayer::new(source.clone(), origins()).with_sent_token();
    shown.debug(&layer);
    shown.debug(&layer.clone().replay(replay::Cloned::new()));
    shown.debug(&layer.clone().replay(replay::Empty::new()));
    shown.debug(&replay::Cloned::new());
    shown.debug(&replay::Empty::new());
    // By its path: no program has a value of it.
    shown.debug(&replay::Never::default());
    let mut service: ClientCredentials<Refuses> = layer.layer(Refuses);
    shown.debug(&service);
    let future = service.call(request());
    shown.debug(&future);
    let answer = future.await.unwrap();
    shown.debug(answer.extensions().get::<SentToken>().unwrap());
    let refused = service.call(
        Request::get("https://evil.test/")
            .body(Full::default())
            .unwrap(),
    );
    let refused = refused.await.unwrap_err();
    shown.error(TokenError::find(&*refused).unwrap());
}
