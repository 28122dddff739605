//! Bytes from the network become packets, packets become inputs of a session.

use super::{Worker, authorizing::Leave, connection::Connection, connection::Phase, connection::Unfinished};
use crate::{log_throttle::Provoked, shared::Shared};
use dunlin_codec::{Ack, DecodeOptions, Packet, decode_next};
use dunlin_model::{DisconnectReason, ReasonCode};
use dunlin_session::{Fault, Outbox, Session, Turn};
use dunlin_telemetry::{CounterBlock, Metric};
use dunlin_transport::{LayerEnding, Stage};
use mio::Token;
use std::io;
use tracing::warn;

/// A leftover up to this size is copied in front of the next read; a larger one is completed where it lies.
pub(super) const LEFTOVER_MAX: usize = 8 * 1024;

/// After so many deliveries for one read the others have their turn, and what was read waits.
const DELIVERIES_PER_READ: u64 = 64 * 1024;

/// What to do after some bytes were handled.
enum Progress {
    /// Everything complete was handled; so many bytes were used.
    Used(usize),
    /// The connection is no longer here: closed, or handed to another worker.
    Gone,
}

/// What became of the packet in front.
enum Step<'a> {
    /// Handled; this follows it.
    Handled(&'a [u8]),
    /// Nothing can be handled now: the packet is incomplete, or the connection takes none.
    Stop,
    /// The connection is no longer here.
    Gone,
}

impl Worker {
    /// Registers a connection with the event loop.
    pub(super) fn adopt(&mut self, shared: &Shared, connection: Connection) -> Option<u32> {
        let (slot, _) = self.connections.insert(connection);
        let connection = self.connections.get_mut(slot)?;
        if connection.stream.register(self.poll.registry(), Token(slot as usize)).is_err() {
            self.close_connection(shared, slot, DisconnectReason::SocketError);
            return None;
        }
        if connection.stream.wants_write() {
            connection.blocked_since = Some(self.now);
        }
        self.arm_connection(shared, slot);
        Some(slot)
    }

    pub(super) fn note_read_closed(&mut self, slot: u32) {
        if let Some(connection) = self.connections.get_mut(slot) {
            connection.read_closed = true;
        }
    }

    /// Reads once. More than a buffer full waits for the next round, so that others have their turn.
    pub(super) fn socket_readable(&mut self, shared: &Shared, slot: u32) {
        let mut buffer = std::mem::take(&mut self.read_buffer);
        self.read_into(shared, slot, &mut buffer);
        self.storing.end_packet();
        self.read_buffer = buffer;
    }

