//! What stands beside a request that was sent, in case its token is refused.

use http::{Request, Response};

use crate::{
    attach::Attach,
    event::Verdict,
    refusal::{self, RejectedWhen},
    source::{Sent, TokenSource},
};

/// Only there if the layer was told to judge differently, or to keep requests.
pub(crate) struct Watching<S, ReqBody> {
    pub(crate) rejected_when: Option<RejectedWhen>,
    pub(crate) again: Option<Again<S, ReqBody>>,
}

/// A request as it was before it got its token, and the service to send it through.
pub(crate) struct Again<S, ReqBody> {
    pub(crate) inner: S,
    pub(crate) attach: Attach,
    pub(crate) request: Request<ReqBody>,
}

impl<S, ReqBody> Again<S, ReqBody> {
    pub(crate) fn new(inner: S, attach: Attach, sent: &Request<ReqBody>, body: ReqBody) -> Self {
        let mut request = Request::new(body);
        *request.method_mut() = sent.method().clone();
        *request.uri_mut() = sent.uri().clone();
        *request.version_mut() = sent.version();
        *request.headers_mut() = sent.headers().clone();
        *request.extensions_mut() = sent.extensions().clone();
        Self {
            inner,
            attach,
            request,
        }
    }
}

/// A request that is to be sent once more with another token than this one, and the answer to fall back on.
pub(crate) struct Refused<S, ReqBody, Res> {
    pub(crate) source: TokenSource,
    pub(crate) generation: u64,
    pub(crate) answer: Res,
    pub(crate) again: Again<S, ReqBody>,
    pub(crate) watching: Box<Watching<S, ReqBody>>,
}

type ToSendAgain<S, ReqBody, ResBody> = Box<Refused<S, ReqBody, Response<ResBody>>>;

/// Looks at an answer. If it refuses the token the source is told; `Err` if the request is to be sent once more.
#[cold]
#[inline(never)]
pub(crate) fn look<S, ReqBody, ResBody>(
    sent: Sent,
    watching: Option<Box<Watching<S, ReqBody>>>,
    answer: Response<ResBody>,
) -> Result<Response<ResBody>, ToSendAgain<S, ReqBody, ResBody>> {
    let (parts, body) = answer.into_parts();
    let refused = match watching.as_ref().and_then(|it| it.rejected_when.as_ref()) {
        Some(judge) => judge.holds(&parts),
        None => refusal::is_rejection(&parts),
    };
    let answer = Response::from_parts(parts, body);
    // Without a source the token is forgotten already.
    let Some(source) = refused.then(|| sent.source()).flatten() else {
        return Ok(answer);
    };
    let verdict = source.refused(sent.generation);
    let Some(mut watching) = watching.filter(|_| verdict != Verdict::Throttled) else {
        return Ok(answer);
    };
    let Some(again) = watching.again.take() else {
        return Ok(answer);
    };
    Err(Box::new(Refused {
        source,
        generation: sent.generation,
        answer,
        again,
        watching,
    }))
}
