//! What is under test: the layer over the resource, its token source over the scripted endpoint.

use std::sync::Arc;

use oauth2_client_credentials::{Client, ClientSecretBasic, EndpointUri, TokenRequest};
use tower_layer::Layer;
use tower_oauth2_client_credentials::{
    BoxError, ClientCredentials, ClientCredentialsLayer, Credential, Origins, Schedule,
    TokenEndpoint, TokenSource, replay::Replay,
};

use super::{
    endpoint::Endpoint,
    format::{Options, Preset, Scenario},
    log::Log,
    requests::{Body, Request},
    resource::Resource,
    world::World,
};

/// The only origin that tokens go to.
const ORIGIN: &str = "https://api.example.com";

const TOKEN_ENDPOINT: &str = "https://as.example.com/token";

/// What a scenario's requests go through.
pub(crate) type Stack = ClientCredentials<Resource, Keeps>;

/// All handles that the harness holds. Dropping them drops the source, unless a request still waits.
pub(crate) struct Handles {
    pub(crate) source: TokenSource,
    pub(crate) service: Stack,
}

pub(crate) fn build(
    scenario: &Arc<Scenario>,
    credential: &Credential,
    resource: Resource,
    world: &World,
    log: &Log,
) -> Result<Handles, BoxError> {
    let http = Endpoint::new(Arc::clone(scenario), world.clone(), log.clone());
    let uri = EndpointUri::new(TOKEN_ENDPOINT)?;
    let endpoint = TokenEndpoint::new(http, uri, credential.clone()).clock(world.clone());
    let jitter = scenario.options.jitter;
    let source = TokenSource::builder(endpoint)
        .credential(credential)
        .schedule(schedule(&scenario.options)?)
        .clock(world.clone())
        .draws(move || jitter)
        .build();
    let layer = ClientCredentialsLayer::new(source.clone(), Origins::new([ORIGIN])?);
    let service = layer.replay(Keeps).layer(resource);
    Ok(Handles { source, service })
}

/// A version of the credential: always the same, for nobody looks at it.
pub(crate) fn client() -> Result<Client, BoxError> {
    Ok(Client::new("svc", ClientSecretBasic::new("secret"))?)
}

fn schedule(options: &Options) -> Result<Schedule, BoxError> {
    let preset = match options.preset {
        Preset::Default => Schedule::default(),
        Preset::Economy => Schedule::economy(),
    };
    Ok(match options.wait_budget() {
        Some(wait_budget) => preset.to_builder().wait_budget(wait_budget).build()?,
        None => preset,
    })
}

/// Keeps bodies that are empty or cloneable, and no streams.
#[derive(Clone, Debug)]
pub(crate) struct Keeps;

impl Replay<Body> for Keeps {
    fn keep(&self, body: &Body) -> Option<Body> {
        body.again()
    }
}

/// Names the scope that a request wants a token for.
pub(crate) fn name_scope(request: &mut Request, scope: &str) -> Result<(), String> {
    let named = TokenRequest::builder().scope(scope).build();
    let named = named.map_err(|error| format!("scope {scope:?}: {error}"))?;
    request.extensions_mut().insert(named);
    Ok(())
}
