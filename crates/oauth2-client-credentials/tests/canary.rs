//! No secret and no token shows in `Debug`, in `Display` or in an error.

#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use std::fmt::{Debug, Write as _};
use std::time::SystemTime;

use http::{HeaderMap, StatusCode};
use oauth2_client_credentials::{
    BasicEncoding, Bearer, BearerInQuery, Client, ClientAssertion, ClientAuthentication,
    ClientSecretBasic, ClientSecretPost, Decoder, EndpointUri, Issuer, Material, RefreshRequest,
    Revocation, SecretString, TokenRequest, TokenResponse, TokenType,
};
use proptest::prelude::*;

/// All that can be shown of values that have the secret in them.
fn everything_shown(secret: &str) -> String {
    let mut shown = String::new();
    let mut show = |value: &dyn Debug| writeln!(shown, "{value:?} {value:#?}").unwrap();

    show(&SecretString::from(secret));
    show(&ClientSecretBasic::new(secret));
    show(&ClientSecretPost::new(secret));
    show(&ClientAuthentication::from(ClientSecretBasic::new(secret)));
    show(&Client::new("id", ClientSecretPost::new(secret)));
    show(&Client::new(
        "id",
        ClientSecretBasic::new(format!("{secret}\n")).encoding(BasicEncoding::Raw),
    ));
    show(&ClientAssertion::new(secret));
    show(&Client::new("id", ClientAssertion::new(secret)));
    show(&Client::new(
        "id",
        ClientAssertion::new(format!("{secret} x")),
    ));
    let client = Client::new("id", ClientSecretBasic::new(secret)).unwrap();
    show(&client);

    let asked = TokenRequest::builder().parameter("api_key", secret);
    show(&asked);
    let asked = asked.build().unwrap();
    show(&asked);
    let endpoint = EndpointUri::new("https://as.example.com/token").unwrap();
    show(client.token_request(&endpoint, &asked).unwrap().headers());
    show(&EndpointUri::new(&format!(
        "https://id:{secret}@as.example.com/"
    )));
    show(
        &TokenRequest::builder()
            .parameter("client_secret", secret)
            .build(),
    );
    show(
        &TokenRequest::builder()
            .extend_body(&format!("client_secret={secret}"))
            .build(),
    );
    show(
        &TokenRequest::builder()
            .extend_body(&format!("a b={secret}"))
            .build(),
    );

    show(&Revocation::new(secret).parameter("key", secret));
    show(&client.revocation_request(&endpoint, &Revocation::new("t").parameter("token", secret)));
    show(&RefreshRequest::new(secret).parameter("key", secret));
    show(&client.refresh_request(
        &endpoint,
        &RefreshRequest::new(secret).parameter("scope", ""),
    ));
    show(&Issuer::new(&format!(
        "https://id:{secret}@as.example.com/"
    )));

    show(&TokenResponse::builder(secret));
    show(&TokenResponse::new(format!("{secret}\n")));
    let token = TokenResponse::new(secret).unwrap();
    show(&token);
    show(&Bearer::new().header_value(&token));
    show(&BearerInQuery::against_rfc_9700().uri("https://a.example/", &token));
    let other = TokenResponse::builder(secret)
        .token_type(TokenType::DPoP)
        .build()
        .unwrap();
    show(&Bearer::new().header_value(&other));
    shown + &decoded(secret) + &signed(secret)
}

#[cfg(not(feature = "jose"))]
fn signed(_: &str) -> String {
    String::new()
}