    fn read_into(&mut self, shared: &Shared, slot: u32, buffer: &mut [u8]) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if connection.is_held() {
            return;
        }
        if connection.stage == Stage::Tls && !self.may_shake_hands(slot) {
            return;
        }
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if connection.unfinished == Unfinished::Read {
            connection.unfinished = Unfinished::Nothing;
            self.go_on_after_yield(shared, slot);
            return;
        }
        // Bytes handed over by another worker are complete as they are; so are those left when reading was paused.
        let kept = connection.leftover.len();
        let small = kept <= LEFTOVER_MAX;
        let start = if small { kept } else { 0 };
        if small {
            buffer[..kept].copy_from_slice(&connection.leftover);
        }
        let room = buffer.len() - start;
        let read = connection.stream.read(&mut buffer[start..]);
        let more = connection.stream.has_pending_read();
        let (count, ended) = connection.after_read(read);
        let ended = if connection.stage == Stage::Open && ended.is_none() && !connection.stream.wants_write() {
            None
        } else {
            self.look_below(shared, slot, ended)
        };
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if matches!(connection.phase, Phase::Lingering) {
            self.throw_away(shared, slot, count == room || more, ended);
            return;
        }
        // A short read means that the socket is empty: the next edge will tell. After the peer has closed there is no other
        // edge, so reading goes on until the end shows.
        if count == room || more || (connection.read_closed && ended.is_none()) {
            self.unread.push(slot);
        }
        self.counters(shared).add(Metric::BytesReceived, count as u64);
        if count > 0 || kept > 0 {
            let gone = if small {
                self.handle_small(shared, slot, &buffer[..start + count])
            } else {
                self.handle_large(shared, slot, &buffer[..count])
            };
            if gone {
                return;
            }
        }
        match self.connections.get_mut(slot) {
            // The end shows again once everything before it has been handled.
            Some(connection) if connection.unfinished == Unfinished::Read => connection.read_closed |= ended.is_some(),
            _ => {
                if let Some(reason) = ended {
                    self.close_connection(shared, slot, reason);
                }
            }
        }
    }

    /// Whether a connection in its TLS handshake may be read from in this turn; else it is in one of the next.
    #[cold]
    fn may_shake_hands(&mut self, slot: u32) -> bool {
        if self.handshake_turns.take() {
            return true;
        }
        if let Some(connection) =
            self.connections.get_mut(slot).filter(|connection| connection.unfinished != Unfinished::Handshake)
        {
            connection.unfinished = Unfinished::Handshake;
            self.handshake_turns.wait(slot);
        }
        false
    }

    /// Reads from connections whose handshakes waited for this turn.
    pub(super) fn go_on_with_handshakes(&mut self, shared: &Shared, hold_back: bool) {
        while let Some(slot) = self.handshake_turns.next() {
            // Somebody else may have the slot by now: a read too many does no harm.
            if let Some(connection) = self.connections.get_mut(slot) {
                if connection.unfinished == Unfinished::Handshake {
                    connection.unfinished = Unfinished::Nothing;
                }
                self.read_or_postpone(shared, slot, hold_back);
            }
        }
    }

    /// After a read of a connection with layers below MQTT: their stage, what they want to write, and why they ended.
    #[cold]
    fn look_below(&mut self, shared: &Shared, slot: u32, ended: Option<DisconnectReason>) -> Option<DisconnectReason> {
        let connection = self.connections.get_mut(slot)?;
        if connection.stream.wants_write() && connection.blocked_since.is_none() {
            connection.blocked_since = Some(self.now);
        }
        let stage = connection.stream.stage();
        if stage != connection.stage {
            (connection.stage, connection.stage_since) = (stage, self.now);
            if let Some(facts) = connection.stream.take_facts() {
                connection.peer = facts.address;
                connection.rare_mut().facts = Some(facts);
            }
            self.arm_connection(shared, slot);
        }
        let ended = ended?;
        let connection = self.connections.get_mut(slot)?;
        let Some(ending) = connection.stream.ending() else { return Some(ended) };
        let reason = reason_below(&ending);
        if !matches!(reason, DisconnectReason::TcpClosed | DisconnectReason::TlsClosed)
            && !matches!(connection.phase, Phase::Lingering)
        {
            connection.listener.stats.count_failed_handshake(ending.word);
            if let Some(held_back) = self.log_throttle.pass_cause(Provoked::LayerFailed, ending.word, self.now) {
                let (peer, listener) = (connection.peer, connection.listener.id());
                let (word, detail, by_peer) = (ending.word, ending.detail.as_str(), ending.by_peer);
                let refused_by = if by_peer { "client" } else { "server" };
                warn!(msg = "connection_shutdown", peername = %peer, listener, %reason, cause = word, detail, refused_by, held_back);
            }
        }
        Some(reason)
    }

    /// Handles what was read before other clients had their turn, and reads nothing new before that is done.
    fn go_on_after_yield(&mut self, shared: &Shared, slot: u32) {
        if !self.handle_large(shared, slot, &[]) {
            // Either there is more of it, or the socket has its turn again.
            self.unread.push(slot);
        }
    }

    /// Handles bytes that begin with the leftover; true when the connection is gone.
    fn handle_small(&mut self, shared: &Shared, slot: u32, bytes: &[u8]) -> bool {
        let Progress::Used(used) = self.handle_bytes(shared, slot, bytes) else { return true };
        let rest = &bytes[used..];
        let Some(connection) = self.connections.get_mut(slot) else { return true };
        let mut leftover = std::mem::take(&mut connection.leftover);
        leftover.clear();
        if rest.is_empty() {
            self.buffers.give_back(leftover);
        } else {
            if leftover.capacity() == 0 {
                leftover = self.buffers.lend();
            }
            leftover.extend_from_slice(rest);
            connection.leftover = leftover;
        }
        false
    }

    /// Adds bytes to a large leftover and handles what is complete; true when the connection is gone.
    fn handle_large(&mut self, shared: &Shared, slot: u32, bytes: &[u8]) -> bool {
        let Some(connection) = self.connections.get_mut(slot) else { return true };
        let mut leftover = std::mem::take(&mut connection.leftover);
        leftover.extend_from_slice(bytes);
        let Progress::Used(used) = self.handle_bytes(shared, slot, &leftover) else { return true };
        leftover.drain(..used);
        if leftover.is_empty() {
            self.buffers.give_back(leftover);
        } else if let Some(connection) = self.connections.get_mut(slot) {
            connection.leftover = leftover;
        }
        false
    }

    /// Handles every complete packet in `bytes`.
    fn handle_bytes(&mut self, shared: &Shared, slot: u32, bytes: &[u8]) -> Progress {
        let Some(connection) = self.connections.get(slot) else { return Progress::Gone };
        let zone = connection.listener.zone();
        let options = DecodeOptions { max_packet_size: zone.session.max_packet_size, strict: zone.strict };
        let mut rest = bytes;
        let mut packets = 0;
        let deliveries_before = self.deliveries;
        while !rest.is_empty() {
            if self.deliveries - deliveries_before > DELIVERIES_PER_READ {
                let Some(connection) = self.connections.get_mut(slot) else { return Progress::Gone };
                connection.unfinished = Unfinished::Read;
                self.unread.push(slot);
                break;
            }
            match self.handle_first(shared, slot, &options, rest) {
                Step::Handled(after) => rest = after,
                Step::Stop => break,
                Step::Gone => return Progress::Gone,
            }
            packets += 1;
        }
        self.counters(shared).add(Metric::PacketsReceived, packets);
        let now = self.now;
        match self.connections.get_mut(slot) {
            Some(connection) if matches!(connection.phase, Phase::Lingering) => Progress::Gone,
            Some(connection) => {
                if packets > 0 {
                    connection.last_packet_at = now;
                    connection.traffic.count_packets_received(packets);
                }
                let (session, is_paced) = (connection.session, connection.is_paced);
                // Answers are looked at once for all packets of a read: one read cannot ask for much more than it holds.
                self.touch(shared, slot);
                self.retained_may_go_on(session);
                self.feed_may_go_on(session);
                if is_paced {
                    // Acknowledgements may have opened the window.
                    self.pace(shared, slot);
                }
                Progress::Used(bytes.len() - rest.len())
            }
            None => Progress::Gone,
        }
    }

    /// Handles the first packet in `bytes`.
    #[inline]
    fn handle_first<'a>(&mut self, shared: &Shared, slot: u32, options: &DecodeOptions, bytes: &'a [u8]) -> Step<'a> {
        let Some(connection) = self.connections.get_mut(slot) else { return Step::Gone };
        if connection.is_held() || matches!(connection.phase, Phase::Lingering) {
            return Step::Stop;
        }
        // The packet is looked at where the decoder left it: moving it would cost as much as reading it.
        let decoded = decode_next(connection.version, options, bytes);
        let (packet, length) = match &decoded {
            Ok(Some((packet, length))) => (packet, *length),
            Ok(None) => return Step::Stop,
            Err(error) => {
                self.bad_frame(shared, slot, bytes, *error);
                return Step::Gone;
            }
        };
        // The decoder took that much from the front.
        let (frame, after) = bytes.split_at_checked(length).unwrap_or((bytes, &[]));
        self.storing.begin_packet(slot, connection.out.len());
        if !matches!(connection.phase, Phase::Established) {
            let is_here = self.handle_unopened(shared, slot, packet, frame, bytes);
            return if is_here { Step::Handled(after) } else { Step::Gone };
        }
        let counters = &shared.counters[self.index];
        if let Packet::Auth(auth) = packet {
            counters.add(Metric::PacketsAuthReceived, 1);
            self.handle_reauthentication(shared, slot, auth);
            return Step::Handled(after);
        }
        let (session_slot, is_limited, is_traced) = (connection.session, connection.is_limited, connection.is_traced);
        let leave = self.leave_to_handle(shared, slot, packet, length, is_limited, is_traced);
        match leave {
            Leave::Given(_) | Leave::Refused | Leave::OverLimit | Leave::Without(_) => {}
            Leave::Awaited => return Step::Stop,
            Leave::Gone => return Step::Gone,
        }
        if self.handle_rewritten(shared, slot, packet, &leave) {
            return Step::Handled(after);
        }
        let Some(connection) = self.connections.get_mut(slot) else { return Step::Gone };
        let Some(entry) = self.sessions.get_mut(session_slot) else { return Step::Handled(after) };
        connection.need_out(&mut self.buffers);
        let turn = self.watch.turn(self.now, &entry.zone.session);
        let mut out = connection.outbox(&mut self.outputs, &mut self.sent);
        match hand_to_session(&mut entry.session, counters, turn, packet, &leave, &mut out) {
            Ok(()) => self.settle(shared, session_slot),
            Err(fault) => self.close_with_fault(shared, slot, fault),
        }
        Step::Handled(after)
    }

    /// Marks a connection that may have bytes to write, or gives its unused buffer back.
    pub(super) fn touch(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if connection.out.is_empty() {
            if connection.out.capacity() > 0 {
                self.buffers.give_back(std::mem::take(&mut connection.out));
            }
            return;
        }
        if !connection.dirty {
            connection.dirty = true;
            self.dirty.push(slot);
        }
        if connection.pending() > shared.settings.high_watermark_bytes {
            self.relieve(shared, slot);
        }
    }

    /// Reads and forgets what a closed connection still sends, until its end or its deadline.
    fn throw_away(&mut self, shared: &Shared, slot: u32, more: bool, ended: Option<DisconnectReason>) {
        if ended.is_some() {
            self.forget_connection(shared, slot);
        } else if more {
            self.unread.push(slot);
        }
    }
}

