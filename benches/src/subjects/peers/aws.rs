//! The AWS SDK's runtime: its lazy identity cache around a resolver of bearer tokens, and the header that its bearer scheme makes.

use std::sync::Arc;

use aws_smithy_async::{rt::sleep::TokioSleep, time::SystemTimeSource};
use aws_smithy_runtime::client::identity::IdentityCache;
use aws_smithy_runtime_api::{
    client::{
        identity::{
            Identity, IdentityFuture, ResolveCachedIdentity, ResolveIdentity, SharedIdentityCache,
            SharedIdentityResolver, http::Token,
        },
        runtime_components::{RuntimeComponents, RuntimeComponentsBuilder},
    },
    shared::IntoShared,
};
use aws_smithy_types::config_bag::ConfigBag;
use http::{HeaderValue, header};
use std::time::{Duration, SystemTime};
use tower::{BoxError, Service};

use super::token_of;
use crate::{
    api::{Answer, Api, Request, Response},
    endpoint::Endpoint,
    subjects::Client,
};

#[derive(Clone)]
pub struct Aws<A> {
    cache: SharedIdentityCache,
    resolver: SharedIdentityResolver,
    components: RuntimeComponents,
    config: Arc<ConfigBag>,
    api: Api<A, BoxError>,
}

impl<A: Answer> Client for Aws<A> {
    type Error = BoxError;

    async fn send(&mut self, mut request: Request) -> Result<Response, BoxError> {
        let identity = self
            .cache
            .resolve_cached_identity(self.resolver.clone(), &self.components, &self.config)
            .await?;
        let token = identity.data::<Token>().ok_or("not a token")?;
        let mut value = HeaderValue::try_from(format!("Bearer {}", token.token()))?;
        value.set_sensitive(true);
        request.headers_mut().insert(header::AUTHORIZATION, value);
        self.api.call(request).await
    }
}

/// Asks the token endpoint.
#[derive(Debug)]
struct Resolver(Endpoint);

impl ResolveIdentity for Resolver {
    fn resolve_identity<'a>(
        &'a self,
        _: &'a RuntimeComponents,
        _: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        IdentityFuture::new(async {
            let (token, lifetime) = token_of(&self.0).await?;
            let ends = SystemTime::now() + Duration::from_secs(lifetime);
            Ok(Identity::new(Token::new(token, Some(ends)), Some(ends)))
        })
    }
}

pub fn client<A: Answer>(endpoint: &Endpoint, answer: A) -> Result<Aws<A>, BoxError> {
    let components = RuntimeComponentsBuilder::for_tests()
        .with_time_source(Some(SystemTimeSource::new()))
        .with_sleep_impl(Some(TokioSleep::new()))
        .build()?;
    Ok(Aws {
        cache: IdentityCache::lazy().build(),
        resolver: Resolver(endpoint.clone()).into_shared(),
        components,
        config: Arc::new(ConfigBag::base()),
        api: Api::new(answer),
    })
}
