//! Which names of parameters go together.

use std::collections::BTreeSet;

use crate::form;
use crate::request_error::{RequestError, RequestErrorKind};

use super::TokenRequestBuilder;

impl TokenRequestBuilder {
    /// That no name is reserved, and none from a body of the caller's comes again.
    pub(super) fn check_names(&self) -> Result<(), RequestError> {
        for (name, _) in &self.parameters {
            self.check_name(name)?;
        }
        self.check_body()
    }

    fn check_name(&self, name: &str) -> Result<(), RequestError> {
        let taken = match name {
            "grant_type"
            | "client_id"
            | "client_secret"
            | "client_assertion"
            | "client_assertion_type" => true,
            "scope" => self.scope.is_some(),
            "resource" => !self.resource.is_empty(),
            "audience" => self.audience.is_some(),
            "authorization_details" => self.authorization_details.is_some(),
            _ => false,
        };
        if taken {
            return Err(RequestError::parameter_only(
                RequestErrorKind::ReservedParameter,
                name,
            ));
        }
        Ok(())
    }

    fn check_body(&self) -> Result<(), RequestError> {
        if self.body.is_empty() {
            return Ok(());
        }
        let unreadable = || RequestError::parameter_only(RequestErrorKind::InvalidBody, "");
        if !self.body.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(unreadable());
        }
        let mut seen: BTreeSet<_> = self
            .parameters
            .iter()
            .filter(|(_, value)| !value.is_empty())
            .map(|(name, _)| name.clone().into())
            .collect();
        for pair in form::pairs(&self.body) {
            let (name, _) = pair.map_err(|_| unreadable())?;
            self.check_name(&name)?;
            // RFC 8707 §2 lets this one come again.
            if name != "resource" && seen.contains(&name) {
                return Err(RequestError::parameter_only(
                    RequestErrorKind::RepeatedParameter,
                    &name,
                ));
            }
            seen.insert(name);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::TokenRequest;
    use super::*;

    fn body(builder: TokenRequestBuilder) -> String {
        String::from_utf8(builder.build().unwrap().body().to_vec()).unwrap()
    }

    fn failure(builder: TokenRequestBuilder) -> (RequestErrorKind, String) {
        let error = builder.build().unwrap_err();
        (error.kind(), error.parameter().to_owned())
    }

    #[test]
    fn an_existing_body_repeats_no_name() {
        use RequestErrorKind::{InvalidBody, RepeatedParameter, ReservedParameter};
        for (builder, kind, name) in [
            (
                TokenRequest::builder().extend_body("grant_type=password"),
                ReservedParameter,
                "grant_type",
            ),
            (
                TokenRequest::builder().extend_body("client%5Fsecret=x"),
                ReservedParameter,
                "client_secret",
            ),
            (
                TokenRequest::builder().extend_body("scope=a").scope("b"),
                ReservedParameter,
                "scope",
            ),
            (
                TokenRequest::builder().extend_body("a=1&%61=2"),
                RepeatedParameter,
                "a",
            ),
            (
                TokenRequest::builder()
                    .extend_body("a=1")
                    .extend_body("a=2"),
                RepeatedParameter,
                "a",
            ),
            (
                TokenRequest::builder()
                    .extend_body("a=1")
                    .parameter("a", "2"),
                RepeatedParameter,
                "a",
            ),
            (
                TokenRequest::builder().extend_body("a=1 2"),
                InvalidBody,
                "",
            ),
            (
                TokenRequest::builder().extend_body("a=%ff"),
                InvalidBody,
                "",
            ),
            (
                TokenRequest::builder().extend_body("a=\r\nb"),
                InvalidBody,
                "",
            ),
        ] {
            assert_eq!(failure(builder), (kind, name.to_owned()));
        }
        assert_eq!(
            body(TokenRequest::builder().extend_body("scope=a")),
            "scope=a&grant_type=client_credentials"
        );
    }

    #[test]
    fn what_may_repeat_beside_an_existing_body() {
        assert_eq!(
            body(TokenRequest::builder().extend_body("resource=urn%3Aa&resource=urn%3Ab")),
            "resource=urn%3Aa&resource=urn%3Ab&grant_type=client_credentials"
        );
        assert_eq!(
            body(
                TokenRequest::builder()
                    .extend_body("a=1")
                    .parameter("a", "")
            ),
            "a=1&grant_type=client_credentials"
        );
        assert_eq!(
            failure(
                TokenRequest::builder()
                    .extend_body("resource=urn%3Aa")
                    .resource("urn:b")
            ),
            (RequestErrorKind::ReservedParameter, "resource".to_owned())
        );
    }

    #[test]
    fn reserved_names_are_refused_whatever_the_value() {
        for name in [
            "grant_type",
            "client_id",
            "client_secret",
            "client_assertion",
            "client_assertion_type",
        ] {
            for value in ["", "x"] {
                let builder = TokenRequest::builder().parameter(name, value);
                assert_eq!(
                    failure(builder),
                    (RequestErrorKind::ReservedParameter, name.to_owned())
                );
            }
        }
    }
}
