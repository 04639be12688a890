//! Fields of AMQP 0-9-1 (§4.2).

use tower_oauth2_client_credentials::BoxError;

/// What is left to read of a method's fields.
pub(crate) struct Fields<'a> {
    rest: &'a [u8],
}

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn u16(&mut self) -> Result<u16, BoxError> {
        Ok(u16::from_be_bytes(self.take(2)?.try_into()?))
    }

    pub(crate) fn u32(&mut self) -> Result<u32, BoxError> {
        Ok(u32::from_be_bytes(self.take(4)?.try_into()?))
    }

    pub(crate) fn short_string(&mut self) -> Result<String, BoxError> {
        let length = self.take(1)?[0];
        Ok(String::from_utf8_lossy(self.take(length.into())?).into_owned())
    }

    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    fn take(&mut self, length: usize) -> Result<&'a [u8], BoxError> {
        let (taken, rest) = self
            .rest
            .split_at_checked(length)
            .ok_or("the broker sent a method that ends too early")?;
        self.rest = rest;
        Ok(taken)
    }
}

/// Up to 255 bytes, with their number before them.
pub(crate) fn short_string(text: &str) -> Result<Vec<u8>, BoxError> {
    let length = u8::try_from(text.len())?;
    Ok([&[length], text.as_bytes()].concat())
}

/// A long string, or a table that is encoded already. No token is as long as its length can tell.
pub(crate) fn long_string(bytes: &[u8]) -> Vec<u8> {
    let length = u32::try_from(bytes.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), bytes].concat()
}
