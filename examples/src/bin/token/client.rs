//! Who asks, and how it authenticates.

use oauth2_client_credentials::{
    AssertionTemplate, Client, ClientAssertion, ClientAuthentication, ClientError,
    ClientSecretBasic, ClientSecretJwt, ClientSecretPost, Material, MaterialError, Metadata,
    NoAuthentication, PrivateKeyJwt, SecretString, SelfSignedTlsClientAuth, TlsClientAuth,
};

use crate::{
    arguments::Arguments,
    failure::{Failure, causes},
    key,
    method::Method,
    secret,
};

/// What the client can prove itself with, the best first, checked as far as that goes without the server.
#[derive(Debug)]
pub(crate) struct Candidates {
    client_id: String,
    /// By the method that was named.
    named: Option<Client>,
    /// Without one, and never empty then.
    materials: Vec<Material>,
    secret: Option<SecretString>,
}

impl Candidates {
    /// # Errors
    ///
    /// What the client is to authenticate with is missing, cannot be read, or does not go with the method.
    pub(crate) fn new(arguments: &Arguments) -> Result<Self, Failure> {
        let mut this = Self {
            client_id: arguments.client_id.clone(),
            named: None,
            materials: Vec::new(),
            secret: secret::read(arguments.client_secret_file.as_deref())?,
        };
        match arguments.auth {
            Some(method) => {
                check(arguments, &[method])?;
                let authentication = this.authentication(arguments, method)?;
                let client = Client::new(&this.client_id, authentication);
                this.named = Some(client.map_err(not_a_client)?);
            }
            None => {
                this.materials = this.materials(arguments)?;
                // Those that make no client are mistakes, whatever the server lists.
                this.choose(None)?;
            }
        }
        Ok(this)
    }

    /// Nothing is guessed where there is nothing: a client that authenticates with nothing says so.
    fn materials(&self, arguments: &Arguments) -> Result<Vec<Material>, Failure> {
        let (mut methods, mut materials) = (Vec::new(), Vec::new());
        if arguments.cert_file.is_some() {
            methods.push(Method::TlsClientAuth);
            materials.push(Material::Certificate);
        }
        if arguments.key_file.is_some() || arguments.assertion_file.is_some() {
            methods.push(Method::PrivateKeyJwt);
            materials.push(assertions(arguments)?);
        }
        if let Some(secret) = &self.secret {
            methods.push(Method::ClientSecretBasic);
            materials.push(basic(arguments, secret).into());
        }
        if materials.is_empty() {
            return Err(no_secret());
        }
        check(arguments, &methods)?;
        Ok(materials)
    }

    fn authentication(
        &self,
        arguments: &Arguments,
        method: Method,
    ) -> Result<ClientAuthentication, Failure> {
        let secret = || self.secret.as_ref().ok_or_else(no_secret);
        Ok(match method {
            Method::None => NoAuthentication.into(),
            Method::TlsClientAuth => TlsClientAuth.into(),
            Method::SelfSignedTlsClientAuth => SelfSignedTlsClientAuth.into(),
            Method::ClientSecretPost => ClientSecretPost::new(secret()?.clone()).into(),
            Method::ClientSecretBasic => basic(arguments, secret()?).into(),
            Method::ClientSecretJwt => {
                let jwt = ClientSecretJwt::new(secret()?.clone()).template(template(arguments));
                match arguments.alg {
                    Some(algorithm) => jwt.algorithm(algorithm).into(),
                    None => jwt.into(),
                }
            }
            Method::PrivateKeyJwt => assertions(arguments)?
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

fn basic(arguments: &Arguments, secret: &SecretString) -> ClientSecretBasic {
    ClientSecretBasic::new(secret.clone()).encoding(arguments.basic_encoding.unwrap_or_default())
}

/// A key that signs assertions, or one that somebody else has signed.
fn assertions(arguments: &Arguments) -> Result<Material, Failure> {
    match (&arguments.key_file, &arguments.assertion_file) {
        (Some(path), _) => {
            let jwt = PrivateKeyJwt::new(key::read(path, arguments.alg)?);
            Ok(jwt.template(template(arguments)).into())
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

fn template(arguments: &Arguments) -> AssertionTemplate {
    let mut template = AssertionTemplate::new();
    if let Some(issuer) = &arguments.issuer {
        template = template.issuer(issuer);
    }
    if let Some(audience) = &arguments.assertion_audience {
        template = template.audience(audience);
    }
    if let Some(typ) = &arguments.assertion_typ {
        template = template.typ(typ);
    }
    if let Some(key_id) = &arguments.key_id {
        template = template.key_id(key_id);
    }
    template
}

/// Options that every method would pass over are mistakes.
fn check(arguments: &Arguments, methods: &[Method]) -> Result<(), Failure> {
    let any = |goes_with: fn(Method) -> bool| methods.iter().any(|method| goes_with(*method));
    let is_key = |method| method == Method::PrivateKeyJwt;
    let is_basic = |method| method == Method::ClientSecretBasic;
    let signs = any(Method::has_assertion) && arguments.assertion_file.is_none();
    let rows = [
        (
            "--client-secret-file",
            arguments.client_secret_file.is_some(),
            any(Method::has_secret),
        ),
        (
            "--basic-encoding",
            arguments.basic_encoding.is_some(),
            any(is_basic),
        ),
        ("--key-file", arguments.key_file.is_some(), any(is_key)),
        (
            "--assertion-file",
            arguments.assertion_file.is_some(),
            any(is_key),
        ),
        ("--alg", arguments.alg.is_some(), signs),
        ("--key-id", arguments.key_id.is_some(), signs),
        (
            "--assertion-audience",
            arguments.assertion_audience.is_some(),
            signs,
        ),
        ("--assertion-typ", arguments.assertion_typ.is_some(), signs),
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
    if any(Method::has_certificate) && arguments.cert_file.is_none() {
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
