//! Who asks, and how it authenticates.

use oauth2_client_credentials::{
    Client, ClientAuthentication, ClientError, ClientSecretBasic, ClientSecretPost,
    NoAuthentication, SecretString,
};

use crate::{
    arguments::{Arguments, Method},
    failure::Failure,
    secret,
};

/// The client, and its secret if it has one.
///
/// # Errors
///
/// What the client is to authenticate with is missing, cannot be read, or does not go with the method.
pub(crate) fn client(arguments: &Arguments) -> Result<(Client, Option<SecretString>), Failure> {
    // Nothing is guessed where there is no material: a client that authenticates with nothing says so.
    let method = arguments.auth.unwrap_or(Method::ClientSecretBasic);
    check(arguments, method)?;
    let encoding = arguments.basic_encoding.unwrap_or_default();
    let (authentication, secret): (ClientAuthentication, _) = match method {
        Method::None => (NoAuthentication.into(), None),
        Method::ClientSecretPost => {
            let secret = secret_of(arguments)?;
            (ClientSecretPost::new(secret.clone()).into(), Some(secret))
        }
        Method::ClientSecretBasic => {
            let secret = secret_of(arguments)?;
            let basic = ClientSecretBasic::new(secret.clone()).encoding(encoding);
            (basic.into(), Some(secret))
        }
    };
    let client =
        Client::new(&arguments.client_id, authentication).map_err(|error| match error {
            // In the id or in the secret, and the secret is no argument.
            ClientError::ControlCharacter => Failure::configuration(error.to_string()),
            error => Failure::arguments("--client-id", error),
        })?;
    Ok((client, secret))
}

/// Options that the method would pass over are mistakes.
fn check(arguments: &Arguments, method: Method) -> Result<(), Failure> {
    if method == Method::None && arguments.client_secret_file.is_some() {
        return Err(Failure::arguments(
            "--client-secret-file",
            "the method none has no secret; leave out one of the two",
        ));
    }
    if method != Method::ClientSecretBasic && arguments.basic_encoding.is_some() {
        return Err(Failure::arguments(
            "--basic-encoding",
            "it goes with client_secret_basic and with no other method",
        ));
    }
    Ok(())
}

fn secret_of(arguments: &Arguments) -> Result<SecretString, Failure> {
    secret::read(arguments.client_secret_file.as_deref())?.ok_or_else(|| {
        Failure::arguments(
            "--client-secret-file",
            "there is no secret to authenticate with; give its file, or set CLIENT_SECRET in the environment, or say \
             --auth none for a client that has none",
        )
    })
}
