//! Where sessions without a connection write to.

use dunlin_session::{Outbox, Output, Sent, Traffic};

/// Takes what a session writes while its client is away. A session writes nothing then; its calls need a place all the same.
#[derive(Default)]
pub(super) struct Nowhere {
    pub(super) wire: Vec<u8>,
    pub(super) traffic: Traffic,
}

impl Nowhere {
    /// An outbox for a session without a connection.
    pub(super) fn outbox<'a>(&'a mut self, outputs: &'a mut Vec<Output>, sent: &'a mut Sent) -> Outbox<'a> {
        Outbox { wire: &mut self.wire, outputs, sent, traffic: &mut self.traffic }
    }
}
