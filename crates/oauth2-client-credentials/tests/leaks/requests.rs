//! What is asked for, where, and how a token is shown.

use http::{Method, Request};
use oauth2_client_credentials::{
    Bearer, BearerInForm, BearerInQuery, EndpointUri, Mac, MacAlgorithm, OnExisting,
    RefreshRequest, Revocation, TokenRequest, TokenResponse, TokenType, TokenTypeHint, WellKnown,
};

use crate::{SECRET, TOKEN, shown::Shown};

pub(crate) fn show(shown: &Shown) {
    asked(shown);
    places(shown);
    presented(shown);
}

fn asked(shown: &Shown) {
    let builder = TokenRequest::builder()
        .scope("read")
        .parameter("api_key", SECRET);
    shown.debug(&builder);
    let request = builder.build().unwrap();
    shown.debug(request.scope().unwrap());
    shown.debug(&request);
    let body = TokenRequest::builder().extend_body(&format!("api_key={SECRET}"));
    shown.debug(&body.build().unwrap());
    for wrong in [
        TokenRequest::builder().parameter("client_secret", SECRET),
        TokenRequest::builder().extend_body(&format!("client_secret={SECRET}")),
        TokenRequest::builder().extend_body(&format!("a b={SECRET}")),
    ] {
        let error = wrong.build().unwrap_err();
        shown.debug(&error.kind());
        shown.error(&error);
    }
    shown.debug(&RefreshRequest::new(TOKEN).parameter("api_key", SECRET));
    shown.debug(&Revocation::new(TOKEN).token_type_hint(TokenTypeHint::AccessToken));
    shown.debug(&TokenTypeHint::RefreshToken);
}

fn places(shown: &Shown) {
    shown.debug(&WellKnown::OpenIdConfiguration);
    // Some servers want a key in the query.
    let endpoint = EndpointUri::new(&format!("https://as.example.com/token?api_key={SECRET}"));
    shown.debug(&endpoint.unwrap());
    for wrong in [
        format!("https://svc:{SECRET}@as.example.com/token"),
        format!("http://as.example.com/token?key={SECRET}"),
        format!("https://as.example.com/token#{SECRET}"),
        SECRET.to_owned(),
    ] {
        shown.error(&EndpointUri::new(&wrong).unwrap_err());
    }
}

fn presented(shown: &Shown) {
    let token = TokenResponse::new(TOKEN).unwrap();
    shown.debug(&OnExisting::Replace);
    shown.debug(&Bearer::new());
    shown.debug(&BearerInForm::new());
    shown.debug(&BearerInQuery::against_rfc_9700());
    let other = TokenResponse::builder(TOKEN).token_type(TokenType::DPoP);
    shown.error(
        &Bearer::new()
            .header_value(&other.build().unwrap())
            .unwrap_err(),
    );
    let plain = Request::get(format!("http://a.example/?{SECRET}"))
        .body(())
        .unwrap();
    let (mut plain, ()) = plain.into_parts();
    shown.error(&Bearer::new().attach(&mut plain, &token).unwrap_err());

    let mac = Mac::draft_01(SECRET, MacAlgorithm::HmacSha256);
    shown.debug(&MacAlgorithm::HmacSha256);
    shown.debug(&mac);
    let parts = Request::builder()
        .method(Method::GET)
        .uri("https://a.example/");
    let (parts, ()) = parts.body(()).unwrap().into_parts();
    shown.debug(&mac.sign(&parts, b"", TOKEN, 1, "nonce").unwrap());
    shown.error(&Mac::draft_01_from(&token).unwrap_err());
    let relative = Request::get("/").body(()).unwrap().into_parts().0;
    shown.error(&mac.sign(&relative, b"", TOKEN, 1, "nonce").unwrap_err());
}
