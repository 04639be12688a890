//! Any text as what is asked for, and where: the lines of the input are the endpoint, the scope, a resource, a parameter's name and its
//! value, and a body to extend. What can be asked for is read back from the request as it was meant.
#![no_main]

use libfuzzer_sys::fuzz_target;
use oauth2_client_credentials::{Client, ClientSecretPost, EndpointUri, TokenRequest};

fuzz_target!(|input: &[u8]| {
    let Ok(text) = std::str::from_utf8(input) else {
        return;
    };
    let mut lines = text.splitn(6, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let endpoint = match EndpointUri::new(next()) {
        Ok(endpoint) => endpoint,
        Err(error) => {
            assert!(!error.to_string().contains(char::is_control));
            EndpointUri::new("https://as.example.com/token").expect("an endpoint")
        }
    };
    assert!(endpoint.is_secure());
    let (scope, resource, name, value, body) = (next(), next(), next(), next(), next());
    let mut builder = TokenRequest::builder().scope(scope);
    if !resource.is_empty() {
        builder = builder.resource(resource);
    }
    if !name.is_empty() {
        builder = builder.parameter(name, value);
    }
    if !body.is_empty() {
        builder = builder.extend_body(body);
    }
    let request = match builder.build() {
        Ok(request) => request,
        Err(error) => {
            assert!(!error.to_string().contains(char::is_control));
            return;
        }
    };
    let client = Client::new("svc", ClientSecretPost::new("s3cr3t")).expect("a client");
    let sent = client
        .token_request(&endpoint, &request)
        .expect("what could be built can be sent");
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(sent.body())
        .into_owned()
        .collect();
    let values = |wanted: &str| -> Vec<&str> {
        let pairs = pairs.iter().filter(|(name, _)| name == wanted);
        pairs.map(|(_, value)| &**value).collect()
    };
    assert_eq!(values("grant_type"), ["client_credentials"]);
    assert_eq!(values("client_id"), ["svc"]);
    assert_eq!(values("client_secret"), ["s3cr3t"]);
    assert!(values("scope").len() <= 1);
    let asked: Vec<_> = scope.split(' ').filter(|token| !token.is_empty()).collect();
    let sent_scope = values("scope").concat();
    assert!(
        asked.is_empty()
            || sent_scope.split(' ').all(|token| asked.contains(&token))
            || !body.is_empty()
    );
    // One without a value is as one that is not there (RFC 6749 §3.2).
    if !name.is_empty() && !value.is_empty() {
        assert!(values(name).contains(&value), "{name}={value}");
    }
});
