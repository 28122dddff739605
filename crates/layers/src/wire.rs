//! The connection below all layers.

use mio::event::Source;
use mio::net::TcpStream;
use std::io::{Read, Write};
use std::net::Shutdown;

/// A non-blocking connection. [`TcpStream`], or one in memory whose reads and writes a test cuts where it likes.
pub(crate) trait Wire: Read + Write + Send {
    /// To register it with an event loop.
    fn source(&mut self) -> &mut dyn Source;

    /// Nothing more will be written. Errors mean that the peer is gone already.
    fn shut_down_write(&mut self);
}

impl Wire for TcpStream {
    fn source(&mut self) -> &mut dyn Source {
        self
    }

    fn shut_down_write(&mut self) {
        let _ = self.shutdown(Shutdown::Write);
    }
}
