//! Whether a packet of a client that is in may be handled. Traces and spans are told.

use super::{Worker, authorizing::Leave};
use crate::shared::Shared;
use dunlin_codec::Packet;

impl Worker {
    /// Whether the client may send this packet, of so many bytes.
    #[inline]
    pub(super) fn leave_to_handle(
        &mut self,
        shared: &Shared,
        slot: u32,
        packet: &Packet<'_>,
        length: usize,
        is_limited: bool,
        is_traced: bool,
    ) -> Leave {
        if self.spans.is_some() {
            self.begin_packet_span(shared, slot, packet);
        }
        let leave = if is_limited {
            self.leave_within_limits(shared, slot, packet, length)
        } else {
            self.leave_for(shared, slot, packet)
        };
        if self.spans.is_some() && !matches!(leave, Leave::Awaited) {
            self.end_packet_span(shared, slot, &leave);
        }
        if is_traced {
            self.trace_received(slot, packet, &leave);
        }
        leave
    }
}
