//! The layer's errors as gRPC statuses, and gRPC statuses that the layer does not see.

use std::sync::Arc;

use http::Response;
use http_body_util::BodyExt;
use tonic::{Status, body::Body};
use tower_oauth2_client_credentials::{BoxError, SentToken, TokenError};

/// What the generated client returns for an error of its service.
///
/// Without a token a call ends with `Unauthenticated` or `Unavailable` (see [`TokenError::grpc_code`]) and a message that says what to
/// do; the [`TokenError`] is the status's source, which [`TokenError::find`] finds. All other errors are as tonic has them.
#[must_use]
pub fn status(error: BoxError) -> Status {
    let Some(token) = TokenError::find(&*error) else {
        return Status::from_error(error);
    };
    let mut status = Status::new(token.grpc_code().into(), token.to_string());
    status.set_source(Arc::new(token.clone()));
    status
}

/// Looks at a call's trailers, as the layer looks at its headers: where they say `UNAUTHENTICATED`, the next call has a new token.
///
/// tonic's servers and most others say so in the headers when they refuse a call. In the trailers it is where a proxy stands in
/// between, or where a stream was refused after it had begun.
#[must_use]
pub fn watch_trailers(response: Response<Body>) -> Response<Body> {
    let Some(sent) = response.extensions().get::<SentToken>().cloned() else {
        return response;
    };
    response.map(|body| {
        Body::new(body.map_frame(move |frame| {
            let status = frame.trailers_ref().and_then(|it| it.get("grpc-status"));
            if status.is_some_and(|status| status == "16") {
                sent.reject();
            }
            frame
        }))
    })
}
