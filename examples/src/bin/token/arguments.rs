//! The command line as it is written; what it means is found out in [`crate::job`].

use std::path::PathBuf;

use clap::{
    CommandFactory, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};
use oauth2_client_credentials::BasicEncoding;

/// Fetches an OAuth 2.0 access token with the client credentials grant, and shows it or uses it.
#[derive(Parser)]
#[command(
    name = "token",
    after_help = "Environment:\n  CLIENT_SECRET  the client's secret, unless --client-secret-file is given\n\n\
                  Plain http is for loopback only: 127.0.0.0/8, ::1, localhost."
)]
pub(crate) struct Arguments {
    /// The token endpoint
    #[arg(long, value_name = "URL")]
    pub(crate) token_endpoint: String,

    /// The id that the authorization server knows the client by
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,

    /// client_secret_basic (the default for a client with a secret), client_secret_post or none
    #[arg(long, value_name = "METHOD", value_parser = method)]
    pub(crate) auth: Option<Method>,

    /// The file that has the client's secret in it; a line end after it is not part of it
    #[arg(long, value_name = "PATH")]
    pub(crate) client_secret_file: Option<PathBuf>,

    /// How client_secret_basic encodes id and secret: form (default), strict or raw
    #[arg(long, value_name = "ENCODING", value_parser = basic_encoding)]
    pub(crate) basic_encoding: Option<BasicEncoding>,

    /// A scope to ask for; may be repeated
    #[arg(long, value_name = "SCOPE")]
    pub(crate) scope: Vec<String>,

    /// A resource that the token is for, an absolute URI; may be repeated
    #[arg(long, value_name = "URI")]
    pub(crate) resource: Vec<String>,

    /// The audience that the token is for
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) audience: Option<String>,

    /// Authorization details: a JSON array of objects, each with a type
    #[arg(long, value_name = "JSON")]
    pub(crate) authorization_details: Option<String>,

    /// One more parameter of the token request; may be repeated
    #[arg(long, value_name = "NAME=VALUE")]
    pub(crate) param: Vec<String>,

    /// Refuse answers that are not what the RFCs ask for
    #[arg(long)]
    pub(crate) strict: bool,

    /// Certificates, in PEM, of authorities to trust beside those of the system
    #[arg(long, value_name = "PATH")]
    pub(crate) ca_file: Option<PathBuf>,

    /// Fetch this with the token, through the layer
    #[arg(long, value_name = "URL")]
    pub(crate) get: Option<String>,

    /// How many times to fetch it [default: as many as --concurrency]
    #[arg(long, value_name = "N", requires = "get", value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) repeat: Option<u32>,

    /// How many of them at the same time [default: 1]
    #[arg(long, value_name = "N", requires = "get", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    pub(crate) concurrency: Option<u32>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// How the client authenticates, by its name in the registry (RFC 7591 §2).
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(crate) enum Method {
    ClientSecretBasic,
    ClientSecretPost,
    None,
}

/// What the program will take when the crates below it can do it.
const OPTIONS_TO_COME: [&str; 11] = [
    "--issuer",
    "--assertion-audience",
    "--assertion-typ",
    "--key-file",
    "--key-id",
    "--alg",
    "--assertion-file",
    "--cert-file",
    "--cert-key-file",
    "--dpop",
    "--dpop-key-file",
];

const METHODS_TO_COME: [&str; 4] = [
    "client_secret_jwt",
    "private_key_jwt",
    "tls_client_auth",
    "self_signed_tls_client_auth",
];

/// Reads the arguments of this process.
///
/// # Errors
///
/// They are not what they have to be, or ask for help; the error says which, and with which status to exit.
pub(crate) fn read() -> Result<Arguments, clap::Error> {
    Arguments::try_parse().map_err(explain)
}

/// Says more about options that are unknown for a reason.
fn explain(error: clap::Error) -> clap::Error {
    let name = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(name))) => name.as_str(),
        _ => return error,
    };
    let message = if OPTIONS_TO_COME.contains(&name) {
        format!("{name} is not supported yet by this version")
    } else if name == "--client-secret" {
        "a secret is never an argument, for other users of the machine can see it: use --client-secret-file, or \
         CLIENT_SECRET in the environment"
            .to_owned()
    } else if !name.starts_with('-') {
        // Not repeated: it may be what belonged into a file.
        "there is a value without an option before it".to_owned()
    } else {
        return error;
    };
    Arguments::command().error(ErrorKind::UnknownArgument, message)
}

fn method(name: &str) -> Result<Method, String> {
    match name {
        "client_secret_basic" => Ok(Method::ClientSecretBasic),
        "client_secret_post" => Ok(Method::ClientSecretPost),
        "none" => Ok(Method::None),
        _ => Err(format!(
            "{}; use client_secret_basic, client_secret_post or none",
            if METHODS_TO_COME.contains(&name) {
                "not supported yet by this version"
            } else {
                "no such method"
            }
        )),
    }
}

fn basic_encoding(name: &str) -> Result<BasicEncoding, &'static str> {
    match name {
        "form" => Ok(BasicEncoding::Form),
        "strict" => Ok(BasicEncoding::Strict),
        "raw" => Ok(BasicEncoding::Raw),
        _ => Err("use form, strict or raw"),
    }
}