/// Counts a packet and gives it to its session.
#[inline]
pub(super) fn hand_to_session(
    session: &mut Session,
    counters: &CounterBlock,
    turn: Turn<'_>,
    packet: &Packet<'_>,
    leave: &Leave,
    out: &mut Outbox<'_>,
) -> Result<(), Fault> {
    match packet {
        Packet::Publish(publish) => {
            counters.add(Metric::PacketsPublishReceived, 1);
            match leave {
                Leave::Refused => session.handle_refused_publish(turn, publish, ReasonCode::NotAuthorized, out),
                Leave::OverLimit => session.handle_refused_publish(turn, publish, ReasonCode::QuotaExceeded, out),
                _ => session.handle_publish(turn, publish, out),
            }
        }
        Packet::PubAck(Ack { packet_id, .. }) => {
            counters.add(Metric::PacketsPubackReceived, 1);
            session.handle_puback(turn, *packet_id, out)
        }
        Packet::PubRec(ack) => {
            counters.add(Metric::PacketsPubrecReceived, 1);
            session.handle_pubrec(turn, ack.packet_id, ack.reason_code, out)
        }
        Packet::PubRel(ack) => {
            counters.add(Metric::PacketsPubrelReceived, 1);
            session.handle_pubrel(ack.packet_id, out);
            Ok(())
        }
        Packet::PubComp(ack) => {
            counters.add(Metric::PacketsPubcompReceived, 1);
            session.handle_pubcomp(turn, ack.packet_id, out)
        }
        Packet::Subscribe(subscribe) => {
            counters.add(Metric::PacketsSubscribeReceived, 1);
            match leave {
                Leave::OverLimit => session.handle_refused_subscribe(subscribe, ReasonCode::QuotaExceeded, out),
                Leave::Without(denied) => session.handle_subscribe(turn, subscribe, denied, out),
                _ => session.handle_subscribe(turn, subscribe, &[], out),
            }
        }
        Packet::Unsubscribe(unsubscribe) => {
            counters.add(Metric::PacketsUnsubscribeReceived, 1);
            session.handle_unsubscribe(unsubscribe, out);
            Ok(())
        }
        Packet::PingReq => {
            counters.add(Metric::PacketsPingreqReceived, 1);
            session.handle_ping(out);
            Ok(())
        }
        Packet::Disconnect(disconnect) => {
            counters.add(Metric::PacketsDisconnectReceived, 1);
            session.handle_disconnect(turn, disconnect, out)
        }
        // A second CONNECT [MQTT-3.1.0-2], or a packet only servers send. AUTH never comes here.
        _ => Err(Fault::PROTOCOL_ERROR),
    }
}

