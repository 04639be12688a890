//! Any bytes as metadata: what follows the first line feed is the document, what
//! stands before it is the issuer.
#![no_main]

use http::StatusCode;
use libfuzzer_sys::fuzz_target;
use oauth2_client_credentials::{Issuer, WellKnown};

fuzz_target!(|input: &[u8]| {
    let end = input
        .iter()
        .position(|byte| *byte == b'\n')
        .unwrap_or(input.len());
    let (issuer, document) = input.split_at(end);
    let Some(issuer) = std::str::from_utf8(issuer)
        .ok()
        .and_then(|text| Issuer::new(text).ok())
    else {
        return;
    };
    for place in [
        WellKnown::OAuthAuthorizationServer,
        WellKnown::OpenIdConfiguration,
    ] {
        let uri = issuer.metadata_uri(place);
        let given: http::Uri = issuer.as_str().parse().expect("an issuer is a URI");
        assert_eq!(uri.authority(), given.authority());
        assert_eq!(uri.scheme(), given.scheme());
        assert!(uri.path().contains("/.well-known/"));
    }
    match issuer.decode_metadata_parts(StatusCode::OK, document) {
        Ok(metadata) => {
            assert_eq!(metadata.issuer(), issuer.as_str());
            for has_certificate in [false, true] {
                assert!(metadata.token_endpoint(has_certificate).is_secure());
                let revocation = metadata.revocation_endpoint(has_certificate);
                assert!(revocation.is_none_or(|endpoint| endpoint.is_secure()));
                if let Ok(endpoint) = metadata.checked_token_endpoint(has_certificate) {
                    assert_eq!(endpoint, metadata.token_endpoint(has_certificate));
                }
            }
            let basic = ["client_secret_basic".to_owned()];
            let is_by_default = metadata.auth_methods() == basic;
            assert!(!is_by_default || metadata.supports_auth_method(&basic[0]));
            let _ = format!("{metadata:?}");
        }
        Err(error) => assert!(!error.to_string().contains(char::is_control)),
    }
});
