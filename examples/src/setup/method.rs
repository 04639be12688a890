//! How the client authenticates, by the names of the registry (RFC 7591 §2).

/// A method that can be named.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Method {
    ClientSecretBasic,
    ClientSecretPost,
    ClientSecretJwt,
    PrivateKeyJwt,
    TlsClientAuth,
    SelfSignedTlsClientAuth,
    None,
}

impl Method {
    const ALL: [Self; 7] = [
        Self::ClientSecretBasic,
        Self::ClientSecretPost,
        Self::ClientSecretJwt,
        Self::PrivateKeyJwt,
        Self::TlsClientAuth,
        Self::SelfSignedTlsClientAuth,
        Self::None,
    ];

    /// For the command line.
    ///
    /// # Errors
    ///
    /// There is no such method; the text says which there are.
    pub(crate) fn from_name(name: &str) -> Result<Self, String> {
        let named = Self::ALL.into_iter().find(|method| method.name() == name);
        named.ok_or_else(|| {
            let names = Self::ALL.map(Self::name);
            format!("no such method; use one of {}", names.join(", "))
        })
    }

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::ClientSecretBasic => "client_secret_basic",
            Self::ClientSecretPost => "client_secret_post",
            Self::ClientSecretJwt => "client_secret_jwt",
            Self::PrivateKeyJwt => "private_key_jwt",
            Self::TlsClientAuth => "tls_client_auth",
            Self::SelfSignedTlsClientAuth => "self_signed_tls_client_auth",
            Self::None => "none",
        }
    }

    /// Whether the client's secret is what it authenticates with.
    pub(crate) fn has_secret(self) -> bool {
        matches!(
            self,
            Self::ClientSecretBasic | Self::ClientSecretPost | Self::ClientSecretJwt
        )
    }

    /// Whether the client signs an assertion.
    pub(crate) fn has_assertion(self) -> bool {
        matches!(self, Self::ClientSecretJwt | Self::PrivateKeyJwt)
    }

    /// Whether the client's certificate is what it authenticates with.
    pub(crate) fn has_certificate(self) -> bool {
        matches!(self, Self::TlsClientAuth | Self::SelfSignedTlsClientAuth)
    }
}
