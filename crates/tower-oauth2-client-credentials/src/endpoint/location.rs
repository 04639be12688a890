//! Where the token endpoint is.

use std::sync::Arc;

use oauth2_client_credentials::{EndpointUri, Issuer};

use super::discovery::Discovery;

/// Where a token endpoint is: at a URI that you know, or where the metadata of its issuer says (RFC 8414).
///
/// ```
/// use oauth2_client_credentials::{EndpointUri, Issuer};
/// use tower_oauth2_client_credentials::EndpointLocation;
///
/// let known = EndpointLocation::from(EndpointUri::new("https://as.example.com/token")?);
/// let discovered = EndpointLocation::from(Issuer::new("https://as.example.com")?);
/// # Ok::<(), tower_oauth2_client_credentials::BoxError>(())
/// ```
#[derive(Clone, Debug)]
pub struct EndpointLocation {
    place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Place {
    Known(EndpointUri),
    /// Clones of an endpoint share what was read.
    Discovered(Arc<Discovery>),
}

impl EndpointLocation {
    pub(super) fn into_place(self) -> Place {
        self.place
    }
}

impl Place {
    pub(super) fn discovery(&self) -> Option<&Arc<Discovery>> {
        match self {
            Self::Known(_) => None,
            Self::Discovered(discovery) => Some(discovery),
        }
    }

    /// What it is called before anything was read, and for ever.
    pub(super) fn identity(&self) -> String {
        match self {
            Self::Known(endpoint) => format!("token endpoint {}", endpoint.uri()),
            Self::Discovered(discovery) => format!("issuer {}", discovery.issuer()),
        }
    }
}

impl From<EndpointUri> for EndpointLocation {
    fn from(endpoint: EndpointUri) -> Self {
        Self {
            place: Place::Known(endpoint),
        }
    }
}

impl From<Issuer> for EndpointLocation {
    fn from(issuer: Issuer) -> Self {
        Self {
            place: Place::Discovered(Arc::new(Discovery::new(issuer))),
        }
    }
}
