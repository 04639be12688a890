//! The authorization server is killed under load, and comes back, with other keys, at the same place.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Instant,
};

use tests::{Load, OidcProvider, Outcome, Sent, Traffic};
use tokio::{
    sync::watch,
    task::{JoinSet, spawn_blocking},
    time::{sleep, timeout},
};
use tower_oauth2_client_credentials::BoxError;

use super::*;
use crate::{
    api::{Tokens, UNCERTAINTY},
    host::{Host, Place},
};

/// Before it is killed.
const BEFORE: Duration = Duration::from_secs(3);

/// Long enough for every token to end, and for some gates after that.
const DOWN: Duration = Duration::from_secs(8);

/// Traffic after the first request that is served again.
const AFTER: Duration = Duration::from_secs(1);

/// A request that fails without asking anybody. It takes microseconds; the rest is for a busy machine.
const AT_ONCE: Duration = Duration::from_millis(100);

/// A request that meets a trial: three attempts at a port where nobody listens, with pauses of at most 200 and 400 ms, or a second of
/// waiting for that. The rest is for a busy machine.
const TRIAL: Duration = Duration::from_millis(1_500);

/// What else there is between the end of a gate and an answer: the next request, a token request, the answer.
const SLACK: Duration = Duration::from_secs(1);

/// When the authorization server was gone, and when it was back.
#[derive(Clone, Copy, Debug)]
struct Outage {
    killed: Instant,
    back: Instant,
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_outlive_the_authorization_server_as_long_as_their_token() -> Result<(), BoxError>
{
    let provider = OidcProvider::builder().token_ttl(LIFETIME).start()?;
    let (is_back, back) = watch::channel(false);
    let mut runs = JoinSet::new();
    for (host, tokens) in hosts(&provider).await? {
        runs.spawn(run(host, tokens, back.clone()));
    }

    sleep(BEFORE).await;
    let address = provider.resource_uri().replace("/resource", "");
    let port = address.rsplit(':').next().ok_or("no port")?.parse()?;
    let killed = Instant::now();
    drop(provider);
    sleep(DOWN).await;
    let builder = OidcProvider::builder().token_ttl(LIFETIME).port(port);
    let _provider = spawn_blocking(|| builder.start()).await??;
    let outage = Outage {
        killed,
        back: Instant::now(),
    };
    is_back.send(true)?;

    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    while let Some(run) = runs.join_next().await {
        let (name, traffic, tokens) = run?;
        match look(name, &traffic, &tokens, outage) {
            Ok(row) => rows.push(row),
            Err(problem) => problems.push(format!("{name}: {problem}: {traffic:?}")),
        }
    }
    rows.sort();
    println!(
        "killed after {BEFORE:?}, back after another {:.1?}\n\n\
         | host | requests | served | 401 | without a token | the first of them after | told at once | the slowest | \
         gate at the return | served again after |\n\
         |---|---|---|---|---|---|---|---|---|---|\n{}\n",
        outage.back - killed,
        rows.join("\n")
    );
    assert!(problems.is_empty(), "{problems:#?}");
    Ok(())
}

/// Each with an API of its own that needs no authorization server.
async fn hosts(provider: &OidcProvider) -> Result<Vec<(Host, Tokens)>, BoxError> {
    let all = [(); 6].map(|()| Tokens::default());
    let place =
        async |tokens: &Tokens| Place::new(provider.token_endpoint()?, &tokens.serve_http().await?);
    let grpc = Place::new(provider.token_endpoint()?, &all[1].serve_grpc()?)?;
    let hosts = [
        Host::hyper_one_client("hyper, one client", &place(&all[0]).await?)?,
        Host::tonic("tonic", &grpc)?,
        Host::reqwest("reqwest", &place(&all[2]).await?)?,
        Host::axum_handler("axum, handler", &place(&all[3]).await?).await?,
        Host::axum_proxy("axum, reverse proxy", &place(&all[4]).await?).await?,
        Host::hyper_two_clients("hyper, two clients", &place(&all[5]).await?)?,
    ];
    Ok(hosts.into_iter().zip(all).collect())
}

/// Requests until the server is back and one was served again, and a little longer.
async fn run(
    host: Host,
    tokens: Tokens,
    mut back: watch::Receiver<bool>,
) -> (&'static str, Traffic, Tokens) {
    let recovered = Arc::<AtomicBool>::default();
    let is_back = back.clone();
    let end = async {
        // Should the other side be gone, the test has failed there.
        let _ = back.wait_for(|is_back| *is_back).await;
        let served = async {
            while !recovered.load(Ordering::Relaxed) {
                sleep(Duration::from_millis(20)).await;
            }
        };
        // No gate is longer.
        let _ = timeout(Duration::from_secs(45), served).await;
        sleep(AFTER).await;
    };
    let call = || {
        let (answer, recovered, is_back) = (host.call(), recovered.clone(), is_back.clone());
        async move {
            let begun_after = *is_back.borrow();
            let outcome = answer.await;
            if begun_after && outcome == Outcome::Served {
                recovered.store(true, Ordering::Relaxed);
            }
            outcome
        }
    };
    let traffic = Load::per_second(RATE).until(end, call).await;
    (host.name(), traffic, tokens)
}

/// A row of what happened, or what should not have.
fn look(name: &str, traffic: &Traffic, tokens: &Tokens, outage: Outage) -> Result<String, String> {
    let all = traffic.requests();
    let without: Vec<&Sent> = all.iter().filter(|sent| sent.is_without()).collect();
    let first = without.first().ok_or("no request was without a token")?;
    let at_once = without.iter().filter(|sent| sent.took() < AT_ONCE).count();
    let slowest = without.iter().map(|sent| sent.took()).max();
    let slowest = slowest.unwrap_or_default();
    let last_token = tokens.last_before(first.begun()).ok_or("no token came")?;
    let lived = last_token + LIFETIME - UNCERTAINTY;
    let too_early = |sent: &Sent| *sent.outcome() != Outcome::Served && sent.begun() < lived;

    // Whoever was the last to fail before the return was told when the gate opens.
    let told = without.iter().rfind(|sent| sent.ended() < outage.back);
    let told = told.ok_or("no request failed before the server was back")?;
    let Outcome::Without {
        retry_in: Some(retry_in),
        ..
    } = told.outcome()
    else {
        return Err("a caller was not told when to try again".to_owned());
    };
    let gate = (told.ended() + *retry_in).saturating_duration_since(outage.back);
    let again = all.iter().map(|sent| (sent.outcome(), sent.ended()));
    let again =
        again.filter(|(outcome, ended)| **outcome == Outcome::Served && *ended > outage.back);
    let again = again.map(|(_, ended)| ended).min();
    let again = again.ok_or("none was served again")? - outage.back;

    let row = format!(
        "| {name} | {} | {} | {} | {} | {:.1?} | {at_once} | {slowest:.0?} | {gate:.1?} | {again:.1?} |",
        all.len(),
        traffic.served(),
        traffic.refused(),
        without.len(),
        first.begun().saturating_duration_since(outage.killed),
    );
    let rules = [
        (
            traffic.served() + without.len() == all.len(),
            "some failed for another reason",
        ),
        (
            !all.iter().any(too_early),
            "some failed while the token lived",
        ),
        (
            without.iter().all(|sent| is_told(sent)),
            "some were not told why, that it may pass, or when",
        ),
        (slowest < TRIAL, "some failed late"),
        (at_once * 2 > without.len(), "most failed late"),
        (
            again < gate + SLACK,
            "it took more than one gate until requests were served again",
        ),
    ];
    match rules.iter().find(|(holds, _)| !holds) {
        Some((_, broken)) => Err(format!("{broken}: {row}")),
        None => Ok(row),
    }
}

/// Whether the caller knows what a caller needs: that nobody listens there, that this may pass, and when to come again. One that is
/// not ours is told no more than the kind.
fn is_told(sent: &Sent) -> bool {
    match sent.outcome() {
        Outcome::Without {
            reason,
            transient,
            retry_in,
            ..
        } => {
            let says_why = ["Connection refused", "Transient"];
            *transient && retry_in.is_some() && says_why.iter().any(|why| reason.contains(why))
        }
        _ => false,
    }
}
