//! What stands beside a request that was sent, in case its token is refused.

use http::{Request, Response, response};

use crate::{
    attach::{Attach, Shown},
    event::Verdict,
    refusal::{self, RejectedWhen},
    source::{Sent, SentToken, TokenSource},
};

/// Only there if the layer was told to judge differently, to show tokens differently, to tell of them, or to keep requests.
pub(crate) struct Watching<S, ReqBody> {
    pub(crate) sent: Option<Sent>,
    pub(crate) rejected_when: Option<RejectedWhen>,
    pub(crate) shown: Option<Shown>,
    /// Whether the answer is to tell which token it was.
    pub(crate) tells: bool,
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

impl<S, ReqBody> Watching<S, ReqBody> {
    /// Remembers how the token was shown, for as long as the answer is awaited.
    pub(crate) fn remember(watching: &mut Option<Box<Self>>, shown: Option<Shown>) {
        if shown.is_some() {
            let nothing = Self {
                sent: None,
                rejected_when: None,
                shown: None,
                tells: false,
                again: None,
            };
            watching.get_or_insert_with(|| Box::new(nothing)).shown = shown;
        }
    }

    /// Whether the answer refuses the token.
    fn refuses(&self, answer: &response::Parts) -> bool {
        match (&self.rejected_when, &self.shown) {
            (Some(judge), _) => judge.holds(answer),
            (None, Some(shown)) => refusal::is_refusal(&shown.scheme, answer),
            (None, None) => refusal::is_rejection(answer),
        }
    }
}

/// A request that is to be sent once more, and the answer to fall back on.
pub(crate) struct Refused<S, ReqBody, Res> {
    pub(crate) source: TokenSource,
    /// It needs a newer token than this.
    pub(crate) generation: u64,
    pub(crate) answer: Res,
    pub(crate) again: Again<S, ReqBody>,
    pub(crate) watching: Box<Watching<S, ReqBody>>,
}

type Looked<S, ReqBody, Res> = Result<Res, Box<Refused<S, ReqBody, Res>>>;

/// Looks at an answer. If it refuses the token the source is told; `Err` if the request is to be sent once more.
#[inline(never)]
pub(crate) fn look<S, ReqBody, ResBody>(
    mut watching: Box<Watching<S, ReqBody>>,
    answer: Response<ResBody>,
) -> Looked<S, ReqBody, Response<ResBody>> {
    let Some(sent) = watching.sent else {
        return Ok(answer);
    };
    let (mut parts, body) = answer.into_parts();
    if watching.tells {
        parts.extensions.insert(SentToken::new(sent));
    }
    let shown = watching.shown.as_ref();
    // With what was learned just now the same token will do.
    let learned = shown.is_some_and(|shown| shown.presentation.learn(&shown.uri, &parts));
    let refused = !learned && watching.refuses(&parts);
    let answer = Response::from_parts(parts, body);
    // Without a source the token is forgotten already.
    let Some(source) = (learned || refused).then(|| sent.source()).flatten() else {
        return Ok(answer);
    };
    let verdict = refused.then(|| source.refused(sent.generation));
    if verdict == Some(Verdict::Throttled) {
        return Ok(answer);
    }
    let Some(again) = watching.again.take() else {
        return Ok(answer);
    };
    Err(Box::new(Refused {
        source,
        generation: if refused { sent.generation } else { 0 },
        answer,
        again,
        watching,
    }))
}

/// Tells the source if the answer refuses the token.
#[cold]
#[inline(never)]
pub(crate) fn tell<B>(sent: Option<Sent>, answer: Response<B>) -> Response<B> {
    let (parts, body) = answer.into_parts();
    if refusal::is_rejection(&parts)
        && let Some(sent) = sent
        && let Some(source) = sent.source()
    {
        source.refused(sent.generation);
    }
    Response::from_parts(parts, body)
}
