//! The command line as it is written; what it means is found out in [`crate::job`].

use clap::{
    CommandFactory, Parser,
    error::{ContextKind, ContextValue, ErrorKind},
};

use crate::setup::options::Options;

/// Fetches an OAuth 2.0 access token with the client credentials grant, and shows it or uses it.
#[derive(Parser)]
#[command(
    name = "token",
    after_help = "Environment:\n  CLIENT_SECRET  the client's secret, unless --client-secret-file is given\n\n\
                  Plain http is for loopback only: 127.0.0.0/8, ::1, localhost."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) options: Options,

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
