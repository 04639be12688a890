//! The authorization server is gone, and comes back.

use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Full};
use serde_json::{Value, json};
use tests::{OidcProvider, http_client};
use tower_oauth2_client_credentials::BoxError;

use crate::{TestResult, origin, ready, start};

async fn get(uri: &str) -> Result<Response<Value>, BoxError> {
    let request = Request::get(uri).body(Full::default())?;
    let (parts, body) = http_client().request(request).await?.into_parts();
    let body = serde_json::from_slice(&body.collect().await?.to_bytes())?;
    Ok(Response::from_parts(parts, body))
}

#[tokio::test]
async fn without_the_authorization_server_callers_are_told_when_to_come_back() -> TestResult {
    let gone = OidcProvider::start()?;
    let (origin, port) = (
        origin(&gone),
        origin(&gone).rsplit(':').next().unwrap().parse()?,
    );
    let proxy = start(&gone, &origin, "")?;
    drop(gone);
    let uri = format!("{}/resource", proxy.address());
    let answer = get(&uri).await?;
    let wait: u64 = answer.headers()["retry-after"].to_str()?.parse()?;
    println!("{} Retry-After: {wait} {}", answer.status(), answer.body());
    assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    assert_eq!(answer.body()["kind"], json!("Transient"));
    assert!(wait >= 1);
    assert_eq!(
        get(&format!("{}/ready", proxy.admin())).await?.status(),
        503
    );

    let _back = OidcProvider::builder()
        .port(port)
        .token_ttl(Duration::from_secs(60))
        .start()?;
    ready(&proxy).await;
    assert_eq!(get(&uri).await?.status(), StatusCode::OK);
    Ok(())
}
