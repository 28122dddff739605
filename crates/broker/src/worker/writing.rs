//! Out-buffers go to the network, once a turn.

use super::{Worker, connection::NONE, connection::Phase, reading::reason_of};
use crate::shared::Shared;
use dunlin_model::DisconnectReason;
use dunlin_telemetry::Metric;
use dunlin_transport::Stream;
use std::io;

/// What a write did.
enum Written {
    /// The buffer is empty and back in the pool.
    All,
    /// The socket took a part, or nothing.
    Part,
    /// All that may be written now: the rest waits for the disk.
    Held,
    /// The connection is broken.
    Failed(DisconnectReason),
}

/// Written bytes at the front of an out-buffer are cut off from this many on.
const WRITTEN_BYTES_MAX: usize = 64 * 1024;

impl Worker {
    /// Writes every connection that was touched in this turn.
    pub(super) fn flush_dirty(&mut self, shared: &Shared) {
        let mut dirty = std::mem::take(&mut self.dirty);
        for slot in dirty.drain(..) {
            if let Some(connection) = self.connections.get_mut(slot) {
                connection.dirty = false;
                if connection.blocked_since.is_none() {
                    self.flush(shared, slot);
                }
            }
        }
        // Closing may have touched others; they are flushed in the next turn at the latest.
        if self.dirty.is_empty() {
            self.dirty = dirty;
        }
    }

    /// The socket takes bytes again.
    pub(super) fn socket_writable(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if connection.blocked_since.is_none() {
            return;
        }
        connection.blocked_since = None;
        match connection.stream.flush() {
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                connection.blocked_since = Some(self.now);
                return;
            }
            Err(error) => {
                self.close_connection(shared, slot, reason_of(&error));
                return;
            }
            Ok(()) => {}
        }
        self.flush(shared, slot);
    }

    /// An out-buffer is above the high watermark: tries to write now; if that does not help, deliveries go to the queue. What
    /// grows then is only what answers the client's own packets: after another mark of that it is no longer read from. Not
    /// earlier, because a client may be busy writing and read afterwards.
    pub(super) fn relieve(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if connection.blocked_since.is_none() {
            self.flush(shared, slot);
        }
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let pending = connection.pending();
        let mark = shared.settings.high_watermark_bytes;
        if connection.congested {
            connection.reading_paused |= pending > (connection.congested_pending as usize).saturating_add(mark);
        } else if pending > mark {
            connection.congested = true;
            connection.congested_pending = u32::try_from(pending).unwrap_or(u32::MAX);
            self.tell_congestion(shared, slot, true);
        }
    }

    fn flush(&mut self, shared: &Shared, slot: u32) {
        match self.write_out(shared, slot) {
            Written::All => self.drained(shared, slot),
            Written::Held => self.cut_written(slot),
            Written::Part => {
                self.cut_written(slot);
                if let Some(connection) = self.connections.get_mut(slot) {
                    connection.note_full(self.now);
                }
                self.arm_connection(shared, slot);
            }
            Written::Failed(reason) => self.close_connection(shared, slot, reason),
        }
    }

    fn write_out(&mut self, shared: &Shared, slot: u32) -> Written {
        if self.connections.get(slot).is_some_and(|connection| connection.is_traced) {
            self.trace_sent(slot);
        }
        let Some(connection) = self.connections.get_mut(slot) else { return Written::All };
        loop {
            let writable = connection.writable();
            if writable.is_empty() {
                break;
            }
            let wanted = writable.len();
            let (stream, bytes) = (&mut connection.stream, &connection.out[connection.written..][..wanted]);
            match stream.write(bytes) {
                Ok(count) => {
                    shared.counters[self.index].add(Metric::BytesSent, count as u64);
                    connection.written += count;
                    connection.count_written(count);
                    let is_full = match connection.stream {
                        // A layer takes so much at a time.
                        Stream::Layered(_) => connection.stream.wants_write(),
                        Stream::Tcp(_) | Stream::Local(_) => count < wanted,
                    };
                    if is_full {
                        connection.blocked_since = Some(self.now);
                        return Written::Part;
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                    connection.blocked_since = Some(self.now);
                    return Written::Part;
                }
                Err(error) => return Written::Failed(reason_of(&error)),
            }
        }
        if connection.pending() > 0 {
            return Written::Held;
        }
        connection.written = 0;
        connection.move_traced(usize::MAX);
        self.buffers.give_back(std::mem::take(&mut connection.out));
        Written::All
    }

    /// A peer that always takes a part and never all must not make the buffer grow by what it has taken.
    fn cut_written(&mut self, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if connection.written > WRITTEN_BYTES_MAX && connection.written > connection.out.len() / 2 {
            connection.cut_written();
        }
    }

    /// Everything is written: what waited for room can go on.
    fn drained(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if matches!(connection.phase, Phase::Lingering) {
            connection.stream.shutdown_write();
            return;
        }
        if connection.reading_paused {
            connection.reading_paused = false;
            // What it has sent meanwhile is still unread: it was not silent.
            connection.last_packet_at = self.now;
            self.unread.push(slot);
        }
        let was_congested = std::mem::take(&mut connection.congested);
        let session_slot = connection.session;
        let Some(entry) = self.sessions.get_mut(session_slot) else { return };
        let backlog = entry.session.has_backlog();
        if was_congested || backlog {
            self.tell_congestion(shared, slot, false);
        }
        self.retained_may_go_on(session_slot);
        self.feed_may_go_on(session_slot);
    }

    pub(super) fn tell_congestion(&mut self, shared: &Shared, slot: u32, congested: bool) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let session_slot = connection.session;
        if session_slot == NONE {
            return;
        }
        let Some(entry) = self.sessions.get_mut(session_slot) else { return };
        let turn = self.watch.turn(self.now, &entry.zone.session);
        let mut side = Vec::new();
        let mut out = connection.outbox(&mut side, &mut self.sent);
        entry.session.set_congested(turn, congested, &mut out);
        if !connection.out.is_empty() && !connection.dirty && connection.blocked_since.is_none() {
            connection.dirty = true;
            self.dirty.push(slot);
        }
        let is_paced = connection.is_paced;
        self.defer_all(shared, session_slot, side);
        self.run_deferred(shared);
        if is_paced {
            self.pace(shared, slot);
        }
    }
}
