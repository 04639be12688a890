//! Who asks, and how it authenticates.

use oauth2_client_credentials::{
    AssertionTemplate, Client, ClientAssertion, ClientAuthentication, ClientError,
    ClientSecretBasic, ClientSecretJwt, ClientSecretPost, Material, MaterialError, Metadata,
    NoAuthentication, PrivateKeyJwt, SecretString, SelfSignedTlsClientAuth, TlsClientAuth,
};

use super::{
    failure::{Failure, causes},
    key,
    method::Method,
    options::Options,
    secret,
};

/// What the client can prove itself with, the best first, checked as far as that goes without the server.
#[derive(Debug)]
pub(crate) struct Candidates {
    pub(super) client_id: String,
    /// By the method that was named.
    pub(super) named: Option<Client>,
    /// Without one, and never empty then.
    pub(super) materials: Vec<Material>,
    secret: Option<SecretString>,
}

impl Candidates {
    /// # Errors
    ///
    /// What the client is to authenticate with is missing, cannot be read, or does not go with the method.
    pub(crate) fn new(options: &Options) -> Result<Self, Failure> {
        let mut this = Self {
            client_id: options.client_id.clone(),
            named: None,
            materials: Vec::new(),
            secret: secret::read(options.client_secret_file.as_deref())?,
        };
        match options.auth {
            Some(method) => {
                check(options, &[method])?;
                let authentication = this.authentication(options, method)?;
                let client = Client::new(&this.client_id, authentication);
                this.named = Some(client.map_err(not_a_client)?);
            }
            None => {
                this.materials = this.materials(options)?;
                // Those that make no client are mistakes, whatever the server lists.
                this.choose(None)?;
            }
        }
        Ok(this)
    }

    /// Nothing is guessed where there is nothing: a client that authenticates with nothing says so.
    fn materials(&self, options: &Options) -> Result<Vec<Material>, Failure> {
        let (mut methods, mut materials) = (Vec::new(), Vec::new());
        if options.cert_file.is_some() {
            methods.push(Method::TlsClientAuth);
            materials.push(Material::Certificate);
        }
        if options.key_file.is_some() || options.assertion_file.is_some() {
            methods.push(Method::PrivateKeyJwt);
            materials.push(assertions(options)?);
        }
        if let Some(secret) = &self.secret {
            methods.push(Method::ClientSecretBasic);
            materials.push(basic(options, secret).into());
        }
        if materials.is_empty() {
            return Err(no_secret());
        }
        check(options, &methods)?;
        Ok(materials)
    }

    fn authentication(
        &self,
        options: &Options,
        method: Method,
    ) -> Result<ClientAuthentication, Failure> {
        let secret = || self.secret.as_ref().ok_or_else(no_secret);
        Ok(match method {
            Method::None => NoAuthentication.into(),
            Method::TlsClientAuth => TlsClientAuth.into(),
            Method::SelfSignedTlsClientAuth => SelfSignedTlsClientAuth.into(),
            Method::ClientSecretPost => ClientSecretPost::new(secret()?.clone()).into(),
            Method::ClientSecretBasic => basic(options, secret()?).into(),
            Method::ClientSecretJwt => {
                let jwt = ClientSecretJwt::new(secret()?.clone()).template(template(options));
                match options.alg {
                    Some(algorithm) => jwt.algorithm(algorithm).into(),
                    None => jwt.into(),
                }
            }
            Method::PrivateKeyJwt => assertions(options)?
                .into_authentication(None)
                .map_err(|error| Failure::configuration(causes(&error)))?,
        })
    }

    /// The client, by the method that was named, or by the first that the server does not rule out.
    ///
    /// # Errors
    ///
    /// It rules out all of them.
    pub(crate) fn choose(&self, metadata: Option<&Metadata>) -> Result<Client, Failure> {
        if let Some(client) = &self.named {
            return Ok(client.clone());
        }
        let mut reasons = Vec::new();
        for material in &self.materials {
            match material.clone().into_client(&self.client_id, metadata) {
                Ok(client) => return Ok(client),
                Err(MaterialError::Client(error)) => return Err(not_a_client(error)),
                Err(error) => reasons.push(causes(&error)),
            }
        }
        Err(Failure::configuration(format!(
            "{} (with --auth, or with --token-endpoint in the place of --issuer)",
            reasons.join("; ")
        )))
    }

