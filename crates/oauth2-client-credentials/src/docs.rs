//! Pages to read. There is no code in here.
//!
//! | | |
//! |---|---|
//! | [choosing client authentication](client_authentication) | what the client has, what the server takes, and what to look at after `invalid_client` |
//! | [your provider](providers) | what to set, and what its answers look like |
//! | [HTTP clients](http_clients) | a request out and an answer in, with hyper and with reqwest |
//! | [coming from oauthlib](coming_from_oauthlib) | each argument and method, and what takes its place |

#[doc = include_str!("../docs/client-authentication.md")]
pub mod client_authentication {}

/// Whole programs without the tower layer.
///
/// A [`Client`](crate::Client) makes an [`http::Request`], and a [`Decoder`](crate::Decoder) reads
/// an [`http::Response`]: whatever carries the one and brings the other will do.
pub mod http_clients {
    // Their dependencies are not ours: the packages of the examples compile them.
    #[cfg_attr(not(doctest), doc = include_str!("../docs/http-clients/hyper.md"))]
    pub mod hyper {}
    #[cfg_attr(not(doctest), doc = include_str!("../docs/http-clients/reqwest.md"))]
    pub mod reqwest {}
}

/// What to set for which provider, and what its answers look like.
///
/// Each page has code that compiles, and the shape of the answers is kept as a
/// fixture in `tests/providers`, which a test decodes. **Every shape was taken
/// from the provider's documentation, none from a live server.** A provider may
/// change at any time; what it says comes first.
///
/// | provider | what is special |
/// |---|---|
/// | [Auth0](providers::auth0) | `audience` is required |
/// | [Microsoft Entra ID, v2](providers::entra_v2) | the scope ends in `/.default`; a certificate signs, with `x5t#S256` |
/// | [Microsoft Entra ID, v1](providers::entra_v1) | `resource` instead of a scope; `expires_in` is a string |
/// | [Okta](providers::okta) | `private_key_jwt` for its own API |
/// | [Keycloak](providers::keycloak) | `refresh_expires_in` is 0 |
/// | [Amazon Cognito](providers::cognito) | `resource-server/scope`; errors have a code and nothing else |
/// | [Salesforce](providers::salesforce) | no `expires_in` |
/// | [GitHub-style errors](providers::github_style_errors) | errors with status 200, forms |
/// | [eBay](providers::ebay) | a `token_type` of its own |
///
/// Google's service accounts, the metadata servers of clouds, GitHub Apps and Zoom
/// have grants of their own, and no client credentials grant.
pub mod providers {
    #[doc = include_str!("../docs/providers/auth0.md")]
    pub mod auth0 {}
    #[doc = include_str!("../docs/providers/cognito.md")]
    pub mod cognito {}
    #[doc = include_str!("../docs/providers/ebay.md")]
    pub mod ebay {}
    #[doc = include_str!("../docs/providers/entra-v1.md")]
    pub mod entra_v1 {}
    #[doc = include_str!("../docs/providers/entra-v2.md")]
    pub mod entra_v2 {}
    #[doc = include_str!("../docs/providers/github-style-errors.md")]
    pub mod github_style_errors {}
    #[doc = include_str!("../docs/providers/keycloak.md")]
    pub mod keycloak {}
    #[doc = include_str!("../docs/providers/okta.md")]
    pub mod okta {}
    #[doc = include_str!("../docs/providers/salesforce.md")]
    pub mod salesforce {}
}

#[doc = include_str!("../docs/coming-from-oauthlib.md")]
pub mod coming_from_oauthlib {}
