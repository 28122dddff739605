//! PUBACK, PUBREC and PUBCOMP from the client: the sender's side of MQTT 5.0 §4.3.2 and §4.3.3.

use crate::{Fault, MissedAck, Outbox, Output, Session, Turn, inflight::Phase};
use dunlin_codec::AckKind;
use dunlin_model::ReasonCode;

impl Session {
    /// A PUBACK came: a QoS 1 delivery is done, whatever its code; an error is never sent again [MQTT-4.4.0-2], nor to
    /// another member of a group [MQTT-4.8.2-6].
    ///
    /// # Errors
    /// Protocol error when the identifier belongs to a QoS 2 delivery.
    pub fn handle_puback(&mut self, turn: Turn<'_>, packet_id: u16, out: &mut Outbox<'_>) -> Result<(), Fault> {
        let Some((index, phase)) = self.open_exchange(packet_id) else {
            out.push(Output::Missed(MissedAck::PubAck));
            return Ok(());
        };
        if phase != Phase::AwaitPubAck {
            return Err(Fault::PROTOCOL_ERROR);
        }
        self.complete(turn, index, out);
        Ok(())
    }

    /// A PUBREC came: the client has the message. A code of 0x80 or more ends the exchange
    /// without PUBREL [MQTT-4.3.3-4] and the message is not sent again [MQTT-4.4.0-2].
    ///
    /// # Errors
    /// Protocol error when the identifier belongs to a QoS 1 delivery.
    pub fn handle_pubrec(
        &mut self,
        turn: Turn<'_>,
        packet_id: u16,
        code: ReasonCode,
        out: &mut Outbox<'_>,
    ) -> Result<(), Fault> {
        let Some((index, phase)) = self.open_exchange(packet_id) else {
            out.push(Output::Missed(MissedAck::PubRec));
            if !code.is_error() {
                // Lets a client that remembers an exchange the broker has forgotten come to an end.
                self.ack(AckKind::PubRel, packet_id, ReasonCode::PacketIdentifierNotFound, out);
            }
            return Ok(());
        };
        if phase == Phase::AwaitPubAck {
            return Err(Fault::PROTOCOL_ERROR);
        }
        if code.is_error() {
            self.complete(turn, index, out);
            return Ok(());
        }
        if let Some(entry) = self.outgoing.as_mut().and_then(|outgoing| outgoing.inflight.get_mut(index)) {
            let is_first = entry.receive(turn.slow.is_on());
            if let Some(position) = entry.position().filter(|_| is_first) {
                out.push(Output::Received { position });
            }
        }
        // [MQTT-4.3.3-4], and open until PUBCOMP [MQTT-4.3.3-5]; the PUBLISH is never sent again [MQTT-4.3.3-6].
        self.ack(AckKind::PubRel, packet_id, ReasonCode::Success, out);
        Ok(())
    }

    /// A PUBCOMP came: a QoS 2 delivery is done.
    ///
    /// # Errors
    /// Protocol error when the identifier belongs to a QoS 1 delivery, or to a QoS 2 delivery that was not released.
    pub fn handle_pubcomp(&mut self, turn: Turn<'_>, packet_id: u16, out: &mut Outbox<'_>) -> Result<(), Fault> {
        let Some((index, phase)) = self.open_exchange(packet_id) else {
            out.push(Output::Missed(MissedAck::PubComp));
            return Ok(());
        };
        if phase != Phase::AwaitPubComp {
            return Err(Fault::PROTOCOL_ERROR);
        }
        self.complete(turn, index, out);
        Ok(())
    }

    fn open_exchange(&mut self, packet_id: u16) -> Option<(usize, Phase)> {
        let inflight = &mut self.outgoing.as_mut()?.inflight;
        let index = inflight.position(packet_id)?;
        // What was not sent on this connection yet cannot be answered on it.
        inflight.get_mut(index).filter(|entry| entry.sent).map(|entry| (index, entry.phase))
    }

    fn complete(&mut self, turn: Turn<'_>, index: usize, out: &mut Outbox<'_>) {
        let Some(outgoing) = self.outgoing.as_mut() else { return };
        out.sent.acknowledged += 1;
        let Some(entry) = outgoing.inflight.remove(index) else { return };
        self.time_acknowledgement(turn, &entry);
        if turn.slow.is_on()
            && let Some(slow) = turn.slow.look_at_complete(&entry, self.created_at, turn.now)
        {
            out.push(slow);
        }
        if let Some(position) = entry.position() {
            out.push(Output::Done { position });
        }
        if self.has_backlog() {
            self.pump(turn, out);
        }
    }
}
