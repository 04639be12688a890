//! Any HTTP service, with its types erased.

use std::{
    pin::pin,
    sync::{Arc, Mutex, PoisonError},
};

use bytes::{Buf, BufMut, Bytes, BytesMut};
use http::{Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use tower::{ServiceExt, service_fn, util::BoxCloneService};
use tower_service::Service;

use crate::error::BoxError;

/// An HTTP service whose bodies are bytes. It need not be `Sync`, and is locked for one clone.
#[derive(Clone)]
pub(super) struct Http {
    service: Arc<Mutex<BoxCloneService<Question, Response<Bytes>, BoxError>>>,
}

/// A request, and how many bytes of the answer's body may be worth reading.
struct Question {
    request: Request<Bytes>,
    limit: usize,
}

impl Http {
    pub(super) fn new<T, B, R, F>(http: T, body: F) -> Self
    where
        T: Service<Request<B>, Response = Response<R>> + Clone + Send + 'static,
        T::Future: Send + 'static,
        T::Error: Into<BoxError>,
        F: Fn(Bytes) -> B + Clone + Send + 'static,
        B: 'static,
        R: Body + Send + 'static,
        R::Data: Send,
        R::Error: Into<BoxError>,
    {
        let service = service_fn(move |Question { request, limit }| {
            let (mut http, body) = (http.clone(), body.clone());
            async move {
                let ready = http.ready().await.map_err(Into::into)?;
                let answer = ready.call(request.map(body));
                collect(answer.await.map_err(Into::into)?, limit).await
            }
        });
        Self {
            service: Arc::new(Mutex::new(BoxCloneService::new(service))),
        }
    }

    /// Sends `request` and reads the answer, but no more of it than shows that its body has over `limit` bytes.
    pub(super) async fn send(
        &self,
        request: Request<Bytes>,
        limit: usize,
    ) -> Result<Response<Bytes>, BoxError> {
        let service = self
            .service
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        service.oneshot(Question { request, limit }).await
    }
}

async fn collect<R>(response: Response<R>, limit: usize) -> Result<Response<Bytes>, BoxError>
where
    R: Body,
    R::Error: Into<BoxError>,
{
    let (parts, body) = response.into_parts();
    let mut body = pin!(body);
    let mut bytes = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(Into::into)?.into_data() {
            let room = limit + 1 - bytes.len();
            bytes.put(data.take(room));
            if bytes.len() > limit {
                break;
            }
        }
    }
    Ok(Response::from_parts(parts, bytes.freeze()))
}
