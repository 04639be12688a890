//! The bearer token in a form.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use http::{HeaderMap, HeaderValue, Method, Request};

use crate::form;
use crate::token_response::TokenResponse;
use crate::transport::is_secure;

use super::PresentationError;
use super::accepted::Accepted;

/// Shows a token in the form that a request carries, as `access_token=…` (RFC
/// 6750 §2.2), for a server that cannot read the header.
///
/// It has to see the whole body, so it is no
/// [`Presentation`](crate::Presentation).
///
/// ```
/// use bytes::Bytes;
/// use oauth2_client_credentials::{BearerInForm, TokenResponse};
///
/// let mut request = http::Request::post("https://api.example.com/")
///     .header("content-type", "application/x-www-form-urlencoded")
///     .body(Bytes::from_static(b"a=b"))?;
/// BearerInForm::new().attach(&mut request, &TokenResponse::new("mF_9.B5f-4.1JqM")?)?;
/// assert_eq!(request.body(), "a=b&access_token=mF_9.B5f-4.1JqM");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
pub struct BearerInForm {
    accepted: Accepted,
}

impl BearerInForm {
    /// Tokens of type bearer.
    pub fn new() -> Self {
        Self::default()
    }

    /// Shows tokens of this type in the same way; see
    /// [`Bearer::treat_as_bearer`](crate::Bearer::treat_as_bearer).
    #[must_use]
    pub fn treat_as_bearer(mut self, token_type: impl Into<String>) -> Self {
        self.accepted.treat_as_bearer(token_type.into());
        self
    }

    /// Appends the token, form-encoded, to the body. What is in it is not
    /// touched; a `Content-Length` that is there is set anew.
    ///
    /// # Errors
    /// When the token must not go to this URI or not in this way; when the
    /// content type is not `application/x-www-form-urlencoded`, the content is
    /// compressed, or the method is GET or HEAD; when the form has an
    /// `access_token` already. The request is then as it was.
    pub fn attach(
        &self,
        request: &mut Request<Bytes>,
        token: &TokenResponse,
    ) -> Result<(), PresentationError> {
        if !is_secure(request.uri()) {
            return Err(PresentationError::InsecureUri);
        }
        self.accepted.check(token)?;
        if matches!(*request.method(), Method::GET | Method::HEAD) || !is_form(request.headers()) {
            return Err(PresentationError::UnsupportedPlacement);
        }
        // A form in another encoding than UTF-8 is one all the same: bytes that
        // are not ASCII cannot be mistaken for a name or a separator.
        if form::has_name(&String::from_utf8_lossy(request.body()), "access_token") {
            return Err(PresentationError::AlreadyAuthorized);
        }
        let mut pair = String::new();
        form::append_pair(&mut pair, "access_token", token.access_token().expose());
        let body = request.body();
        let separator: &[u8] = match body.last() {
            None | Some(b'&') => b"",
            Some(_) => b"&",
        };
        let body: Bytes = [body, separator, pair.as_bytes()].concat().into();
        if request.headers().contains_key(CONTENT_LENGTH) {
            let length = HeaderValue::from(body.len());
            request.headers_mut().insert(CONTENT_LENGTH, length);
        }
        *request.body_mut() = body;
        Ok(())
    }
}

fn is_form(headers: &HeaderMap) -> bool {
    let essence = |value: &HeaderValue| {
        let mut parts = value.as_bytes().split(|byte| *byte == b';');
        let essence = parts.next().unwrap_or_default().trim_ascii();
        essence.eq_ignore_ascii_case(b"application/x-www-form-urlencoded")
    };
    let mut types = headers.get_all(CONTENT_TYPE).iter();
    let is_one_form = types.next().is_some_and(essence) && types.next().is_none();
    is_one_form && !headers.contains_key(CONTENT_ENCODING)
}

#[cfg(test)]
mod tests {
    use super::*;

    const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

    fn attached(
        method: Method,
        headers: &[(&str, &str)],
        body: &'static [u8],
    ) -> Result<Request<Bytes>, PresentationError> {
        let mut request = Request::builder().method(method).uri("https://a.example/");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut request = request.body(Bytes::from_static(body)).unwrap();
        let outcome = BearerInForm::new().attach(&mut request, &TokenResponse::new("a/b").unwrap());
        if outcome.is_err() {
            assert_eq!(request.body(), body);
        }
        outcome.map(|()| request)
    }

    #[test]
    fn what_is_in_the_form_is_not_touched() {
        for (body, expected) in [
            (&b""[..], &b"access_token=a%2Fb"[..]),
            (b"a=%20+", b"a=%20+&access_token=a%2Fb"),
            (b"a&", b"a&access_token=a%2Fb"),
            (b"a=\xff", b"a=\xff&access_token=a%2Fb"),
        ] {
            let request = attached(Method::POST, &[FORM], body).unwrap();
            assert_eq!(request.body(), expected);
            assert!(!request.headers().contains_key(CONTENT_LENGTH));
        }
    }

    #[test]
    fn the_length_is_set_anew() {
        let request = attached(Method::PUT, &[FORM, ("content-length", "3")], b"a=b").unwrap();
        assert_eq!(request.headers()[CONTENT_LENGTH], "22");
        assert_eq!(request.body().len(), 22);
    }

    #[test]
    fn what_has_no_form_is_refused() {
        let charset = (
            "content-type",
            "Application/x-www-form-urlencoded ; charset=utf-8",
        );
        assert!(attached(Method::POST, &[charset], b"").is_ok());
        for (method, headers) in [
            (Method::GET, &[FORM][..]),
            (Method::HEAD, &[FORM]),
            (Method::POST, &[]),
            (Method::POST, &[("content-type", "multipart/form-data")]),
            (Method::POST, &[FORM, ("content-type", "text/plain")]),
            (Method::POST, &[FORM, ("content-encoding", "gzip")]),
        ] {
            assert_eq!(
                attached(method, headers, b"").unwrap_err(),
                PresentationError::UnsupportedPlacement,
                "{headers:?}"
            );
        }
    }

    #[test]
    fn a_token_is_there_but_once() {
        for body in [
            &b"access_token=x"[..],
            b"a=b&access%5ftoken",
            b"\xff&access_token",
        ] {
            assert_eq!(
                attached(Method::POST, &[FORM], body).unwrap_err(),
                PresentationError::AlreadyAuthorized
            );
        }
    }

    #[test]
    fn only_over_https_and_only_bearer() {
        let mut request = Request::post("http://a.example/")
            .header(FORM.0, FORM.1)
            .body(Bytes::new())
            .unwrap();
        let token = TokenResponse::builder("t").token_type("own".into()).build();
        let token = token.unwrap();
        let form = BearerInForm::new();
        let attach = |form: &BearerInForm, request: &mut _| form.attach(request, &token);
        assert_eq!(
            attach(&form, &mut request),
            Err(PresentationError::InsecureUri)
        );
        *request.uri_mut() = "https://a.example/".parse().unwrap();
        assert_eq!(
            attach(&form, &mut request),
            Err(PresentationError::UnsupportedTokenType("own".to_owned()))
        );
        assert!(attach(&form.treat_as_bearer("OWN"), &mut request).is_ok());
    }
}
