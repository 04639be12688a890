//! Pages to read. There is no code in here.
//!
//! | | |
//! |---|---|
//! | [hosts] | whole programs for hyper, tonic, reqwest and axum |
//! | [your provider](your_provider) | Entra, Auth0, Okta, Keycloak, Cognito, Salesforce, eBay, and where the grant is another one |
//! | [order of layers](order_of_layers) | what goes above and below, and what happens if it does not |
//! | [testing] | your program against servers that fail as they are told |
//! | [operating] | events, metrics, alerts, readiness, and what each error means |
//! | [security] | what is guarded, what is left to you, where the edges are |
//! | [performance] | what a request pays, and what makes it pay more |
//! | [fleet] | many replicas and one authorization server |
//! | [coming from elsewhere](coming_from) | the crate `oauth2`, Go, Spring, Duende, Envoy |
//!
//! How a client proves itself is on a page of the protocol crate:
//! [choosing client authentication](oauth2_client_credentials::docs::client_authentication).

/// What takes the place of what you know, what is better here, and what is missing.
///
/// | | |
/// |---|---|
/// | [the crate `oauth2`](coming_from::oauth2_rs) | Rust, the protocol of all grants |
/// | [`golang.org/x/oauth2`](coming_from::go) | Go |
/// | [Spring Security](coming_from::spring) | Java |
/// | [Duende.AccessTokenManagement](coming_from::duende) | .NET |
/// | [Envoy's credential injector](coming_from::envoy) | a mesh |
/// | [oauthlib](oauth2_client_credentials::docs::coming_from_oauthlib) | Python; on the page of the protocol crate |
pub mod coming_from {
    #[doc = include_str!("../docs/coming-from/duende.md")]
    pub mod duende {}
    #[doc = include_str!("../docs/coming-from/envoy.md")]
    pub mod envoy {}
    #[doc = include_str!("../docs/coming-from/go.md")]
    pub mod go {}
    #[doc = include_str!("../docs/coming-from/oauth2-rs.md")]
    pub mod oauth2_rs {}
    #[doc = include_str!("../docs/coming-from/spring.md")]
    pub mod spring {}
}

#[doc = include_str!("../docs/fleet.md")]
pub mod fleet {}

/// Whole programs, one for each host.
///
/// | | the layer goes around | token requests go through |
/// |---|---|---|
/// | [hyper](hosts::hyper) | hyper-util's `Client` | the same client |
/// | [tonic](hosts::tonic) | the `Channel`; the generated client stands around the layer | `HttpClient` (feature `client`) |
/// | [reqwest](hosts::reqwest) | an adapter of its `Client`, to be copied | the same client |
/// | [axum](hosts::axum) | hyper-util's `Client`, in the state of the handlers | `HttpClient`, or the same client |
pub mod hosts {
    // Their dependencies are not ours: the package of each example compiles its page.
    #[cfg_attr(not(doctest), doc = include_str!("../docs/hosts/axum.md"))]
    pub mod axum {}
    #[cfg_attr(not(doctest), doc = include_str!("../docs/hosts/hyper.md"))]
    pub mod hyper {}
    #[cfg_attr(not(doctest), doc = include_str!("../docs/hosts/reqwest.md"))]
    pub mod reqwest {}
    #[cfg_attr(not(doctest), doc = include_str!("../docs/hosts/tonic.md"))]
    pub mod tonic {}
}

#[doc = include_str!("../docs/operating.md")]
pub mod operating {}

#[doc = include_str!("../docs/order-of-layers.md")]
pub mod order_of_layers {}

#[doc = include_str!("../docs/performance.md")]
pub mod performance {}

#[doc = include_str!("../docs/security.md")]
pub mod security {}

#[doc = include_str!("../docs/testing.md")]
pub mod testing {}

#[doc = include_str!("../docs/your-provider.md")]
pub mod your_provider {}
