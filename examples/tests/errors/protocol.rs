//! What cannot be asked for, where it cannot go, and what cannot be shown.

use http::{Request, StatusCode};
use std::time::{Duration, SystemTime};

use oauth2_client_credentials::{
    AssertionTemplate, BasicEncoding, Bearer, BearerInForm, Client, ClientAssertion,
    ClientSecretBasic, ClientSecretJwt, EndpointUri, Fresh, Issuer, JwsAlgorithm, Mac,
    MacAlgorithm, MacError, Material, NoAuthentication, OnExisting, PresentationError,
    PrivateKeyJwt, RefreshRequest, TokenRequest, TokenResponse, TokenType,
};
use tower_oauth2_client_credentials::Origins;

use crate::{Collection, failed, keys};

pub(crate) fn collect(all: &mut Collection) {
    clients(all);
    requests(all);
    places(all);
    metadata(all);
    presentations(all);
}

fn clients(all: &mut Collection) {
    all.chapter("A client that cannot be made");
    let raw = |secret: &str| ClientSecretBasic::new(secret).encoding(BasicEncoding::Raw);
    let template = AssertionTemplate::new;
    let signs = |template| PrivateKeyJwt::new(keys::p256()).template(template);
    let long = "a secret that is long enough to sign with";
    for (met, error) in [
        (
            "an empty client id",
            failed(Client::new("", NoAuthentication)),
        ),
        (
            "a colon in the client id, raw encoding",
            failed(Client::new("a:b", raw("s"))),
        ),
        (
            "a line end after the secret, raw encoding",
            failed(Client::new("svc", raw("s\n"))),
        ),
        (
            "an empty assertion",
            failed(Client::new("svc", ClientAssertion::new(""))),
        ),
        (
            "a claim of the name iss",
            failed(Client::new("svc", signs(template().claim("iss", "x")))),
        ),
        (
            "an assertion that lives for no time",
            failed(Client::new(
                "svc",
                signs(template().lifetime(Duration::ZERO)),
            )),
        ),
        (
            "a secret that is to sign with ES256",
            failed(Client::new(
                "svc",
                ClientSecretJwt::new(long).algorithm(JwsAlgorithm::ES256),
            )),
        ),
        (
            "a short secret that is to sign",
            failed(Client::new("svc", ClientSecretJwt::new("short"))),
        ),
        (
            "a key whose parts do not go together",
            failed(PrivateKeyJwt::new(keys::inconsistent()).assertion(
                "svc",
                &EndpointUri::new("https://as.example.com/token").unwrap(),
                SystemTime::UNIX_EPOCH,
                "1",
            )),
        ),
    ] {
        all.add(met, &error);
    }
}

fn requests(all: &mut Collection) {
    all.chapter("A token request that cannot be made");
    let build = TokenRequest::builder;
    for (met, error) in [
        (
            "a quote in the scope",
            failed(build().scope("read \"write\"").build()),
        ),
        (
            "a resource that is no URI",
            failed(build().resource("api").build()),
        ),
        (
            "authorization details that are no array",
            failed(build().authorization_details("{}").build()),
        ),
        (
            "grant_type as an extra",
            failed(build().parameter("grant_type", "x").build()),
        ),
        (
            "a body with a name twice",
            failed(build().extend_body("a=1&a=2").build()),
        ),
        (
            "a body that is no form",
            failed(build().extend_body("a=1 2").build()),
        ),
    ] {
        all.add(met, &error);
    }
    let endpoint = EndpointUri::new("https://as.example.com/token").unwrap();
    let signs = Client::new("svc", PrivateKeyJwt::new(keys::p256())).unwrap();
    all.add(
        "a client that signs, without time",
        &failed(signs.token_request(&endpoint, &TokenRequest::new())),
    );
    let signs = Client::new("svc", PrivateKeyJwt::new(keys::inconsistent())).unwrap();
    let signs = signs.with_fresh(Fresh::new(SystemTime::UNIX_EPOCH, [0; 16]));
    all.add(
        "a client whose key is whole and cannot sign",
        &failed(signs.token_request(&endpoint, &TokenRequest::new())),
    );
    let client = Client::new("svc", ClientSecretBasic::new("s3cret")).unwrap();
    all.add(
        "an empty refresh token",
        &failed(client.refresh_request(&endpoint, &RefreshRequest::new(""))),
    );
}

fn places(all: &mut Collection) {
    all.chapter("A place that a secret or a token does not go to");
    for text in [
        "https://as.example.com:x/token",
        "as.example.com/token",
        "https://as.example.com/token#top",
        "https://svc:secret@as.example.com/token",
        "http://as.example.com/token",
    ] {
        all.add(
            &format!("a token endpoint at {text}"),
            &failed(EndpointUri::new(text)),
        );
        all.add(&format!("an issuer {text}"), &failed(Issuer::new(text)));
    }
    all.add(
        "an issuer with a query",
        &failed(Issuer::new("https://as.example.com?a=b")),
    );
    let long = format!("https://as.example.com/{}", "x".repeat(65_500));
    all.add("an endless issuer", &failed(Issuer::new(&long)));
    for origin in [
        "https://api.example.com/v1",
        "https://api.example.com?a=b",
        "https://me:password@api.example.com",
        "api.example.com",
        "not a URI",
        "http://api.example.com",
        "ftp://api.example.com",
        "https://*.example.com",
        "https://bücher.example",
    ] {
        all.add(
            &format!("the origin {origin}"),
            &failed(Origins::new([origin])),
        );
    }
    all.add("no origin", &failed(Origins::new([""; 0])));
}

