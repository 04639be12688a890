//! `dpop.json`: hashes, targets, proofs, nonces.

use std::time::{Duration, SystemTime};

use http::header::{AUTHORIZATION, HeaderMap};
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use oauth2_client_credentials::{
    DpopKey, DpopNonces, DpopProof, DpopRole, Fresh, JwsAlgorithm, OnExisting, PresentationError,
    PublicJwk, TokenResponse, attach_dpop_proof,
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::jws::{self, Key};
use super::placement;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Input {
    alg: Option<String>,
    key: Option<Key>,
    jwk: Option<Value>,
    htm: Option<String>,
    url: Option<String>,
    iat: Option<u64>,
    jti: Option<String>,
    access_token: Option<String>,
    token_type: Option<String>,
    nonce: Option<String>,
    proof: Option<String>,
    headers: Option<Vec<(String, String)>>,
    /// What to check the proof with, and one that is good.
    public_key: Option<Key>,
    sample: Option<String>,
}

pub(crate) fn run(input: Value) -> Result<Value, String> {
    let input: Input = serde_json::from_value(input).map_err(|error| error.to_string())?;
    match &input {
        Input { key: Some(key), .. } => show_proof(&input, key),
        Input { jwk: Some(jwk), .. } => show_thumbprint(jwk),
        Input {
            proof: Some(proof),
            access_token: Some(token),
            ..
        } => attach(&input, proof, token),
        Input {
            proof: Some(proof), ..
        } => {
            let (header, claims) = jws::decode(proof)?;
            let valid = jws::is_valid(proof, &header["jwk"])?;
            Ok(json!({ "valid": valid, "header": header, "claims": claims }))
        }
        Input {
            headers: Some(headers),
            ..
        } => show_nonce(headers),
        _ => {
            // One part of a proof, which is looked for in a whole one.
            let key =
                DpopKey::generate(|bytes| bytes.fill(7)).map_err(|error| error.to_string())?;
            let proof = match proof(&input, &key)? {
                Ok(proof) => proof,
                Err(error) => return Ok(error),
            };
            let (_, claims) = jws::decode(&proof)?;
            Ok(json!({ "htu": claims["htu"], "ath": claims["ath"], "claims": claims }))
        }
    }
}

fn show_thumbprint(jwk: &Value) -> Result<Value, String> {
    Ok(match PublicJwk::from_json(&jwk.to_string()) {
        Ok(jwk) => json!({ "hash_input": jwk.canonical_json(), "jkt": jwk.thumbprint() }),
        Err(_) => json!({ "error": { "kind": "invalid_key" } }),
    })
}

fn show_proof(input: &Input, key: &Key) -> Result<Value, String> {
    let algorithm = match &input.alg {
        None => None,
        Some(name) => match JwsAlgorithm::from_name(name) {
            Some(algorithm) if !algorithm.is_symmetric() => Some(algorithm),
            _ => {
                let error = json!({ "kind": "unsupported_algorithm", "value": name });
                return Ok(json!({ "error": error }));
            }
        },
    };
    let mut shown: Option<Value> = None;
    for key in key.private()? {
        let key = key.and_then(|key| match algorithm {
            Some(algorithm) => key.with_algorithm(algorithm),
            None => Ok(key),
        });
        let one = match key {
            Ok(key) => show_signed(input, &DpopKey::new(key))?,
            Err(_) => json!({ "error": { "kind": "invalid_key" } }),
        };
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

fn show_signed(input: &Input, key: &DpopKey) -> Result<Value, String> {
    let proof = match proof(input, key)? {
        Ok(proof) => proof,
        Err(error) => return Ok(error),
    };
    let (header, claims) = jws::decode(&proof)?;
    if !jws::is_valid(&proof, &header["jwk"])? {
        return Err(format!("the signature is bad: {proof}"));
    }
    if let Some(public) = &input.public_key {
        if !public.is(&header["jwk"]) {
            return Err("the public key is another".to_owned());
        }
        for proof in [Some(&*proof), input.sample.as_deref()]
            .into_iter()
            .flatten()
        {
            public.verify(proof)?;
        }
    }
    let signing_input = proof.rsplit_once('.').map(|(input, _)| input);
    Ok(json!({
        "header": header, "claims": claims, "signing_input": signing_input, "proof": proof,
        "htu": claims["htu"], "ath": claims["ath"], "jkt": key.thumbprint(),
        "hash_input": key.public_jwk().canonical_json(),
    }))
}

/// The proof, or the error that takes its place.
fn proof(input: &Input, key: &DpopKey) -> Result<Result<String, Value>, String> {
    let method = input.htm.as_deref().unwrap_or("GET");
    let method = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
    let uri = input.url.as_deref().unwrap_or("https://rs.example.com/");
    let Ok(uri) = uri.parse::<Uri>() else {
        return placement::show_error(PresentationError::RelativeUri).map(Err);
    };
    let issued_at = SystemTime::UNIX_EPOCH + Duration::from_secs(input.iat.unwrap_or(0));
    let proof = DpopProof::new(&method, &uri, &Fresh::new(issued_at, [0; 16]));
    let proof = proof
        .id(input.jti.as_deref().unwrap_or("jti"))
        .nonce(input.nonce.as_deref());
    let proof = match &input.access_token {
        Some(token) => match TokenResponse::new(&**token) {
            Ok(token) => proof.access_token(&token),
            Err(_) => {
                return placement::show_error(PresentationError::InvalidAccessToken).map(Err);
            }
        },
        None => proof,
    };
    match key.sign(&proof) {
        Ok(signed) => {
            let text = signed.to_str().map_err(|error| error.to_string())?;
            Ok(Ok(text.to_owned()))
        }
        Err(error) => placement::show_error(error).map(Err),
    }
}

fn attach(input: &Input, proof: &str, token: &str) -> Result<Value, String> {
    let token_type = input.token_type.as_deref().unwrap_or("DPoP");
    let token = TokenResponse::builder(token).token_type(token_type.into());
    let Ok(token) = token.build() else {
        return placement::show_error(PresentationError::InvalidAccessToken);
    };
    let uri = input.url.as_deref().unwrap_or("https://rs.example.com/");
    let Ok(uri) = uri.parse::<Uri>() else {
        return placement::show_error(PresentationError::InsecureUri);
    };
    let (mut parts, ()) = Request::get(uri)
        .body(())
        .map_err(|error| error.to_string())?
        .into_parts();
    parts.headers = headers(input.headers.as_deref().unwrap_or_default())?;
    let proof = HeaderValue::from_str(proof).map_err(|error| error.to_string())?;
    if let Err(error) = attach_dpop_proof(&mut parts, &token, proof, OnExisting::Keep) {
        return placement::show_error(error);
    }
    if parts.headers.get_all(AUTHORIZATION).iter().count() != 1 {
        return Err("more than one Authorization".to_owned());
    }
    let shown: Value = parts
        .headers
        .iter()
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), Value::from(value))
        })
        .collect();
    Ok(json!({ "headers": shown }))
}

fn show_nonce(lines: &[(String, String)]) -> Result<Value, String> {
    let uri = Uri::from_static("https://rs.example.com/");
    let mut nonces = DpopNonces::new();
    nonces.learn(DpopRole::ResourceServer, &uri, &headers(lines)?);
    Ok(json!({ "nonce": nonces.get(DpopRole::ResourceServer, &uri) }))
}

fn headers(lines: &[(String, String)]) -> Result<HeaderMap, String> {
    let mut headers = HeaderMap::new();
    for (name, value) in lines {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(|error| error.to_string())?;
        // What can be in no header is not received.
        if let Ok(value) = HeaderValue::from_bytes(value.as_bytes()) {
            headers.append(name, value);
        }
    }
    Ok(headers)
}
