//! `client_secret_jwt.json` and `private_key_jwt.json`: assertions. Their
//! requests are those of the other files.

use std::time::{Duration, SystemTime};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use oauth2_client_credentials::{
    AssertionTemplate, ClientAssertion, ClientError, ClientSecretJwt, EndpointUri,
    EndpointUriError, JwsAlgorithm, KeyError, PrivateKeyJwt, SigningKey,
};
use serde::{Deserialize, Deserializer};
use serde_json::{Map, Value, json};

use super::jws::{self, Key};
use super::request;

/// The members that are about an assertion. All others are about its request.
#[derive(Deserialize)]
struct Input {
    client_id: Option<String>,
    client_secret: Option<String>,
    key: Option<Key>,
    alg: Option<String>,
    /// `null` is none, and absent is what the crate does by itself.
    #[serde(default, deserialize_with = "present")]
    typ: Option<Option<String>>,
    kid: Option<String>,
    x5t: Option<String>,
    #[serde(rename = "x5t#S256")]
    x5t_s256: Option<String>,
    issuer: Option<String>,
    token_endpoint: Option<String>,
    audience: Option<String>,
    r#override: Option<String>,
    jti: Option<String>,
    iat: Option<u64>,
    lifetime: Option<u64>,
    #[serde(default)]
    extra_claims: Map<String, Value>,
    /// What to check the assertion with, and one that is good.
    public_key: Option<Key>,
    sample: Option<String>,
    #[serde(flatten)]
    request: Map<String, Value>,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<Option<String>>, D::Error> {
    Deserialize::deserialize(value).map(Some)
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
    let has = |name: &&str| input.get(name).is_some();
    if has(&"json") {
        let encode =
            |segment: Segment| json!({ "base64url": URL_SAFE_NO_PAD.encode(segment.json) });
        Some(read(input).map(encode))
    } else if ["alg", "key", "iat", "jti"].iter().any(has) {
        Some(read(input).and_then(|input| show_assertion(&input)))
    } else if ["token_endpoint", "issuer", "override"].iter().any(has) {
        Some(read(input).and_then(|input| show_audience(&input)))
    } else {
        None
    }
}

fn show_assertion(input: &Input) -> Result<Value, String> {
    let Ok(endpoint) = endpoint(input) else {
        return Ok(json!({ "error": { "kind": "invalid_endpoint" } }));
    };
    let algorithm = match &input.alg {
        None => None,
        Some(name) => match JwsAlgorithm::from_name(name) {
            Some(algorithm) => Some(algorithm),
            None => return Ok(unsupported(name)),
        },
    };
    let Some(key) = &input.key else {
        let algorithm = algorithm.unwrap_or(JwsAlgorithm::HS256);
        return show_one(input, with_secret(input, &endpoint, algorithm));
    };
    if let Some(algorithm) = algorithm.filter(|algorithm| algorithm.is_symmetric()) {
        return Ok(unsupported(algorithm.name()));
    }
    let mut shown: Option<Value> = None;
    for key in key.private()? {
        let one = show_one(input, with_key(input, &endpoint, algorithm, key))?;
        // All formats have to come to the same.
        if let Some(other) = &shown {
            for name in ["error", "signing_input"] {
                if one.get(name) != other.get(name) {
                    return Err(format!("{one} and {other}"));
                }
            }
        }
        shown.get_or_insert(one);
    }
    shown.ok_or_else(|| "no key".to_owned())
}

/// The assertion, and the request that carries it.
fn show_one(input: &Input, made: Result<ClientAssertion, Value>) -> Result<Value, String> {
    let made = match made {
        Ok(assertion) => assertion,
        Err(error) => return Ok(json!({ "error": error })),
    };
    let jwt = made.assertion().expose().to_owned();
    if let Some(public) = &input.public_key {
        for jwt in [Some(&*jwt), input.sample.as_deref()].into_iter().flatten() {
            public.verify(jwt)?;
        }
    }
    let request = Value::from(input.request.clone());
    let mut shown = request::show_asserted(request, client_id(input), made)?;
    let (header, claims) = jws::decode(&jwt)?;
    if let Some(shown) = shown
        .as_object_mut()
        .filter(|shown| !shown.contains_key("error"))
    {
        let signing_input = jwt.rsplit_once('.').map(|(input, _)| input);
        shown.insert("aud".to_owned(), claims["aud"].clone());
        shown.insert("header".to_owned(), header);
        shown.insert("claims".to_owned(), claims);
        shown.insert("signing_input".to_owned(), signing_input.into());
        shown.insert("jwt".to_owned(), jwt.into());
    }
    Ok(shown)
}

fn unsupported(algorithm: &str) -> Value {
    json!({ "error": { "kind": "unsupported_algorithm", "value": algorithm } })
}

fn with_secret(
    input: &Input,
    endpoint: &EndpointUri,
    algorithm: JwsAlgorithm,
) -> Result<ClientAssertion, Value> {
    let jwt = ClientSecretJwt::new(input.client_secret.as_deref().unwrap_or_default())
        .algorithm(algorithm)
        .template(template(input));
    let made = jwt.assertion(client_id(input), endpoint, issued_at(input), jwt_id(input));
    made.map_err(|error| match error {
        ClientError::UnsupportedAlgorithm => unsupported(algorithm.name())["error"].take(),
        error => refused(error),
    })
}

fn with_key(
    input: &Input,
    endpoint: &EndpointUri,
    algorithm: Option<JwsAlgorithm>,
    key: Result<SigningKey, KeyError>,
) -> Result<ClientAssertion, Value> {
    let key = key
        .and_then(|key| match algorithm {
            Some(algorithm) => key.with_algorithm(algorithm),
            None => Ok(key),
        })
        .map_err(|_| json!({ "kind": "invalid_key" }))?;
    PrivateKeyJwt::new(key)
        .template(template(input))
        .assertion(client_id(input), endpoint, issued_at(input), jwt_id(input))
        .map_err(refused)
}

fn refused(error: ClientError) -> Value {
    match error {
        ClientError::ShortSecret | ClientError::Key(_) => json!({ "kind": "invalid_key" }),
        ClientError::EmptyClientId => json!({ "kind": "empty_client_id" }),
        ClientError::ClaimTaken => json!({ "kind": "reserved_claim" }),
        ClientError::ShortLifetime => json!({ "kind": "invalid_lifetime" }),
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
        None => template.without_key_id(),
    };
    let template = match &input.x5t {
        Some(thumbprint) => template.x5t(thumbprint),
        None => template,
    };
    let template = match &input.x5t_s256 {
        Some(thumbprint) => template.x5t_s256(thumbprint),
        None => template,
    };
    let template = match &input.issuer {
        Some(issuer) => template.issuer(issuer),
        None => template,
    };
    let template = match input.audience.as_ref().or(input.r#override.as_ref()) {
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

/// The token endpoint, by one name or the other.
fn endpoint(input: &Input) -> Result<EndpointUri, EndpointUriError> {
    let of_request = input.request.get("endpoint").and_then(Value::as_str);
    let given = input.token_endpoint.as_deref().or(of_request);
    EndpointUri::new(given.unwrap_or(request::ENDPOINT))
}

fn show_audience(input: &Input) -> Result<Value, String> {
    let Ok(endpoint) = endpoint(input) else {
        return Ok(json!({ "error": { "kind": "invalid_endpoint" } }));
    };
    let (now, id) = (issued_at(input), jwt_id(input));
    let unsigned = template(input)
        .unsigned_with_id(JwsAlgorithm::ES256, client_id(input), &endpoint, now, id)
        .map_err(|error| error.to_string())?;
    let (_, claims) = jws::decode(unsigned.signing_input())?;
    Ok(json!({ "aud": claims["aud"] }))
}