/// What is shown of keys, and of what they sign.
#[cfg(feature = "jose")]
fn signed(secret: &str) -> String {
    use oauth2_client_credentials::{ClientSecretJwt, DpopKey, Fresh, PrivateKeyJwt, SigningKey};

    let mut shown = String::new();
    let mut show = |value: &dyn Debug| writeln!(shown, "{value:?} {value:#?}").unwrap();

    let long = secret.repeat(2);
    for secret in [secret, &*long] {
        show(&ClientSecretJwt::new(secret));
        show(&Client::new("id", ClientSecretJwt::new(secret)));
    }
    for text in [
        format!(r#"{{"kty":"OKP","crv":"Ed25519","x":"{secret}","d":"{secret}"}}"#),
        format!(r#"{{"kty":"EC","crv":"P-256","x":"AQ","y":"AQ","d":"{secret}"}}"#),
        format!(r#"{{"kty":"oct","k":"{secret}""#),
    ] {
        show(&SigningKey::from_jwk(&text));
    }
    show(&SigningKey::from_pem(&format!(
        "-----BEGIN PRIVATE KEY-----\n{secret}\n-----END PRIVATE KEY-----"
    )));
    show(&SigningKey::from_der(secret.as_bytes()));

    let mut filled = secret.as_bytes().to_vec();
    filled.resize(32, b'x');
    let key = SigningKey::generate(|bytes| bytes.copy_from_slice(&filled)).unwrap();
    show(&key);
    show(&PrivateKeyJwt::new(key.clone()));
    show(&Client::new("id", PrivateKeyJwt::new(key.clone())));
    let fresh = Fresh::new(SystemTime::UNIX_EPOCH, [0; 16]);
    let token = TokenResponse::builder(secret)
        .token_type(TokenType::DPoP)
        .build()
        .unwrap();
    let request = http::Request::get("https://api.example.com/").body(());
    let (mut parts, ()) = request.unwrap().into_parts();
    let dpop = DpopKey::new(key);
    show(&dpop);
    dpop.attach(&mut parts, &token, None, &fresh).unwrap();
    show(&parts);
    shown
}

/// What a decoder says of answers that have the token in them.
fn decoded(token: &str) -> String {
    let mut shown = String::new();
    for body in [
        format!(
            "{{\"access_token\":\"{token}\",\"refresh_token\":\"{token}\",\"id_token\":\"{token}\"}}"
        ),
        format!("{{\"access_token\":\"{token}\\n\"}}"),
        format!("{{\"access_token\":[\"{token}\"]}}"),
        format!("{{\"access_token\":\"{token}\",\"expires_in\":\"never\"}}"),
        format!("{{\"access_token\":\"{token}\",\"token_type\":[]}}"),
        format!("{{\"access_token\":\"{token}\",\"error\":\"invalid_client\"}}"),
        format!("{{\"access_token\":\"{token}\",\"access_token\":\"{token}\"}}"),
        format!("{{\"access_token\":\"{token}\""),
        format!("access_token={token}&scope=a"),
        format!("<p>{token}</p>"),
    ] {
        for status in [
            StatusCode::OK,
            StatusCode::BAD_REQUEST,
            StatusCode::SERVICE_UNAVAILABLE,
        ] {
            for decoder in [Decoder::lenient(), Decoder::strict()] {
                let asked = TokenRequest::new();
                let headers = HeaderMap::new();
                match decoder.decode_parts(
                    &asked,
                    status,
                    &headers,
                    body.as_bytes(),
                    SystemTime::UNIX_EPOCH,
                ) {
                    Ok(token) => writeln!(shown, "{token:?}").unwrap(),
                    Err(error) => writeln!(shown, "{error:?} {error}").unwrap(),
                }
            }
        }
    }
    shown
}

proptest! {
    #[test]
    fn nothing_shows_a_secret(random in "[A-Za-z0-9]{16}") {
        let secret = format!("canary{random}");
        let shown = everything_shown(&secret);
        prop_assert!(!shown.contains(&secret), "{shown}");
        prop_assert!(!shown.contains("canary"), "{shown}");
    }
}

/// What a server wrote is in an error: a part of it, whatever it is.
#[test]
fn an_error_is_never_as_long_as_what_a_server_wrote() {
    let much = "x".repeat(60_000);
    let mut shown = Vec::new();
    let mut show = |error: &dyn std::error::Error| shown.push(format!("{error} {error:?}"));
    let issuer = Issuer::new("https://as.example.com").unwrap();
    let read = |document: &str| issuer.decode_metadata_parts(StatusCode::OK, document.as_bytes());
    show(&read(&format!(r#"{{"issuer":"{much}"}}"#)).unwrap_err());
    let lists = r#"{"issuer":"https://as.example.com","token_endpoint":"https://as.example.com/t""#;
    let names = serde_json::to_string(&vec![&*much; 4]).unwrap();
    for member in [
        "token_endpoint_auth_methods_supported",
        "token_endpoint_auth_signing_alg_values_supported",
    ] {
        let metadata = read(&format!(r#"{lists},"{member}":{names}}}"#)).unwrap();
        let material = |material: Material| material.into_client("svc", Some(&metadata));
        let refused = material(Material::secret("s3cret")).err();
        #[cfg(feature = "jose")]
        let refused = refused.or_else(|| {
            let key = oauth2_client_credentials::SigningKey::generate(|bytes| bytes.fill(7));
            material(key.unwrap().into()).err()
        });
        if let Some(error) = refused {
            show(&error);
        }
    }
    let typed = TokenResponse::builder("t").token_type(TokenType::from(&*much));
    let typed = typed.build().unwrap();
    let (mut parts, ()) = http::Request::get("https://api.example.com/")
        .body(())
        .unwrap()
        .into_parts();
    show(&Bearer::new().attach(&mut parts, &typed).unwrap_err());
    #[cfg(feature = "mac")]
    show(
        &much
            .parse::<oauth2_client_credentials::MacAlgorithm>()
            .unwrap_err(),
    );
    let answer = http::Response::builder()
        .status(401)
        .header("www-authenticate", format!("Bearer realm=\"{much}\""))
        .header("dpop-nonce", &*much)
        .body(bytes::Bytes::from(format!(
            r#"{{"error":"{much}","error_description":"{much}","error_uri":"{much}"}}"#
        )));
    let decoded = Decoder::strict().decode(
        &TokenRequest::new(),
        &answer.unwrap(),
        SystemTime::UNIX_EPOCH,
    );
    show(&decoded.unwrap_err());
    assert!(shown.len() >= 4);
    for shown in shown {
        assert!(shown.len() < 12_000, "{} bytes: {shown:.200}", shown.len());
    }
}
