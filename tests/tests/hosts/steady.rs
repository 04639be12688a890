//! Tokens that live for five seconds, for a minute.

use std::ops::RangeInclusive;

use oauth2_client_credentials::EndpointUri;
use tests::{Load, OidcProvider, Traffic};
use tokio::{task::JoinSet, time};
use tower_oauth2_client_credentials::BoxError;

use super::*;
use crate::{
    front::Front,
    host::{Host, Place},
    server::StockHost,
};

const LASTS: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread")]
async fn no_401_reaches_a_caller_while_tokens_of_five_seconds_follow_each_other()
-> Result<(), BoxError> {
    let mut runs = JoinSet::new();
    for (provider, host) in hosts().await? {
        runs.spawn(async move {
            let load = Load::per_second(RATE);
            let traffic = load.until(time::sleep(LASTS), || host.call()).await;
            (host.name(), traffic, provider)
        });
    }

    let bound = token_requests(LIFETIME, LASTS);
    let (mut rows, mut problems) = (Vec::new(), Vec::new());
    while let Some(run) = runs.join_next().await {
        let (name, traffic, provider) = run?;
        let stats = provider.stats().await?;
        rows.push(format!(
            "| {name} | {} | {} | {} | {} | {} | {:.0?} |",
            traffic.requests().len(),
            traffic.served(),
            traffic.refused(),
            stats.resource_refused(),
            stats.token_requests(),
            traffic.longest(),
        ));
        let is_right = served_all(&traffic)
            && stats.resource_refused() == 0
            && bound.contains(&stats.token_requests());
        if !is_right {
            problems.push(format!("{name}: {stats:?}, {traffic:?}"));
        }
    }
    rows.sort();
    println!(
        "{RATE} requests a second for {LASTS:?}, tokens live for {LIFETIME:?}, {bound:?} token requests are right\n\n\
         | host | requests | served | 401 to a caller | 401 at the API | token requests | the slowest |\n\
         |---|---|---|---|---|---|---|\n{}\n",
        rows.join("\n")
    );
    assert!(problems.is_empty(), "{problems:#?}");
    Ok(())
}

fn served_all(traffic: &Traffic) -> bool {
    let least = LASTS.as_secs() as usize * RATE as usize * 9 / 10;
    traffic.served() == traffic.requests().len() && traffic.served() >= least
}

/// Each with an authorization server of its own, so that its token requests are its own.
async fn hosts() -> Result<Vec<(OidcProvider, Host)>, BoxError> {
    let mut hosts = Vec::new();
    let (provider, place) = server()?;
    hosts.push((
        provider,
        Host::hyper_one_client("hyper, one client", &place)?,
    ));
    let (provider, place) = server()?;
    hosts.push((
        provider,
        Host::hyper_two_clients("hyper, two clients", &place)?,
    ));
    let (provider, place) = server()?;
    let front = Front::before(&place.api).await?;
    let behind = Place {
        tokens: EndpointUri::new(&format!("{}/token", front.address()))?,
        api: front.address().to_owned(),
        tls: front.client_config()?,
    };
    hosts.push((provider, Host::http_2("hyper, HTTP/2", &behind)?));
    let (provider, place) = server()?;
    hosts.push((provider, Host::reqwest("reqwest", &place)?));
    let (provider, mut place) = server()?;
    let stock = StockHost::start(&provider, None)?;
    place.api = format!("http://127.0.0.1:{}", stock.port());
    hosts.push((provider, Host::tonic("tonic", &place)?));
    let (provider, place) = server()?;
    hosts.push((provider, Host::axum_handler("axum, handler", &place).await?));
    let (provider, place) = server()?;
    hosts.push((
        provider,
        Host::axum_proxy("axum, reverse proxy", &place).await?,
    ));
    Ok(hosts)
}

fn server() -> Result<(OidcProvider, Place), BoxError> {
    let provider = OidcProvider::builder().token_ttl(LIFETIME).start()?;
    let api = provider.resource_uri().replace("/resource", "");
    let place = Place::new(provider.token_endpoint()?, &api)?;
    Ok((provider, place))
}

/// How many token requests a source makes for tokens of this lifetime, by the schedule that its documentation promises.
fn token_requests(lifetime: Duration, lasts: Duration) -> RangeInclusive<u64> {
    let leeway = (lifetime / 4).min(Duration::from_secs(30));
    let lead = (lifetime / 5)
        .min(Duration::from_secs(15 * 60))
        .max(2 * leeway);
    let interval = (lifetime / 4).min(Duration::from_secs(10));
    // The first is renewed from 0.3 L on, the others from 1.5 R before their end on, and no two come within the interval.
    let first = lifetime.mul_f64(0.3).max(interval);
    let next = lifetime.saturating_sub(lead.mul_f64(1.5)).max(interval);
    let most = 2.0 + ((lasts - first).as_secs_f64() / next.as_secs_f64()).floor();
    // At the latest R before the end, with the request that comes then, and on a machine that is busy.
    let latest = lifetime - lead + Duration::from_millis(500);
    let least = 1.0 + (lasts.as_secs_f64() / latest.as_secs_f64()).floor();
    least as u64..=most as u64
}
