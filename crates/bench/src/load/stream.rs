//! One (publisher, topic).

use crate::wire::PublishHead;

/// A topic a publisher writes to, and how far it has come.
#[derive(Debug)]
pub struct Stream {
    /// Prepared PUBLISH.
    pub head: PublishHead,
    /// Index of the publisher.
    pub publisher: u32,
    /// Messages sent so far, and so the next sequence number.
    pub sent: u64,
}