impl Connection {
    /// How many bytes a read gave, and why there will be no more.
    #[inline]
    fn after_read(&mut self, read: io::Result<usize>) -> (usize, Option<DisconnectReason>) {
        match read {
            Ok(0) => (0, Some(DisconnectReason::TcpClosed)),
            Ok(count) => {
                self.count_read(count);
                (count, None)
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {
                // Had the peer closed, the end would have shown: the readiness was for an earlier owner of this slot.
                self.read_closed = false;
                (0, None)
            }
            Err(error) => (0, Some(reason_of(&error))),
        }
    }
}

/// The name an end below MQTT is counted under.
fn reason_below(ending: &LayerEnding) -> DisconnectReason {
    match ending.layer {
        Stage::Proxy => DisconnectReason::ProxyProtocolError,
        Stage::Tls if matches!(ending.word, "closed" | "ssl_closed") => DisconnectReason::TlsClosed,
        Stage::Tls => DisconnectReason::TlsError,
        Stage::Upgrade if ending.by_peer => DisconnectReason::TcpClosed,
        Stage::Upgrade => DisconnectReason::UpgradeRefused,
        Stage::Open if ending.by_peer => DisconnectReason::TcpClosed,
        Stage::Open => DisconnectReason::WebSocketError,
    }
}

/// The name a socket error is counted under.
pub(super) fn reason_of(error: &io::Error) -> DisconnectReason {
    match error.kind() {
        io::ErrorKind::ConnectionReset => DisconnectReason::ConnectionReset,
        io::ErrorKind::BrokenPipe => DisconnectReason::BrokenPipe,
        io::ErrorKind::TimedOut => DisconnectReason::TimedOut,
        _ => DisconnectReason::SocketError,
    }
}
