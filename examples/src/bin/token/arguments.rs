//! The command line as it is written; what it means is found out in [`crate::job`].

use std::path::PathBuf;

use clap::{
    CommandFactory, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};
use oauth2_client_credentials::{BasicEncoding, JwsAlgorithm};

use crate::{key, method::Method};

/// Fetches an OAuth 2.0 access token with the client credentials grant, and shows it or uses it.
#[derive(Parser)]
#[command(
    name = "token",
    after_help = "Environment:\n  CLIENT_SECRET  the client's secret, unless --client-secret-file is given\n\n\
                  Plain http is for loopback only: 127.0.0.0/8, ::1, localhost."
)]
pub(crate) struct Arguments {
    /// The issuer, whose metadata says where its token endpoint is
    #[arg(long, value_name = "URL", required_unless_present = "token_endpoint")]
    pub(crate) issuer: Option<String>,

    /// The token endpoint itself
    #[arg(long, value_name = "URL", conflicts_with = "issuer")]
    pub(crate) token_endpoint: Option<String>,

    /// The id that the authorization server knows the client by
    #[arg(long, value_name = "ID")]
    pub(crate) client_id: String,

    /// How the client authenticates: client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt,
    /// tls_client_auth, self_signed_tls_client_auth or none [default: by what it has. A certificate: tls_client_auth; a key or
    /// an assertion: private_key_jwt; a secret: client_secret_basic, or client_secret_post if the server lists only that]
    #[arg(long, value_name = "METHOD", value_parser = Method::from_name)]
    pub(crate) auth: Option<Method>,

    /// The file that has the client's secret in it; a line end after it is not part of it
    #[arg(long, value_name = "PATH")]
    pub(crate) client_secret_file: Option<PathBuf>,

    /// How client_secret_basic encodes id and secret: form (default), strict or raw
    #[arg(long, value_name = "ENCODING", value_parser = basic_encoding)]
    pub(crate) basic_encoding: Option<BasicEncoding>,

    /// The audience of the assertions that the client signs [default: the issuer, or else the token endpoint]
    #[arg(long, value_name = "AUDIENCE")]
    pub(crate) assertion_audience: Option<String>,

    /// The type of the assertions that the client signs [default: client-authentication+jwt]; some servers know JWT only
    #[arg(long, value_name = "TYPE")]
    pub(crate) assertion_typ: Option<String>,

    /// The file that has the client's private key in it, in PEM or as a JWK
    #[arg(long, value_name = "PATH")]
    pub(crate) key_file: Option<PathBuf>,

    /// Which of the client's keys that is, for the server [default: what the JWK says]
    #[arg(long, value_name = "KID")]
    pub(crate) key_id: Option<String>,

    /// How assertions are signed: ES256, RS256, PS256, EdDSA, … [default: what goes with the key; HS256 with a secret]
    #[arg(long, value_name = "ALGORITHM", value_parser = key::algorithm)]
    pub(crate) alg: Option<JwsAlgorithm>,

    /// The file that has an assertion in it, which somebody else made
    #[arg(long, value_name = "PATH", conflicts_with = "key_file")]
    pub(crate) assertion_file: Option<PathBuf>,

    /// The file that has the client's certificate in it, in PEM, with its chain; both servers are shown it
    #[arg(long, value_name = "PATH", requires = "cert_key_file")]
    pub(crate) cert_file: Option<PathBuf>,

    /// The file that has the private key of that certificate in it, in PEM
    #[arg(long, value_name = "PATH", requires = "cert_file")]
    pub(crate) cert_key_file: Option<PathBuf>,

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

    /// Have the token bound to a key (DPoP): one that is new, or the one in --dpop-key-file
    #[arg(long)]
    pub(crate) dpop: bool,

    /// The file that has the key in it that tokens are bound to, in PEM or as a JWK
    #[arg(long, value_name = "PATH", requires = "dpop")]
    pub(crate) dpop_key_file: Option<PathBuf>,

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
    #[arg(long, value_name = "N", requires = "get", value_parser = requests)]
    pub(crate) repeat: Option<u32>,

    /// How many of them at the same time [default: 1]
    #[arg(long, value_name = "N", requires = "get", value_parser = at_once)]
    pub(crate) concurrency: Option<u32>,

    /// Print one JSON object
    #[arg(long)]
    pub(crate) json: bool,
}

/// Reads the arguments of this process.
///
/// # Errors
///
/// They are not what they have to be, or ask for help; the error says which, and with which status to exit.
pub(crate) fn read() -> Result<Arguments, clap::Error> {
    Arguments::try_parse().map_err(explain)
}

/// Says more about options that are unknown for a reason, and nothing of values in the wrong place.
fn explain(mut error: clap::Error) -> clap::Error {
    if error.get(ContextKind::InvalidValue).is_some() {
        // Not repeated: it may be what belonged to another option, or into a file.
        let hidden = ContextValue::String("…".to_owned());
        error.insert(ContextKind::InvalidValue, hidden);
    }
    let name = match (error.kind(), error.get(ContextKind::InvalidArg)) {
        (ErrorKind::UnknownArgument, Some(ContextValue::String(name))) => name.as_str(),
        _ => return error,
    };
    let message = if name == "--client-secret" {
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

fn requests(count: &str) -> Result<u32, &'static str> {
    let count = count.parse().ok().filter(|count| *count > 0);
    count.ok_or("use a number from 1 to 4294967295")
}

fn at_once(count: &str) -> Result<u32, &'static str> {
    let count = requests(count).ok().filter(|count| *count <= 10_000);
    count.ok_or("use a number from 1 to 10000")
}

fn basic_encoding(name: &str) -> Result<BasicEncoding, &'static str> {
    match name {
        "form" => Ok(BasicEncoding::Form),
        "strict" => Ok(BasicEncoding::Strict),
        "raw" => Ok(BasicEncoding::Raw),
        _ => Err("use form, strict or raw"),
    }
}
