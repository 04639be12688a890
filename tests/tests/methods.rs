//! Every method of client authentication with every server. What comes of it is the table in `tests/README.md`.

mod table;

use std::fs;

use oauth2_client_credentials::{
    AssertionTemplate, BasicEncoding, Client, ClientAuthentication, ClientSecretBasic,
    ClientSecretJwt, ClientSecretPost, Dpop, DpopKey, EndpointUri, JwsAlgorithm, NoAuthentication,
    PrivateKeyJwt, SelfSignedTlsClientAuth, SigningKey, TlsClientAuth,
};
use table::Table;
use tests::{Authlib, NodeOauth2Server, OidcProvider, Pki, http_client, https_client};
use tower::ServiceExt;
use tower_oauth2_client_credentials::{BoxError, Fetch, TokenEndpoint, TokenError};

/// The rows of the table.
const METHODS: [&str; 17] = [
    "`client_secret_basic`, encoded `form` (the default)",
    "`client_secret_basic`, encoded `strict`",
    "`client_secret_basic`, encoded `raw`",
    "`client_secret_post`",
    "`client_secret_jwt`, HS256",
    "`private_key_jwt`, ES256",
    "`private_key_jwt`, ES384",
    "`private_key_jwt`, RS256",
    "`private_key_jwt`, PS256",
    "`private_key_jwt`, EdDSA",
    "`private_key_jwt`, Ed25519",
    "`tls_client_auth`",
    "`self_signed_tls_client_auth`",
    "`none`",
    "DPoP",
    "DPoP with a nonce",
    "`private_key_jwt`, by the issuer's metadata",
];

/// What every encoding of HTTP Basic can carry, and each in another way.
const AWKWARD: [&str; 2] = ["we+ird %41", "p:ss+w/or d%42&=?~"];

#[tokio::test(flavor = "multi_thread")]
async fn every_method_with_every_server_is_as_the_table_says() -> Result<(), BoxError> {
    let mut table = Table::new(["oidc-provider", "Authlib", "@node-oauth/oauth2-server"]);
    let (pki, authlib, node) = (Pki::new()?, Authlib::start()?, NodeOauth2Server::start()?);
    let provider = OidcProvider::builder().mutual_tls(&pki).start()?;
    for method in METHODS {
        let endpoints = [
            of_oidc_provider(&provider, &pki, method).await?,
            of_authlib(&authlib, method).await?,
            of_node(&node, method)?,
        ];
        let mut cells = Vec::new();
        for endpoint in endpoints {
            cells.push(match endpoint {
                Some(endpoint) => two_tokens(endpoint).await,
                None => String::new(),
            });
        }
        table.row(method, cells);
    }
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");
    let known = fs::read_to_string(path)?;
    let found = table.write_into(&known)?;
    if known != found {
        fs::write(path, &found)?;
    }
    assert!(
        known == found,
        "tests/README.md was written anew: look at what has changed"
    );
    Ok(())
}

/// Twice, so that a server that remembers assertions and proofs gets two different ones.
async fn two_tokens(endpoint: TokenEndpoint) -> String {
    for _ in 0..2 {
        let answer = endpoint.clone().oneshot(Fetch::new(Default::default()));
        if let Err(error) = answer.await {
            let cause = std::error::Error::source(&error);
            let cause = cause.and_then(|cause| cause.downcast_ref());
            return match cause.and_then(oauth2_client_credentials::ResponseError::code) {
                Some(code) => format!("no: `{code}`"),
                None => format!("no: {error}: {:?}", TokenError::find(&error)),
            };
        }
    }
    "yes".to_owned()
}

