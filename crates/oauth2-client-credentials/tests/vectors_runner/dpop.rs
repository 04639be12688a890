//! `dpop.json`: hashes, targets, proofs, nonces.

use std::time::{Duration, SystemTime};

use http::header::{AUTHORIZATION, HeaderMap};
use http::{HeaderName, HeaderValue, Method, Request, Uri};
use oauth2_client_credentials::{
    DpopKey, DpopNonces, DpopProof, DpopRole, Fresh, JwsAlgorithm, KeyError, OnExisting, PublicJwk,
    SigningKey, TokenResponse, attach_dpop_proof,
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
            let (_, claims) = jws::decode(&proof(&input, &key)?)?;
            Ok(json!({ "htu": claims["htu"], "ath": claims["ath"] }))
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
    let name = input.alg.as_deref().ok_or("no algorithm")?;
    let algorithm = JwsAlgorithm::from_name(name).filter(|algorithm| !algorithm.is_symmetric());
    let Some(algorithm) = algorithm else {
        return Ok(json!({ "error": { "kind": "unsupported_algorithm", "value": name } }));
    };
    let from_jwk = SigningKey::from_jwk(&key.jwk.to_string());
    let show = |key: Result<SigningKey, KeyError>| match key
        .and_then(|key| key.with_algorithm(algorithm))
    {
        Ok(key) => show_signed(input, &DpopKey::new(key)),
        Err(_) => Ok(json!({ "error": { "kind": "invalid_key" } })),
    };
    let (from_jwk, from_pem) = (show(from_jwk)?, show(SigningKey::from_pem(&key.pem))?);
    for name in ["error", "signing_input"] {
        if from_jwk.get(name) != from_pem.get(name) {
            return Err(format!("{from_jwk} and {from_pem}"));
        }
    }
    Ok(from_jwk)
}

fn show_signed(input: &Input, key: &DpopKey) -> Result<Value, String> {
    let proof = proof(input, key)?;
    let (header, claims) = jws::decode(&proof)?;
    if !jws::is_valid(&proof, &header["jwk"])? {
        return Err(format!("the signature is bad: {proof}"));
    }
    if let Some(public) = &input.public_key {
        if !jws::is_one_public_key(public)? || header["jwk"] != public.jwk {
            return Err("the public key is another".to_owned());
        }
        if let Some(sample) = &input.sample
            && !jws::is_valid(sample, &public.jwk)?
        {
            return Err("the sample is bad".to_owned());
        }
    }
    let signing_input = proof.rsplit_once('.').map(|(input, _)| input);
    Ok(json!({
        "header": header, "claims": claims, "signing_input": signing_input, "proof": proof,
    }))
}

fn proof(input: &Input, key: &DpopKey) -> Result<String, String> {
    let method = input.htm.as_deref().unwrap_or("GET");
    let method = Method::from_bytes(method.as_bytes()).map_err(|error| error.to_string())?;
    let uri = input.url.as_deref().unwrap_or("https://rs.example.com/");
    let uri: Uri = uri.parse().map_err(|_| format!("{uri} is no URI"))?;
    let issued_at = SystemTime::UNIX_EPOCH + Duration::from_secs(input.iat.unwrap_or(0));
    let proof = DpopProof::new(&method, &uri, &Fresh::new(issued_at, [0; 16]));
    let proof = proof
        .id(input.jti.as_deref().unwrap_or("jti"))
        .nonce(input.nonce.as_deref());
    let proof = match &input.access_token {
        Some(token) => {
            let token = TokenResponse::new(&**token).map_err(|error| error.to_string())?;
            proof.access_token(&token)
        }
        None => proof,
    };
    let signed = key.sign(&proof).map_err(|error| error.to_string())?;
    signed
        .to_str()
        .map(str::to_owned)
        .map_err(|error| error.to_string())
}

fn attach(input: &Input, proof: &str, token: &str) -> Result<Value, String> {
    let token = TokenResponse::builder(token)
        .token_type(input.token_type.as_deref().unwrap_or("DPoP").into())
        .build()
        .map_err(|error| error.to_string())?;
    let uri = input.url.as_deref().unwrap_or("https://rs.example.com/");
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
        let value = HeaderValue::from_str(value).map_err(|error| error.to_string())?;
        headers.append(name, value);
    }
    Ok(headers)
}