fn metadata(all: &mut Collection) {
    all.chapter("Metadata that is not used");
    let issuer = Issuer::new("https://as.example.com").unwrap();
    let read = |status, body: &str| issuer.decode_metadata_parts(status, body.as_bytes());
    let ok = StatusCode::OK;
    for (met, error) in [
        ("404", failed(read(StatusCode::NOT_FOUND, ""))),
        ("a web page", failed(read(ok, "<html>"))),
        ("too much", failed(read(ok, &" ".repeat(3_000_000)))),
        (
            "that of another issuer",
            failed(read(
                ok,
                r#"{"issuer":"https://as.example.com/","token_endpoint":"https://as.example.com/t"}"#,
            )),
        ),
        (
            "no token endpoint",
            failed(read(ok, r#"{"issuer":"https://as.example.com"}"#)),
        ),
    ] {
        all.add(met, &error);
    }
    let document = r#"{"issuer":"https://as.example.com","token_endpoint":"https://as.example.com/t",
        "token_endpoint_auth_methods_supported":["private_key_jwt"],
        "token_endpoint_auth_signing_alg_values_supported":["RS256"]}"#;
    let lists = read(ok, document).unwrap();
    let into_client = |material: Material| failed(material.into_client("svc", Some(&lists)));
    all.add(
        "a secret, where keys are listed",
        &into_client(Material::secret("s3cret")),
    );
    all.add(
        "a key for another algorithm than is listed",
        &into_client(keys::p256().into()),
    );
    all.add(
        "an empty assertion as the credential",
        &failed(Material::from(ClientAssertion::new("")).into_client("svc", None)),
    );
}

fn presentations(all: &mut Collection) {
    all.chapter("A token that cannot be shown");
    let token = TokenResponse::new("t0ken").unwrap();
    let fresh = Fresh::new(SystemTime::UNIX_EPOCH, [0; 16]);
    all.add(
        "a token with a line end",
        &failed(TokenResponse::new("a\r\nb")),
    );
    let parts = |uri: &str| Request::post(uri).body(()).unwrap().into_parts().0;
    let mut plain = parts("http://api.example.com/");
    all.add(
        "plain http",
        &failed(Bearer::new().attach(&mut plain, &token)),
    );
    let other = TokenResponse::builder("t0ken")
        .token_type(TokenType::from("mac"))
        .build()
        .unwrap();
    let mut https = parts("https://api.example.com/");
    all.add(
        "a token of another type",
        &failed(Bearer::new().attach(&mut https, &other)),
    );
    https
        .headers
        .insert("authorization", "Basic eA==".parse().unwrap());
    let refuse = Bearer::new().on_existing(OnExisting::Refuse);
    all.add(
        "an authorization that is there",
        &failed(refuse.attach(&mut https, &token)),
    );
    let mut get = Request::get("https://api.example.com/")
        .body(bytes::Bytes::new())
        .unwrap();
    all.add(
        "a form for a GET",
        &failed(BearerInForm::new().attach(&mut get, &token)),
    );
    let key = oauth2_client_credentials::DpopKey::new(keys::p256());
    let bound = TokenResponse::builder("t0ken")
        .token_type(TokenType::DPoP)
        .build()
        .unwrap();
    let dpop = oauth2_client_credentials::Dpop::new(key);
    let relative = &mut parts("/v1");
    all.add(
        "a proof for a relative URI",
        &failed(oauth2_client_credentials::Presentation::attach(
            &dpop, relative, &bound, &fresh,
        )),
    );
    let dpop = oauth2_client_credentials::Dpop::new(oauth2_client_credentials::DpopKey::new(
        keys::inconsistent(),
    ));
    let absolute = &mut parts("https://api.example.com/");
    all.add(
        "a proof that cannot be signed",
        &failed(oauth2_client_credentials::Presentation::attach(
            &dpop, absolute, &bound, &fresh,
        )),
    );
    // Where a scheme of one's own looks at the same things.
    for (met, error) in [
        (
            "a token that no header can have",
            PresentationError::InvalidAccessToken,
        ),
        ("a proof without a host", PresentationError::RelativeUri),
        (
            "a proof for a port that is none",
            PresentationError::InvalidPort,
        ),
        (
            "what a scheme of one's own says",
            PresentationError::Other("the gateway's seal is missing, mount it".to_owned()),
        ),
        (
            "a MAC without a host",
            PresentationError::NoMac(MacError::MissingHost),
        ),
        (
            "a MAC for a port that is none",
            PresentationError::NoMac(MacError::InvalidPort),
        ),
    ] {
        all.add(met, &error);
    }
    macs(all, &token, &fresh);
}

fn macs(all: &mut Collection, token: &TokenResponse, fresh: &Fresh) {
    let parts = |uri: &str| Request::get(uri).body(()).unwrap().into_parts().0;
    all.add(
        "a MAC by an unknown algorithm",
        &failed("hmac-md5".parse::<MacAlgorithm>()),
    );
    all.add("a MAC without its key", &failed(Mac::draft_01_from(token)));
    let mac = Mac::draft_01("k3y", MacAlgorithm::HmacSha256);
    let typed = TokenResponse::builder("t0ken")
        .token_type(TokenType::from("mac"))
        .build()
        .unwrap();
    all.add(
        "a MAC for a relative URI",
        &failed(mac.attach(&mut parts("/v1"), &typed, fresh)),
    );
    let quoted = mac.ext("\"");
    all.add(
        "a MAC of a quote",
        &failed(quoted.attach(&mut parts("https://api.example.com/"), &typed, fresh)),
    );
}
