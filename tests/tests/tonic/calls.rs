//! Calls that carry a token.

use example_tonic::stock_client;
use oauth2_client_credentials::{Client, ClientSecretPost, TokenRequest};
use rcgen::{CertificateParams, CertifiedIssuer, KeyPair};
use tests::OidcProvider;
use tokio::task::JoinSet;
use tonic::{
    Code, Request,
    transport::{Certificate, Channel, ClientTlsConfig, Identity},
};

use crate::{
    KINDS, Kind, TestResult, client, item,
    server::{StockHost, revoke},
    start,
};

const SECRET: &str = "post-secret";

#[tokio::test]
async fn each_kind_of_call_carries_the_token() -> TestResult {
    let provider = OidcProvider::start()?;
    let (host, mut stock) = start(&provider, SECRET)?;

    let mut answers = Vec::new();
    for kind in KINDS {
        answers.push(kind.call(&mut stock).await?);
    }

    assert_eq!(answers, [vec![3], vec![2], vec![3, 2, 1, 0], vec![3, 4]]);
    let calls = host.calls();
    let methods: Vec<_> = calls.iter().map(|call| &*call.method).collect();
    assert_eq!(methods, ["Count", "Deliver", "Watch", "Reserve"]);
    assert!(calls.iter().all(|call| call.scope == "read"), "{calls:?}");
    let requests = provider.stats().await?.token_requests();
    println!("{} calls, {requests} token request", calls.len());
    assert_eq!(requests, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_calls_at_once_share_one_token_request() -> TestResult {
    let provider = OidcProvider::start()?;
    let (host, stock) = start(&provider, SECRET)?;

    let mut calls = JoinSet::new();
    for number in 0..200 {
        let mut stock = stock.clone();
        calls.spawn(async move { KINDS[number % KINDS.len()].call(&mut stock).await });
    }
    while let Some(answer) = calls.join_next().await {
        answer??;
    }

    let requests = provider.stats().await?.token_requests();
    println!("{} calls, {requests} token request", host.calls().len());
    assert_eq!((host.calls().len(), requests), (200, 1));
    Ok(())
}

#[tokio::test]
async fn a_call_that_names_a_scope_has_a_token_for_it() -> TestResult {
    let provider = OidcProvider::start()?;
    let (host, mut stock) = start(&provider, SECRET)?;
    let write = TokenRequest::builder().scope("write").build()?;

    for round in 1..=2 {
        stock.count(item("tea")).await?;
        assert_eq!(host.last().scope, "read", "{round}");
        let mut unary = Request::new(item("tea"));
        unary.extensions_mut().insert(write.clone());
        stock.count(unary).await?;
        assert_eq!(host.last().scope, "write", "{round}");
        let mut streaming = Request::new(tokio_stream::iter([item("tea")]));
        streaming.extensions_mut().insert(write.clone());
        stock.deliver(streaming).await?;
        assert_eq!(host.last().scope, "write", "{round}");
    }

    let requests = provider.stats().await?.token_requests();
    println!(
        "{} calls for two scopes, {requests} token requests",
        host.calls().len()
    );
    assert_eq!(requests, 2);
    Ok(())
}

#[tokio::test]
async fn after_unauthenticated_in_the_headers_the_next_call_has_a_new_token() -> TestResult {
    after_unauthenticated(false).await
}

#[tokio::test]
async fn after_unauthenticated_in_the_trailers_the_next_call_has_a_new_token() -> TestResult {
    after_unauthenticated(true).await
}

/// For each kind of call, and a client of its own for each: refusals that come one soon after the other are another matter.
async fn after_unauthenticated(in_trailers: bool) -> TestResult {
    let provider = OidcProvider::start()?;
    let host = StockHost::start(&provider, None)?;
    if in_trailers {
        host.refuse_in_trailers();
    }
    for (number, kind) in (1..).zip(KINDS) {
        let mut stock = client(&provider, &host, SECRET)?;
        kind.call(&mut stock).await?;
        let old = host.last().token;
        revoke(&provider, &old).await?;

        let refused = kind
            .call(&mut stock)
            .await
            .expect_err("its token was revoked");
        let next = kind.call(&mut stock).await;

        assert_eq!(refused.code(), Code::Unauthenticated, "{kind:?}");
        assert!(next.is_ok(), "{kind:?}: {next:?}");
        assert_ne!(host.last().token, old, "{kind:?}");
        let requests = provider.stats().await?.token_requests();
        println!("{kind:?}: refused once, then served; {requests} token requests so far");
        assert_eq!(requests, 2 * number, "{kind:?}");
    }
    Ok(())
}

#[tokio::test]
async fn after_a_stream_that_outlived_its_token_the_next_call_has_a_new_one() -> TestResult {
    let provider = OidcProvider::start()?;
    let (host, mut stock) = start(&provider, SECRET)?;
    host.refuse_at_the_end(true);

    let mut watched = stock.watch(item("tea")).await?.into_inner();
    let mut seen = 0;
    let ended = loop {
        match watched.message().await {
            Ok(Some(_)) => seen += 1,
            Ok(None) => panic!("it ended well"),
            Err(status) => break status,
        }
    };
    let old = host.last().token;
    host.refuse_at_the_end(false);
    Kind::ServerStreaming.call(&mut stock).await?;

    assert_eq!((seen, ended.code()), (4, Code::Unauthenticated));
    assert_ne!(host.last().token, old);
    let requests = provider.stats().await?.token_requests();
    println!(
        "{seen} messages, then {:?}; {requests} token requests",
        ended.code()
    );
    assert_eq!(requests, 2);
    Ok(())
}

#[tokio::test]
async fn a_token_goes_over_tls_to_the_server_that_the_channel_is_bound_to() -> TestResult {
    let provider = OidcProvider::start()?;
    let mut params = CertificateParams::default();
    params.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority = CertifiedIssuer::self_signed(params, KeyPair::generate()?)?;
    let key = KeyPair::generate()?;
    let certificate =
        CertificateParams::new(["localhost".to_owned()])?.signed_by(&key, &authority)?;
    let identity = Identity::from_pem(certificate.pem(), key.serialize_pem());
    let host = StockHost::start(&provider, Some(identity))?;
    let server = format!("https://localhost:{}", host.port());
    let tls = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(authority.pem()));
    let channel = Channel::from_shared(server.clone())?
        .tls_config(tls)?
        .connect_lazy();
    let client = Client::new("post", ClientSecretPost::new(SECRET))?;
    let token_endpoint = provider.token_endpoint()?;
    let mut stock = stock_client(channel, &server, token_endpoint.as_str(), client)?;

    assert_eq!(Kind::Unary.call(&mut stock).await?, [3]);
    assert_eq!(Kind::Bidirectional.call(&mut stock).await?, [3, 4]);
    assert_eq!(host.calls().len(), 2);
    assert_eq!(provider.stats().await?.token_requests(), 1);
    Ok(())
}
