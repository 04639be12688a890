//! The method that follows from what a client has to prove itself with.

#![allow(clippy::unwrap_used, reason = "functions that tests share are tests")]

use http::StatusCode;
use oauth2_client_credentials::{
    BasicEncoding, ClientAssertion, ClientError, ClientSecretBasic, Issuer, Material,
    MaterialError, Metadata,
};
use serde_json::{Value, json};

fn metadata(members: Value) -> Metadata {
    let issuer = "https://as.example.com";
    let mut document = json!({"issuer": issuer, "token_endpoint": "https://as.example.com/t"});
    let object = document.as_object_mut().unwrap();
    object.extend(members.as_object().unwrap().clone());
    let issuer = Issuer::new(issuer).unwrap();
    let document = document.to_string();
    issuer
        .decode_metadata_parts(StatusCode::OK, document.as_bytes())
        .unwrap()
}

/// The method, or the names in the error: what was needed.
fn method(material: Material, metadata: Option<&Metadata>) -> Result<&'static str, String> {
    match material.into_client("svc", metadata) {
        Ok(client) => Ok(client.authentication_method()),
        Err(MaterialError::MethodNotListed(methods, _)) => Err(methods.join(" ")),
        Err(error) => Err(error.to_string()),
    }
}

#[test]
fn the_method_follows_from_the_material() {
    const BASIC: &str = "client_secret_basic";
    const POST: &str = "client_secret_post";
    const HMAC: &str = "client_secret_jwt";
    const KEY: &str = "private_key_jwt";
    const TLS: &str = "tls_client_auth";
    const SELF_SIGNED: &str = "self_signed_tls_client_auth";
    let secret = || Material::secret("0123456789abcdef0123456789abcdef");
    let assertion = || Material::from(ClientAssertion::new("a.b.c"));
    let of_secret = || Material::from(ClientAssertion::new("a.b.c").signed_with_secret());
    let saml = || Material::from(ClientAssertion::new("a").assertion_type("urn:x"));
    let all = [BASIC, POST, HMAC, KEY, TLS, SELF_SIGNED, "none"];

    type Row<'a> = (
        &'a dyn Fn() -> Material,
        &'a [&'a str],
        Result<&'a str, &'a str>,
    );
    let rows: &[Row<'_>] = &[
        (&secret, &all, Ok(BASIC)),
        (&secret, &[POST, BASIC], Ok(BASIC)),
        (&secret, &[HMAC, POST], Ok(POST)),
        (
            &secret,
            &[HMAC, "none"],
            Err("client_secret_basic client_secret_post"),
        ),
        (&assertion, &all, Ok(KEY)),
        (&assertion, &[HMAC], Err(KEY)),
        (&of_secret, &[HMAC], Ok(HMAC)),
        (&of_secret, &[KEY], Err(HMAC)),
        (&saml, &[BASIC], Ok(KEY)),
        (&|| Material::Certificate, &all, Ok(TLS)),
        (&|| Material::Certificate, &[SELF_SIGNED], Err(TLS)),
        (
            &|| Material::Certificate,
            &[BASIC, "Tls_Client_Auth"],
            Err(TLS),
        ),
    ];
    for (material, listed, expected) in rows {
        let lists = metadata(json!({"token_endpoint_auth_methods_supported": listed}));
        let found = method(material(), Some(&lists));
        assert_eq!(found, expected.map_err(str::to_owned), "{listed:?}");
    }
    // Without a word of the server, or with none in its list, nothing is ruled out.
    let empty = metadata(json!({"token_endpoint_auth_methods_supported": []}));
    for metadata in [None, Some(&metadata(json!({}))), Some(&empty)] {
        assert_eq!(method(secret(), metadata), Ok(BASIC));
        assert_eq!(method(assertion(), metadata), Ok(KEY));
        assert_eq!(method(Material::Certificate, metadata), Ok(TLS));
    }
}

#[test]
fn an_error_names_what_the_server_lists() {
    let lists = metadata(json!({"token_endpoint_auth_methods_supported": ["none", "x"]}));
    let error = Material::secret("s")
        .into_client("svc", Some(&lists))
        .unwrap_err();
    assert_eq!(
        error.to_string(),
        "this credential is for client_secret_basic or client_secret_post, and the server \
         lists none, x: use another credential, or name the method"
    );
    let error = Material::secret("s").into_client("", None).unwrap_err();
    assert_eq!(error, MaterialError::Client(ClientError::EmptyClientId));
}

#[test]
fn the_encoding_of_a_secret_is_kept() {
    let raw = ClientSecretBasic::new("s").encoding(BasicEncoding::Raw);
    let error = Material::from(raw).into_client("a:b", None).unwrap_err();
    assert_eq!(error, MaterialError::Client(ClientError::ColonInClientId));
}

#[cfg(feature = "jose")]
mod keys {
    use std::time::SystemTime;

    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;

    use super::*;
    use oauth2_client_credentials::{
        AssertionTemplate, EndpointUri, Fresh, PrivateKeyJwt, SigningKey, TokenRequest,
    };

    fn jwt() -> PrivateKeyJwt {
        PrivateKeyJwt::new(SigningKey::generate(|bytes| bytes.fill(7)).unwrap())
    }

    #[test]
    fn a_key_signs_if_the_server_knows_its_algorithm() {
        for (members, expected) in [
            (json!({}), Ok("private_key_jwt")),
            (
                json!({"token_endpoint_auth_methods_supported": ["client_secret_basic"]}),
                Err("private_key_jwt".to_owned()),
            ),
            (
                json!({"token_endpoint_auth_signing_alg_values_supported": ["PS256", "ES256"]}),
                Ok("private_key_jwt"),
            ),
            (
                json!({"token_endpoint_auth_signing_alg_values_supported": ["PS256"]}),
                Err("the key signs with ES256, and the server lists PS256: \
                     choose one of these, or another key"
                    .to_owned()),
            ),
        ] {
            let found = method(jwt().into(), Some(&metadata(members.clone())));
            assert_eq!(found, expected, "{members}");
        }
    }

    #[test]
    fn its_assertions_are_for_the_issuer_unless_said_otherwise() {
        let metadata = metadata(json!({}));
        let audience = |template, metadata| {
            let material = Material::from(jwt().template(template));
            let client = material.into_client("svc", metadata).unwrap();
            let endpoint = EndpointUri::new("https://as.example.com/t").unwrap();
            let fresh = Fresh::new(SystemTime::UNIX_EPOCH, [0; 16]);
            let request = client.with_fresh(fresh);
            let request = request
                .token_request(&endpoint, &TokenRequest::new())
                .unwrap();
            let body = std::str::from_utf8(request.body()).unwrap();
            let claims = body.split('.').nth(1).unwrap();
            let claims = URL_SAFE_NO_PAD.decode(claims).unwrap();
            serde_json::from_slice::<Value>(&claims).unwrap()["aud"].take()
        };
        let plain = AssertionTemplate::new;
        assert_eq!(audience(plain(), Some(&metadata)), "https://as.example.com");
        assert_eq!(audience(plain(), None), "https://as.example.com/t");
        assert_eq!(audience(plain().audience("x"), Some(&metadata)), "x");
        assert_eq!(audience(plain().issuer("y"), Some(&metadata)), "y");
    }
}