async fn of_oidc_provider(
    provider: &OidcProvider,
    pki: &Pki,
    method: &str,
) -> Result<Option<TokenEndpoint>, BoxError> {
    let plain = provider.token_endpoint()?;
    let endpoint = |client| TokenEndpoint::new(http_client(), plain.clone(), client);
    if let Some(authentication) = basic(method, "p:ss+w/or d%42&=?~") {
        // HTTP Basic has no id with a colon as it is.
        return Ok(Some(endpoint(match method.contains("raw") {
            true => Client::new("raw+ly %41", authentication)?,
            false => Client::new("cs:b+we/ird %41", authentication)?,
        })));
    }
    if let Some(algorithm) = algorithm(method) {
        let key = provider.private_key(algorithm.name()).await?;
        let client = signing(&key, algorithm)?;
        if method.contains("metadata") {
            let found = TokenEndpoint::discover(http_client(), provider.issuer()?, client).await?;
            return Ok(Some(found));
        }
        return Ok(Some(endpoint(client)));
    }
    let tls = |identity| Ok::<_, BoxError>(https_client(pki.client_config(identity)?));
    Ok(Some(match method {
        "`client_secret_post`" => {
            endpoint(Client::new("post", ClientSecretPost::new("post-secret"))?)
        }
        "`client_secret_jwt`, HS256" => {
            let jwt = ClientSecretJwt::new("a-secret-of-32-bytes-and-some-more");
            endpoint(Client::new("secret-jwt", jwt)?)
        }
        // The alias for mutual TLS is in the metadata.
        "`tls_client_auth`" => {
            let client = Client::new("tls", TlsClientAuth)?;
            TokenEndpoint::new(tls(&pki.client()?)?, provider.issuer()?, client)
        }
        "`self_signed_tls_client_auth`" => {
            let client = Client::new("self-signed", SelfSignedTlsClientAuth)?;
            TokenEndpoint::new(tls(pki.self_signed())?, provider.issuer()?, client)
        }
        "`none`" => endpoint(Client::new("public", NoAuthentication)?),
        "DPoP" => endpoint(secret("dpop")?).dpop(dpop()?),
        "DPoP with a nonce" => endpoint(secret("dpop-nonce")?).dpop(dpop()?),
        _ => return Ok(None),
    }))
}

async fn of_authlib(server: &Authlib, method: &str) -> Result<Option<TokenEndpoint>, BoxError> {
    let endpoint = |client| endpoint_at(server.token_endpoint(), client);
    if let Some(authentication) = basic(method, "p:ss+w/or d%42&=?~") {
        return match method.contains("raw") {
            true => endpoint(Client::new("raw+ly %41", authentication)?),
            false => endpoint(Client::new("cs:b+we/ird %41", authentication)?),
        };
    }
    match (method, algorithm(method)) {
        ("`client_secret_post`", _) => {
            endpoint(Client::new("post", ClientSecretPost::new("post-secret"))?)
        }
        (_, Some(JwsAlgorithm::ES384 | JwsAlgorithm::Ed25519)) => Ok(None),
        (method, Some(algorithm)) if !method.contains("metadata") => endpoint(signing(
            &server.private_key(algorithm.name()).await?,
            algorithm,
        )?),
        _ => Ok(None),
    }
}

fn of_node(server: &NodeOauth2Server, method: &str) -> Result<Option<TokenEndpoint>, BoxError> {
    let [id, secret] = AWKWARD;
    let endpoint = |client| endpoint_at(server.token_endpoint(), client);
    match basic(method, secret) {
        Some(authentication) => endpoint(Client::new(id, authentication)?),
        None if method == "`client_secret_post`" => {
            endpoint(Client::new(id, ClientSecretPost::new(secret))?)
        }
        None => Ok(None),
    }
}

fn endpoint_at<E: Into<BoxError>>(
    uri: Result<EndpointUri, E>,
    client: Client,
) -> Result<Option<TokenEndpoint>, BoxError> {
    let uri = uri.map_err(Into::into)?;
    Ok(Some(TokenEndpoint::new(http_client(), uri, client)))
}

/// The encoding that the method names, if it is one of HTTP Basic.
fn basic(method: &str, secret: &str) -> Option<ClientAuthentication> {
    let rest = method.strip_prefix("`client_secret_basic`")?;
    let encoding = match rest {
        _ if rest.contains("strict") => BasicEncoding::Strict,
        _ if rest.contains("raw") => BasicEncoding::Raw,
        _ => BasicEncoding::Form,
    };
    Some(ClientSecretBasic::new(secret).encoding(encoding).into())
}

/// The algorithm that the method names, if a key signs.
fn algorithm(method: &str) -> Option<JwsAlgorithm> {
    let rest = method.strip_prefix("`private_key_jwt`, ")?;
    JwsAlgorithm::from_name(rest).or(Some(JwsAlgorithm::ES256))
}

fn signing(pem: &str, algorithm: JwsAlgorithm) -> Result<Client, BoxError> {
    let key = SigningKey::from_pem(pem)?.with_algorithm(algorithm)?;
    let template = AssertionTemplate::new().key_id(algorithm.name());
    let jwt = PrivateKeyJwt::new(key).template(template);
    Ok(Client::new(format!("signs-{}", algorithm.name()), jwt)?)
}

fn secret(id: &str) -> Result<Client, BoxError> {
    Ok(Client::new(
        id,
        ClientSecretBasic::new(format!("{id}-secret")),
    )?)
}

fn dpop() -> Result<Dpop, BoxError> {
    Ok(Dpop::new(DpopKey::generate(|bytes| bytes.fill(7))?))
}
