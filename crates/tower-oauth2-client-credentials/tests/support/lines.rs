//! What `tracing` writes, kept.

use std::{
    io::{self, Write},
    sync::{Arc, Mutex},
};

/// A handle; clones write into one text.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    /// For a subscriber.
    pub(crate) fn writer(&self) -> impl Fn() -> Self + Send + Sync + use<> {
        let this = self.clone();
        move || this.clone()
    }

    /// What was written since the last time.
    pub(crate) fn take(&self) -> String {
        let bytes = std::mem::take(&mut *self.0.lock().unwrap());
        String::from_utf8(bytes).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
