//! How a connection fails.

use std::{error::Error, fmt, io};

/// A connection that failed because the test kit was told to let it fail.
///
/// It is the error of both servers when they are called in-process, and of a [`Body`](crate::Body) that breaks off.
/// Its [`source`](Error::source) is a [`std::io::Error`] of the kind that a socket reports, so that code which looks
/// for one in the chain of causes finds it.
#[derive(Debug)]
pub struct Fault(io::Error);

impl Fault {
    pub(crate) fn connect() -> Self {
        Self(io::ErrorKind::ConnectionRefused.into())
    }

    pub(crate) fn reset() -> Self {
        Self(io::ErrorKind::ConnectionReset.into())
    }

    pub(crate) fn torn() -> Self {
        Self(io::ErrorKind::UnexpectedEof.into())
    }

    /// No connection came about: nothing was sent.
    pub fn is_connect(&self) -> bool {
        self.0.kind() == io::ErrorKind::ConnectionRefused
    }

    /// The request was sent, and the connection was reset before the answer.
    pub fn is_reset(&self) -> bool {
        self.0.kind() == io::ErrorKind::ConnectionReset
    }

    /// The connection ended in the middle of the body.
    pub fn is_torn(&self) -> bool {
        self.0.kind() == io::ErrorKind::UnexpectedEof
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.kind() {
            io::ErrorKind::ConnectionRefused => "cannot connect to the test server",
            io::ErrorKind::ConnectionReset => "the test server reset the connection",
            _ => "the test server ended the body early",
        })
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fault_is_of_one_kind_and_names_its_cause() {
        for (fault, kinds, cause) in [
            (
                Fault::connect(),
                [true, false, false],
                io::ErrorKind::ConnectionRefused,
            ),
            (
                Fault::reset(),
                [false, true, false],
                io::ErrorKind::ConnectionReset,
            ),
            (
                Fault::torn(),
                [false, false, true],
                io::ErrorKind::UnexpectedEof,
            ),
        ] {
            assert_eq!(
                [fault.is_connect(), fault.is_reset(), fault.is_torn()],
                kinds
            );
            let source = fault.source().unwrap().downcast_ref::<io::Error>().unwrap();
            assert_eq!(source.kind(), cause);
        }
    }
}
