//! The service of `proto/stock.proto`, which knows nothing of tokens: a method of each kind.

use std::pin::Pin;

use tokio_stream::{Stream, StreamExt, iter};
use tonic::{Request, Response, Status, Streaming};

use crate::stock::{Item, Quantity, stock_server::Stock};

/// A shop that has as many pieces of an item as its name has letters.
#[derive(Clone, Copy, Debug, Default)]
#[non_exhaustive]
pub struct Shop;

type Quantities = Pin<Box<dyn Stream<Item = Result<Quantity, Status>> + Send>>;

impl Shop {
    /// A shop.
    #[must_use]
    pub fn new() -> Self {
        Self
    }
}

#[tonic::async_trait]
impl Stock for Shop {
    type WatchStream = Quantities;
    type ReserveStream = Quantities;

    async fn count(&self, request: Request<Item>) -> Result<Response<Quantity>, Status> {
        Ok(Response::new(quantity(&request.into_inner())))
    }

    async fn deliver(
        &self,
        request: Request<Streaming<Item>>,
    ) -> Result<Response<Quantity>, Status> {
        let mut items = request.into_inner();
        let mut pieces = 0;
        while items.message().await?.is_some() {
            pieces += 1;
        }
        Ok(Response::new(Quantity { pieces }))
    }

    async fn watch(&self, request: Request<Item>) -> Result<Response<Self::WatchStream>, Status> {
        let now = quantity(&request.into_inner());
        let sold = (0..=now.pieces).rev().map(|pieces| Ok(Quantity { pieces }));
        Ok(Response::new(Box::pin(iter(sold))))
    }

    async fn reserve(
        &self,
        request: Request<Streaming<Item>>,
    ) -> Result<Response<Self::ReserveStream>, Status> {
        let items = request.into_inner();
        Ok(Response::new(Box::pin(
            items.map(|item| Ok(quantity(&item?))),
        )))
    }
}

fn quantity(item: &Item) -> Quantity {
    let pieces = item.name.chars().count();
    Quantity {
        pieces: u32::try_from(pieces).unwrap_or(u32::MAX),
    }
}
