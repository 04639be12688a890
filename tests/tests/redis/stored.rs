//! What stands in Redis, and who may read it.

use std::time::Duration;

use tests::{OidcProvider, Redis};
use tokio::time::sleep;
use tower_oauth2_client_credentials::{BoxError, TokenSource};
use tower_oauth2_client_credentials_redis::{RedisStore, Sealing, Store};

use crate::{
    LIFETIME,
    replica::{CLIENT, SECRET, Setup, admin, contents, mark, sealing},
};

async fn token(source: &TokenSource) -> Result<String, BoxError> {
    Ok(source.token().await?.access_token().expose().to_owned())
}

fn has(text: &[u8], part: &str) -> bool {
    text.windows(part.len())
        .any(|window| window == part.as_bytes())
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_in_redis_can_be_read() -> Result<(), BoxError> {
    let (provider, redis) = (OidcProvider::start()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let token_of_fleet = token(&setup.replica().await?).await?;
    let endpoint = setup.token_endpoint.clone();
    let canaries = [&token_of_fleet, SECRET, CLIENT, &endpoint];
    // Together with a replica that holds a lease.
    let stuck = Setup {
        is_stuck: true,
        sealing: sealing(&[("other", 9)]),
        ..setup.clone()
    };
    let stuck = stuck.replica().await?;
    let stuck = tokio::spawn(async move { stuck.token().await.is_ok() });
    sleep(Duration::from_millis(500)).await;

    let found = contents(&redis)?;
    assert_eq!(found.len(), 2, "a token and a lease");
    for (name, value) in &found {
        for canary in canaries {
            assert!(!has(name.as_bytes(), canary) && !has(value, canary));
        }
    }
    stuck.abort();
    let shown = setup.log.all();
    assert!(
        !shown.contains(&token_of_fleet) && !shown.contains(SECRET),
        "{shown}"
    );
    println!(
        "{} keys and their values, {} canaries: none found",
        found.len(),
        canaries.len()
    );

    // The scan can find: without a seal the token is there, and still nothing else.
    let plain = Setup {
        sealing: Sealing::unsealed(),
        ..setup
    };
    let token_of_plain = token(&plain.replica().await?).await?;
    let found = contents(&redis)?;
    assert!(found.iter().any(|(_, value)| has(value, &token_of_plain)));
    assert!(
        !found
            .iter()
            .any(|(name, value)| has(value, SECRET) || has(name.as_bytes(), CLIENT))
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_changed_while_the_fleet_runs() -> Result<(), BoxError> {
    let provider = OidcProvider::builder().token_ttl(12 * LIFETIME).start()?;
    let redis = Redis::start()?;
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let first = token(&setup.replica().await?).await?;
    // Two steps of a rollout, ten replicas each.
    let steps: [&[_]; 2] = [&[("k1", 1), ("k2", 2)], &[("k2", 2), ("k1", 1)]];
    for keys in steps {
        let step = Setup {
            sealing: sealing(keys),
            ..setup.clone()
        };
        for _ in 0..10 {
            let token = token(&step.replica().await?).await?;
            assert_eq!(mark(&token), mark(&first));
        }
    }
    let asked = provider.stats().await?.token_requests();
    println!("20 replicas with new keys: {asked} token requests in all");
    assert_eq!(asked, 1);
    assert_eq!(setup.log.count("Unreadable"), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_token_is_replaced_for_all() -> Result<(), BoxError> {
    let (provider, redis) = (OidcProvider::start()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    let mut replicas = Vec::new();
    for _ in 0..10 {
        let replica = setup.replica().await?;
        let token = replica.token().await?;
        replicas.push((replica, token));
    }
    let mut tokens = Vec::new();
    for (replica, refused) in &replicas {
        replica.reject(refused.generation());
        let new = token(replica).await?;
        assert_ne!(mark(&new), mark(refused.access_token().expose()));
        tokens.push(mark(&new));
    }
    tokens.dedup();
    let asked = provider.stats().await?.token_requests();
    println!(
        "10 refusals of one token: {} new, {asked} token requests in all",
        tokens.len()
    );
    assert_eq!((asked, tokens.len()), (2, 1));
    assert_eq!(setup.log.count("Removed"), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_of_the_users_own_does_as_well() -> Result<(), BoxError> {
    let (provider, redis) = (OidcProvider::start()?, Redis::start()?);
    let setup = Setup::new(&redis, &provider.token_endpoint()?)?;
    drop(admin(&redis)?);
    let certificates = redis::TlsCertificates {
        client_tls: None,
        root_cert: Some(setup.root.clone()),
    };
    let client = redis::Client::build_with_tls(Redis::url("fleet", redis.port()), certificates)?;
    let connection = client.get_multiplexed_async_connection().await?;
    let theirs = setup.source(RedisStore::from_connection(connection))?;
    assert_eq!(token(&theirs).await?, token(&setup.replica().await?).await?);
    assert_eq!(provider.stats().await?.token_requests(), 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_server_is_said_without_a_secret() -> Result<(), BoxError> {
    let redis = Redis::start()?;
    let (port, root) = (redis.port(), redis.root_certificate()?);
    let wrong = format!("rediss://fleet:canary@localhost:{port}");
    let wrong = RedisStore::with_root_certificate(&wrong, &root)?;
    let untrusted = RedisStore::new(&Redis::url("fleet", port))?;
    let plain = RedisStore::new(&format!("redis://fleet:canary@localhost:{port}"))?;
    for (store, says) in [
        (wrong, "password"),
        (untrusted, "reached"),
        (plain, "reached"),
    ] {
        let error = store.connect().await.unwrap_err().to_string();
        println!("{error}");
        assert!(error.contains(says) && !error.contains("canary"), "{error}");
    }
    let other = RedisStore::with_root_certificate(&Redis::url("fleet", port), &root)?;
    let error = other.get("not-of-the-fleet").await.unwrap_err().to_string();
    assert!(error.contains("NOPERM"), "{error}");
    assert!(RedisStore::new("https://canary").is_err());
    let error = RedisStore::with_root_certificate("rediss://localhost", b"none").unwrap_err();
    println!("{error}");
    Ok(())
}
