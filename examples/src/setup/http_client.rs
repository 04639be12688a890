//! The layer's HTTP client, which trusts whom the options say and shows the certificate that they name.

use std::{fs, path::Path, time::Duration};

use tower_oauth2_client_credentials::HttpClient;

use super::{
    failure::{Failure, causes},
    options::Options,
    tls,
};

/// It follows no redirect. A whole request has this long with it.
///
/// # Errors
///
/// A file cannot be read, or has something else in it, or this system has no roots and the options name none.
pub(crate) fn http_client(options: &Options, timeout: Duration) -> Result<HttpClient, Failure> {
    // Which of the files is at fault the client could not say.
    tls::client_config(options)?;
    let mut client = HttpClient::builder().timeout(timeout);
    if let Some(path) = &options.ca_file {
        client = client.root_certificates_pem(read(path)?);
    }
    if let (Some(certificate), Some(key)) = (&options.cert_file, &options.cert_key_file) {
        client = client.client_certificate_pem(read(certificate)?, read(key)?);
    }
    client
        .build()
        .map_err(|error| Failure::configuration(causes(&error)))
}

fn read(path: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(path).map_err(|error| Failure::configuration(format!("{}: {error}", path.display())))
}