    /// What must not be shown.
    pub(crate) fn secret(&self) -> Option<&SecretString> {
        self.secret.as_ref()
    }
}

pub(super) fn basic(options: &Options, secret: &SecretString) -> ClientSecretBasic {
    ClientSecretBasic::new(secret.clone()).encoding(options.basic_encoding.unwrap_or_default())
}

/// A key that signs assertions, or one that somebody else has signed.
fn assertions(options: &Options) -> Result<Material, Failure> {
    match (&options.key_file, &options.assertion_file) {
        (Some(path), _) => {
            let jwt = PrivateKeyJwt::new(key::read(path, options.alg)?);
            Ok(jwt.template(template(options)).into())
        }
        (None, Some(path)) => {
            let assertion = secret::in_file("assertion", path)?;
            Ok(ClientAssertion::new(assertion).into())
        }
        (None, None) => Err(Failure::arguments(
            "--key-file",
            "private_key_jwt needs a key to sign with; give its file, or that of an assertion with --assertion-file",
        )),
    }
}

fn template(options: &Options) -> AssertionTemplate {
    let mut template = AssertionTemplate::new();
    if let Some(issuer) = &options.issuer {
        template = template.issuer(issuer);
    }
    if let Some(audience) = &options.assertion_audience {
        template = template.audience(audience);
    }
    if let Some(typ) = &options.assertion_typ {
        template = template.typ(typ);
    }
    if let Some(key_id) = &options.key_id {
        template = template.key_id(key_id);
    }
    template
}

/// Options that every method would pass over are mistakes.
fn check(options: &Options, methods: &[Method]) -> Result<(), Failure> {
    let any = |goes_with: fn(Method) -> bool| methods.iter().any(|method| goes_with(*method));
    let is_key = |method| method == Method::PrivateKeyJwt;
    let is_basic = |method| method == Method::ClientSecretBasic;
    let signs = any(Method::has_assertion) && options.assertion_file.is_none();
    let rows = [
        (
            "--client-secret-file",
            options.client_secret_file.is_some(),
            any(Method::has_secret),
        ),
        (
            "--basic-encoding",
            options.basic_encoding.is_some(),
            any(is_basic),
        ),
        ("--key-file", options.key_file.is_some(), any(is_key)),
        (
            "--assertion-file",
            options.assertion_file.is_some(),
            any(is_key),
        ),
        ("--alg", options.alg.is_some(), signs),
        ("--key-id", options.key_id.is_some(), signs),
        (
            "--assertion-audience",
            options.assertion_audience.is_some(),
            signs,
        ),
        ("--assertion-typ", options.assertion_typ.is_some(), signs),
    ];
    for (option, is_given, has_use) in rows {
        if is_given && !has_use {
            let names: Vec<_> = methods.iter().map(|method| method.name()).collect();
            let reason = format!(
                "a client that authenticates with {} has no use for it; leave it out, or name another method with --auth",
                names.join(" or ")
            );
            return Err(Failure::arguments(option, reason));
        }
    }
    if any(Method::has_certificate) && options.cert_file.is_none() {
        return Err(Failure::arguments(
            "--cert-file",
            "mutual TLS needs a certificate; give its file and that of its key (--cert-key-file)",
        ));
    }
    Ok(())
}

fn not_a_client(error: ClientError) -> Failure {
    match error {
        ClientError::EmptyClientId | ClientError::ColonInClientId => {
            Failure::arguments("--client-id", error)
        }
        ClientError::UnsupportedAlgorithm => Failure::arguments("--alg", error),
        // In a file, or in the environment.
        error => Failure::configuration(error.to_string()),
    }
}

fn no_secret() -> Failure {
    Failure::arguments(
        "--client-secret-file",
        "there is nothing to authenticate with; give the file of a secret, or set CLIENT_SECRET in the environment, or give a \
         key (--key-file), an assertion (--assertion-file) or a certificate (--cert-file), or say --auth none for a client \
         that has none",
    )
}
