//! The requests that are sent: four headers beside the token, and of some a name of the token that they need.

use http::{HeaderMap, HeaderName, HeaderValue, Uri, header};
use oauth2_client_credentials::TokenRequest;

use crate::api::{Request, Response};

/// The headers beside the token.
const HEADERS: [HeaderName; 4] = [
    header::ACCEPT,
    header::USER_AGENT,
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("traceparent"),
];

/// Makes requests, one after the other, in the memory of the last one.
#[derive(Clone, Debug)]
pub struct Requests {
    uri: Uri,
    memory: HeaderMap,
    /// What the requests need tokens for, in turn; none: they do not say.
    named: Vec<TokenRequest>,
    next: usize,
}

impl Requests {
    /// `named`: so many different scopes in turn; 0: none is named.
    pub fn new(named: usize) -> Self {
        let scope = |number| format!("orders.{number}.read");
        let request = |number| TokenRequest::builder().scope(&scope(number)).build();
        Self {
            uri: Uri::from_static("https://api.example.com/v1/orders?state=open"),
            memory: HeaderMap::with_capacity(8),
            named: (0..named)
                .map(|number| request(number).expect("a scope"))
                .collect(),
            next: 0,
        }
    }

    /// The same with other requests than another's.
    pub fn fork(&self) -> Self {
        self.clone()
    }

    #[inline]
    pub fn make(&mut self) -> Request {
        let mut request = Request::default();
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        *headers = std::mem::take(&mut self.memory);
        for name in HEADERS {
            let value = HeaderValue::from_static("00-0af7651916cd43dd8448eb211c80319c-01");
            headers.insert(name, value);
        }
        if let Some(named) = self.named.get(self.next) {
            request.extensions_mut().insert(named.clone());
            self.next = (self.next + 1) % self.named.len();
        }
        request
    }

    /// Takes the headers' memory back. All of them go: to take out the token alone would be a cost that only a token has.
    #[inline]
    pub fn take_back(&mut self, mut response: Response) {
        self.memory = std::mem::take(response.headers_mut());
        self.memory.clear();
    }
}
