//! A message as an entry of the name index.

use dunlin_model::Message;
use dunlin_topic::Named;

/// A message under its own topic: 8 bytes.
#[derive(Clone, Debug)]
pub(crate) struct RetainedMessage(pub(crate) Message);

impl Named for RetainedMessage {
    fn name(&self) -> &[u8] {
        self.0.topic_bytes()
    }
}
