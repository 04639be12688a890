//! A token as the password at a broker, as the example has it: RabbitMQ, with the keys of oidc-provider.

#[path = "../../examples/src/bin/broker_login/amqp.rs"]
mod amqp;
#[path = "../../examples/src/bin/broker_login/session.rs"]
mod session;
#[path = "../../examples/src/bin/broker_login/wire.rs"]
mod wire;

use std::time::{Duration, Instant};

use oauth2_client_credentials::{Client, ClientSecretBasic, TokenRequest};
use tests::{OidcProvider, RabbitMq, http_client};
use tokio::time;
use tower_oauth2_client_credentials::{BoxError, TokenEndpoint, TokenSource};

use self::{amqp::Connection, session::Session};

const LIFETIME: Duration = Duration::from_secs(5);

fn source(provider: &OidcProvider, scopes: &[&str]) -> Result<TokenSource, BoxError> {
    let client = Client::new("basic", ClientSecretBasic::new("basic-secret"))?;
    let endpoint = TokenEndpoint::new(http_client(), provider.token_endpoint()?, client);
    let wanted = scopes
        .iter()
        .fold(TokenRequest::builder(), |wanted, scope| wanted.scope(scope))
        .resource(OidcProvider::RESOURCE)
        .build()?;
    Ok(TokenSource::builder(endpoint).request(wanted).build())
}

#[tokio::test]
async fn a_connection_outlives_its_tokens() -> Result<(), BoxError> {
    let provider = OidcProvider::builder().token_ttl(LIFETIME).start()?;
    let broker = RabbitMq::start(&provider)?;

    // Who has no token, or one that does not allow it, is refused.
    let refused = Connection::open(broker.address(), "", "no token").await;
    let error = refused.map(drop).unwrap_err().to_string();
    assert!(error.contains("403"), "{error}");
    let mut reader = Session::login(source(&provider, &["read"])?, broker.address()).await?;
    let error = reader.connection().await?.declare_queue("read").await;
    assert!(error.unwrap_err().to_string().contains("403"));

    let source = source(&provider, &["read", "write"])?;
    let before = provider.stats().await?.token_requests();
    let mut session = Session::login(source.clone(), broker.address()).await?;
    // It has the same token, and nobody tells it of the next ones.
    let token = source.token().await?;
    let mut left_alone =
        Connection::open(broker.address(), "", token.access_token().expose()).await?;
    left_alone.declare_queue("left-alone").await?;

    let (mut tokens, begun) = (vec![session.generation()], Instant::now());
    while begun.elapsed() < 2 * LIFETIME + Duration::from_secs(1) {
        session.connection().await?.declare_queue("orders").await?;
        tokens.push(session.generation());
        time::sleep(Duration::from_millis(100)).await;
    }
    tokens.dedup();
    assert!(tokens.len() >= 3, "{tokens:?}");
    let asked = provider.stats().await?.token_requests() - before;
    // One may be under way, or there already, that nobody has asked for.
    let known = tokens.len() as u64;
    assert!((known..=known + 1).contains(&asked), "{asked}, {tokens:?}");

    let error = left_alone.declare_queue("left-alone").await.unwrap_err();
    assert!(!error.to_string().contains(token.access_token().expose()));
    println!(
        "{} tokens in {:?}; left alone: {error}",
        tokens.len(),
        begun.elapsed()
    );
    Ok(())
}
