//! What the layers have in common.

use crate::{Naming, wire::Wire};
use dunlin_transport::{LayerEnding, PeerFacts, Stage};
use std::io::{Read, Write};

/// One layer with everything below it: a byte stream by the rules of [`dunlin_transport::LayeredStream`].
///
/// Each answer is about the layers below as well.
pub(crate) trait Layer: Read + Write + Send {
    /// What is below all layers.
    type Wire: Wire;

    /// What is below all layers.
    fn wire(&mut self) -> &mut Self::Wire;

    /// Another read may give something although the wire has not become readable since.
    fn has_pending_read(&self) -> bool;

    /// Something waits for the wire to become writable.
    fn wants_write(&self) -> bool;

    /// What is awaited before this layer gives bytes, the lowest layer first. It stays what it was when that failed.
    fn stage(&self) -> Stage;

    /// Who is at the other end. To be asked once, when [`Self::stage`] is [`Stage::Open`].
    fn take_facts(&mut self, naming: Naming) -> PeerFacts;

    /// Why there is nothing more to read: the lowest layer that has something to say about it.
    fn ending(&self) -> Option<LayerEnding>;

    /// Says goodbye, each layer after what the one above it still has to write. False when something waits for the wire: to be
    /// called again once that was flushed.
    fn farewell(&mut self) -> bool;
}
