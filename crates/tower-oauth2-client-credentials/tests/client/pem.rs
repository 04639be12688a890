//! What it is given in PEM.

use std::{error::Error as _, fmt::Write as _};

use tower_oauth2_client_credentials::{HttpClient, HttpClientBuilder};

use crate::servers::Authority;

/// All that anybody could print of the failure.
fn refused(builder: HttpClientBuilder) -> String {
    let mut text = format!("{builder:?}\n");
    let error = builder.build().unwrap_err();
    write!(text, "{error}\n{error:?}\n").unwrap();
    if let Some(source) = error.source() {
        write!(text, "{source}\n{source:?}").unwrap();
    }
    text
}

#[test]
fn what_cannot_be_read_is_named_and_not_shown() {
    let authority = Authority::new();
    let (certificate, key) = authority.client();
    // Line ends are lost in variables of the environment: then the parser's error has the whole key.
    let lost = key.replace('\n', "");
    let not_base64 = key.replacen("\nM", "\n!M", 1);
    let torn = key.split("-----END").next().unwrap();
    let no_certificate = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    let secret: String = key.lines().nth(1).unwrap().chars().take(24).collect();
    let bytes = format!("{:?}", secret.as_bytes());
    let bytes = bytes.trim_matches(['[', ']']);
    assert!(lost.contains(&secret));

    let builder = HttpClient::builder;
    for bad in ["", "no pem", &key, &lost, no_certificate] {
        let text = refused(builder().root_certificates_pem(bad));
        assert!(
            text.contains("root certificates that this program was given"),
            "{text}"
        );
        assert!(!text.contains(&secret) && !text.contains(bytes), "{text}");

        let text = refused(crate::builder().client_certificate_pem(bad, &*key));
        assert!(text.contains("client certificate"), "{text}");
        assert!(!text.contains(&secret) && !text.contains(bytes), "{text}");
    }
    for bad in ["", &certificate, &lost, &not_base64, torn] {
        let text = refused(crate::builder().client_certificate_pem(&*certificate, bad));
        assert!(text.contains("the key of the client certificate"), "{text}");
        assert!(!text.contains(&secret) && !text.contains(bytes), "{text}");
    }
}

#[test]
fn the_key_of_another_certificate_is_refused() {
    let authority = Authority::new();
    let ((certificate, _), (_, key)) = (authority.client(), authority.client());
    let text = refused(crate::builder().client_certificate_pem(certificate, key));
    assert!(text.contains("belong together"), "{text}");
}

#[test]
fn nothing_of_the_key_is_in_what_is_shown() {
    let authority = Authority::new();
    let (certificate, key) = authority.client();
    let builder = crate::builder().client_certificate_pem(certificate, &*key);
    let mut shown = format!("{builder:?}");
    write!(shown, "{:?}", builder.build().unwrap()).unwrap();
    assert!(shown.contains("client_certificate: true"), "{shown}");
    assert!(shown.len() < 300, "{shown}");
}
