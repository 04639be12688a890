//! `client_secret_jwt.json` and `private_key_jwt.json`: assertions. Their
//! requests are those of the other files.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2_client_credentials::{
    AssertionTemplate, ClientAssertion, ClientError, ClientSecretJwt, EndpointUri, JwsAlgorithm,
    KeyError, PrivateKeyJwt, SigningKey,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::jws::{self, Key};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    client_id: Option<String>,
    client_secret: Option<String>,
    key: Option<Key>,
    alg: String,
    /// `null` is none, and absent is what the crate does by itself.
    #[serde(default, deserialize_with = "present")]
    typ: Option<Option<String>>,
    kid: Option<String>,
    x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<String>,
    audience: Option<String>,
    jti: Option<String>,
    iat: Option<u64>,
    lifetime: Option<u64>,
    #[serde(default)]
    extra_claims: Map<String, Value>,
    /// What to check the assertion with, and one that is good.
    public_key: Option<Key>,
    sample: Option<String>,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Deserialize::deserialize(value).map(Some)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Audience {
    issuer: Option<String>,
    token_endpoint: String,
    r#override: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Segment {
    json: String,
}

/// Runs the case if it is about an assertion.
pub(crate) fn run(input: &Value) -> Option<Result<Value, String>> {
    fn read<T: for<'a> Deserialize<'a>>(input: &Value) -> Result<T, String> {
        T::deserialize(input).map_err(|error| error.to_string())
    }
    let has = |name| input.get(name).is_some();
    if has("alg") {
        Some(read(input).and_then(|input| show_assertion(&input)))
    } else if has("token_endpoint") {
        Some(read(input).and_then(|input| show_audience(&input)))
    } else if has("json") {
        let encode =
            |segment: Segment| json!({ "base64url": URL_SAFE_NO_PAD.encode(segment.json) });
        Some(read(input).map(encode))
    } else {
        None
    }
}

fn show_assertion(input: &Input) -> Result<Value, String> {
    let Some(algorithm) = JwsAlgorithm::from_name(&input.alg) else {
        return Ok(unsupported(&input.alg));
    };
    let Some(key) = &input.key else {
        return show_one(input, &with_secret(input, algorithm)?);
    };
    if algorithm.is_symmetric() {
        return Ok(unsupported(&input.alg));
    }
    // Both formats have to come to the same.
    let from_jwk = show_one(
        input,
        &with_key(input, algorithm, SigningKey::from_jwk(&key.jwk.to_string())),
    )?;
    let from_pem = show_one(
        input,
        &with_key(input, algorithm, SigningKey::from_pem(&key.pem)),
    )?;
    for name in ["error", "signing_input"] {
        if from_jwk.get(name) != from_pem.get(name) {
            return Err(format!("{from_jwk} and {from_pem}"));
        }
    }
    Ok(from_jwk)
}

fn show_one(input: &Input, made: &Result<ClientAssertion, Value>) -> Result<Value, String> {
    let jwt = match made {
        Ok(assertion) => assertion.assertion().expose(),
        Err(error) => return Ok(json!({ "error": error })),
    };
    if let Some(public) = &input.public_key {
        if !jws::is_one_public_key(public)? {
            return Err("the public key is two".to_owned());
        }
        for jwt in [Some(jwt), input.sample.as_deref()].into_iter().flatten() {
            if !jws::is_valid(jwt, &public.jwk)? {
                return Err(format!("the signature is bad: {jwt}"));
            }
        }
    }
    let (header, claims) = jws::decode(jwt)?;
    let signing_input = jwt.rsplit_once('.').map(|(input, _)| input);
    Ok(json!({ "header": header, "claims": claims, "signing_input": signing_input, "jwt": jwt }))
}

fn unsupported(algorithm: &str) -> Value {
    json!({ "error": { "kind": "unsupported_algorithm", "value": algorithm } })
}

fn with_secret(
    input: &Input,
    algorithm: JwsAlgorithm,
) -> Result<Result<ClientAssertion, Value>, String> {
    let secret = input
        .client_secret
        .as_deref()
        .ok_or("neither secret nor key")?;
    let jwt = ClientSecretJwt::new(secret)
        .algorithm(algorithm)
        .template(template(input));
    let made = jwt.assertion(
        client_id(input),
        &endpoint(),
        issued_at(input),
        jwt_id(input),
    );
    Ok(made.map_err(|error| match error {
        ClientError::UnsupportedAlgorithm => unsupported(algorithm.name())["error"].take(),
        error => refused(error),
    }))
}

fn with_key(
    input: &Input,
    algorithm: JwsAlgorithm,
    key: Result<SigningKey, KeyError>,
) -> Result<ClientAssertion, Value> {
    let key = key
        .and_then(|key| key.with_algorithm(algorithm))
        .map_err(|_| json!({ "kind": "invalid_key" }))?;
    PrivateKeyJwt::new(key)
        .template(template(input))
        .assertion(
            client_id(input),
            &endpoint(),
            issued_at(input),
            jwt_id(input),
        )
        .map_err(refused)
}

fn refused(error: ClientError) -> Value {
    match error {
        ClientError::ShortSecret | ClientError::Key(_) => json!({ "kind": "invalid_key" }),
        error => json!({ "kind": error.to_string() }),
    }
}

fn template(input: &Input) -> AssertionTemplate {
    let template = AssertionTemplate::new();
    let template = match &input.typ {
        Some(Some(typ)) => template.typ(typ),
        Some(None) => template.without_typ(),
        None => template,
    };
    let template = match &input.kid {
        Some(kid) => template.key_id(kid),
        None => template,
    };
    let template = match &input.x5t {
        Some(thumbprint) => template.x5t(thumbprint),
        None => template,
    };
    let template = match &input.x5t_s256 {
        Some(thumbprint) => template.x5t_s256(thumbprint),
        None => template,
    };
    let template = match &input.audience {
        Some(audience) => template.audience(audience),
        None => template,
    };
    let template = match input.lifetime {
        Some(lifetime) => template.lifetime(Duration::from_secs(lifetime)),
        None => template,
    };
    let claims = input.extra_claims.iter();
    claims.fold(template, |template, (name, value)| {
        template.claim(name, value.clone())
    })
}

fn client_id(input: &Input) -> &str {
    input.client_id.as_deref().unwrap_or("id")
}

fn jwt_id(input: &Input) -> &str {
    input.jti.as_deref().unwrap_or("jti")
}

fn issued_at(input: &Input) -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(input.iat.unwrap_or(0))
}

fn endpoint() -> EndpointUri {
    EndpointUri::new("https://as.example.com/token").expect("it is https")
}

fn show_audience(input: &Audience) -> Result<Value, String> {
    let endpoint = EndpointUri::new(&input.token_endpoint).map_err(|error| error.to_string())?;
    let template = AssertionTemplate::new();
    let template = match &input.issuer {
        Some(issuer) => template.issuer(issuer),
        None => template,
    };
    let template = match &input.r#override {
        Some(audience) => template.audience(audience),
        None => template,
    };
    let now = SystemTime::UNIX_EPOCH;
    let unsigned = template
        .unsigned_with_id(JwsAlgorithm::ES256, "id", &endpoint, now, "jti")
        .map_err(|error| error.to_string())?;
    let (_, claims) = jws::decode(unsigned.signing_input())?;
    Ok(json!({ "aud": claims["aud"] }))
}
