//! What is measured: clients of an API, each of which has its own way to a token.

mod fixed;
#[cfg(feature = "peers")]
pub mod peers;
mod this;

use std::{
    future::Future,
    hint::{self, black_box},
    pin::{Pin, pin},
    task::{Context, Poll, Waker},
    thread,
};

use tower::{BoxError, Service};

pub use fixed::{control, fixed, none};
pub use this::{kept, this_of};

use crate::{
    api::{Answer, Request, Response},
    endpoint::Endpoint,
    requests::Requests,
};

/// The ones that every case has: no token, one that never changes, the same once more, and this project.
pub const ALWAYS: [&str; 4] = ["none", "static", "control", "this"];

/// Something that sends requests with a token.
pub trait Client: Clone + Send + Sync + 'static {
    type Error: Into<BoxError> + Send;
    fn send(
        &mut self,
        request: Request,
    ) -> impl Future<Output = Result<Response, Self::Error>> + Send;
}

/// Any tower service.
#[derive(Clone, Debug)]
pub struct Tower<S>(pub S);

impl<S> Client for Tower<S>
where
    S: Service<Request, Response = Response> + Clone + Send + Sync + 'static,
    S::Error: Into<BoxError> + Send,
    S::Future: Send,
{
    type Error = S::Error;

    #[inline]
    fn send(
        &mut self,
        request: Request,
    ) -> impl Future<Output = Result<Response, Self::Error>> + Send {
        // Every API here is ready at any time.
        let _ = self.0.poll_ready(&mut Context::from_waker(Waker::noop()));
        self.0.call(request)
    }
}

/// How a client is used: one for all requests, or a clone for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Use {
    LongLived,
    ClonePerRequest,
}

/// A future whose type does not matter.
pub type Sending = Pin<Box<dyn Future<Output = Result<Response, BoxError>> + Send>>;

/// A client with its requests. The loop of [`run`](Self::run) is compiled for each client by itself.
pub trait Subject: Send + Sync {
    fn name(&self) -> &'static str;
    /// Sends so many requests, one after the other.
    fn run(&mut self, count: u32, usage: Use);
    /// Another clone, for another thread.
    fn fork(&self) -> Box<dyn Subject>;
    /// Sends one through a clone, as a server's handler does.
    fn send(&self, request: Request) -> Sending;
    /// The heap that each of so many requests takes beside itself while all wait, in bytes.
    fn waiting(&self, count: usize) -> f64;
}

/// The one implementation of [`Subject`].
struct Through<C> {
    name: &'static str,
    client: C,
    requests: Requests,
}

/// A subject of a client.
pub fn subject<C: Client>(name: &'static str, client: C, requests: Requests) -> Box<dyn Subject> {
    Box::new(Through {
        name,
        client,
        requests,
    })
}

impl<C: Client> Subject for Through<C> {
    fn name(&self) -> &'static str {
        self.name
    }

    fn run(&mut self, count: u32, usage: Use) {
        for _ in 0..count {
            let request = black_box(self.requests.make());
            let answer = match usage {
                Use::LongLived => poll(self.client.send(request)),
                Use::ClonePerRequest => poll(self.client.clone().send(request)),
            };
            let Ok(answer) = answer else {
                panic!("{}: a warm request cannot fail", self.name)
            };
            self.requests.take_back(black_box(answer));
        }
    }

    fn fork(&self) -> Box<dyn Subject> {
        subject(self.name, self.client.clone(), self.requests.fork())
    }

    fn send(&self, request: Request) -> Sending {
        let mut client = self.client.clone();
        Box::pin(async move { client.send(request).await.map_err(Into::into) })
    }

    fn waiting(&self, count: usize) -> f64 {
        let mut clients: Vec<_> = (0..count).map(|_| self.client.clone()).collect();
        let requests: Vec<_> = (0..count).map(|_| self.requests.fork().make()).collect();
        let mut waiting = Vec::with_capacity(count);
        let before = live();
        for (client, request) in clients.iter_mut().zip(requests) {
            let mut sending = Box::pin(client.send(request));
            let polled = sending
                .as_mut()
                .poll(&mut Context::from_waker(Waker::noop()));
            assert!(polled.is_pending(), "{}: it does not wait", self.name);
            waiting.push(sending);
        }
        let taken = (live() - before) as f64 / count as f64;
        taken - size_of::<Request>() as f64
    }
}

/// What the allocator has given out and not got back, in bytes.
pub fn live() -> usize {
    let stats = crate::ALLOCATOR.stats();
    stats.bytes_allocated - stats.bytes_deallocated
}

#[inline(always)]
fn poll<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    match future.as_mut().poll(&mut context) {
        Poll::Ready(output) => output,
        Poll::Pending => wait(future),
    }
}

/// For a lock that another thread has. A runtime would do something else meanwhile, and not put its thread to sleep.
#[cold]
fn wait<F: Future>(mut future: Pin<&mut F>) -> F::Output {
    loop {
        for _ in 0..100 {
            let mut context = Context::from_waker(Waker::noop());
            if let Poll::Ready(output) = future.as_mut().poll(&mut context) {
                return output;
            }
            hint::spin_loop();
        }
        thread::yield_now();
    }
}

/// How a subject is set up, where it is not all defaults.
#[derive(Clone, Copy, Debug, Default)]
pub struct Setting {
    /// So many scopes that requests name in turn; 0: they name none.
    pub keys: usize,
    /// A request whose token is refused is sent once more.
    pub replay: bool,
}

/// The subject of this name, put before an API and beside an authorization server; it may have sent no request yet.
///
/// # Errors
///
/// Those of a peer that needs the authorization server to begin.
pub async fn make<A: Answer>(
    name: &str,
    setting: Setting,
    endpoint: &Endpoint,
    answer: A,
) -> Result<Box<dyn Subject>, BoxError> {
    let requests = Requests::new(setting.keys);
    Ok(match name {
        "none" => subject("none", none(answer), requests),
        "static" => subject("static", fixed(endpoint, answer), requests),
        "control" => subject("control", control(endpoint, answer), requests),
        "this" if setting.replay => subject("this", kept(endpoint, answer), requests),
        "this" => subject("this", this_of(endpoint, answer, setting.keys), requests),
        #[cfg(feature = "peers")]
        _ => return peers::make(name, setting, endpoint, answer).await,
        #[cfg(not(feature = "peers"))]
        _ => return Err(format!("there is no {name}").into()),
    })
}

/// [`ALWAYS`], and the peers that can do what this case needs.
pub fn names(of: fn(&Abilities) -> bool) -> Vec<&'static str> {
    #[cfg(feature = "peers")]
    let peers = peers::ALL.iter();
    #[cfg(not(feature = "peers"))]
    let peers = std::iter::empty::<&(&'static str, Abilities)>();
    let able = peers.filter(|(_, abilities)| of(abilities));
    ALWAYS
        .into_iter()
        .chain(able.map(|(name, _)| *name))
        .collect()
}

/// What a peer with requests of its own types costs without a token: a subject that is measured beside it and subtracted.
pub fn bare(name: &str) -> Option<&'static str> {
    #[cfg(feature = "peers")]
    return peers::bare(name);
    #[cfg(not(feature = "peers"))]
    return name.is_empty().then_some("");
}

/// What a peer offers to those who use it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Abilities {
    /// Begins without a token, and fetches it when the first request needs one.
    pub lazy: bool,
    /// Can be told that a token was refused, or sees it.
    pub told: bool,
    /// Sends a refused request once more by itself.
    pub replay: bool,
    /// Renews a token before it ends.
    pub renews: bool,
}
