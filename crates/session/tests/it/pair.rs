//! A session as the server, a simple client, and a line between them that delivers bytes in portions and breaks at any point.
//!
//! Whatever the line does, in the end every QoS 1 message has arrived at least once and every QoS 2 message exactly once, both
//! ways and in order, identifiers are never mixed up and the window is never exceeded. With a durable queue that holds although the
//! broker dies.

mod arrival;
mod breaking_line;
mod client;
mod stored;
mod witness;

use crate::{Q0, scene};
use arrival::{Numbered, check_arrival};
use client::{Client, ends_exchange};
use dunlin_codec::{DecodeOptions, Packet, decode_next};
use dunlin_model::{Millis, ProtocolVersion, Qos};
use dunlin_session::{
    Ending, Fault, MissedAck, Opening, Outbox, Output, PublishOutcome, Session, SessionSettings, SlowWatch, Turn,
};
use std::collections::VecDeque;
use stored::{Feed, Stored};
use witness::Witness;

/// One thing that happens.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// The server gets a message for the client.
    Deliver(Qos),
    /// The client's application publishes.
    Publish(Qos),
    /// So many bytes arrive at the server.
    ToServer(usize),
    /// So many bytes arrive at the client.
    ToClient(usize),
    /// The client sends what it owes, one answer.
    ClientAnswers,
    /// The broker says what became of the oldest publish.
    BrokerAnswers,
    /// The server's socket takes no more, or some again.
    Congested(bool),
    /// The line breaks: what was on it is lost.
    Break,
    /// The line breaks and the server does not notice.
    Vanish,
    /// The client connects (again) with this Receive Maximum and Topic Alias Maximum.
    Connect(u16, u16),
    /// So many seconds pass.
    Wait(u64),
    /// The broker dies and runs again: only what is on disk is left. Without a disk only the line breaks.
    Restart,
}

/// The state of the line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Up,
    /// Only the server still believes in it.
    Dead,
    Down,
}

/// One direction of the line.
#[derive(Debug, Default)]
struct Pipe {
    on_the_way: VecDeque<u8>,
    arrived: Vec<u8>,
}

impl Pipe {
    fn advance(&mut self, bytes: usize) {
        self.arrived.extend(self.on_the_way.drain(..bytes.min(self.on_the_way.len())));
    }
}

/// Server, client and line.
#[derive(Debug)]
struct Pair {
    version: ProtocolVersion,
    settings: SessionSettings,
    now: Millis,
    session: Session,
    /// The disk, where the session has one.
    stored: Option<Stored>,
    client: Client,
    line: Line,
    to_server: Pipe,
    to_client: Pipe,
    witness: Witness,
    is_new: bool,
    /// Publishes the broker has not answered.
    unanswered: VecDeque<(Qos, u16)>,
    /// What the server was given for the client.
    delivered: Vec<Numbered>,
    /// What the client's application published.
    published: Vec<Numbered>,
    /// What the server gave the broker.
    routed: Vec<Numbered>,
}

impl Pair {
    fn new(version: ProtocolVersion, max_inflight: u16) -> Self {
        Self {
            version,
            settings: SessionSettings {
                max_inflight,
                max_queue_len: 0,
                max_mailbox_len: None,
                max_memory_bytes: None,
                max_awaiting_release: 0,
                session_expiry_secs: u32::MAX,
                await_release_timeout_ms: 5_000,
                ..SessionSettings::default()
            },
            now: 1_000_000,
            session: Session::new("c".into()),
            stored: None,
            client: Client::new(version),
            line: Line::Down,
            to_server: Pipe::default(),
            to_client: Pipe::default(),
            witness: Witness::default(),
            is_new: true,
            unanswered: VecDeque::new(),
            delivered: Vec::new(),
            published: Vec::new(),
            routed: Vec::new(),
        }
    }

    /// The same with a durable session.
    fn durable(version: ProtocolVersion, max_inflight: u16) -> Self {
        let mut pair = Self { stored: Some(Stored::default()), ..Self::new(version, max_inflight) };
        pair.session.set_durable(true);
        pair
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Deliver(qos) => {
                let message = Numbered { qos, number: u32::try_from(self.delivered.len()).expect("few") };
                self.delivered.push(message);
                if qos > Q0
                    && let Some(stored) = &mut self.stored
                {
                    stored.push(message);
                    self.feed();
                    return;
                }
                let delivery = scene::delivery(&message.topic(), qos, message.payload().as_bytes(), None, self.now);
                self.server(|session, turn, out| {
                    session.deliver(turn, delivery, out);
                    Ok(())
                });
            }
            Step::Publish(qos) => {
                let message = Numbered { qos, number: u32::try_from(self.published.len()).expect("few") };
                self.published.push(message);
                self.client(|client, out| client.publish(message, out));
            }
            Step::ToServer(bytes) => self.server_reads(bytes),
            Step::ToClient(bytes) => self.client_reads(bytes),
            Step::ClientAnswers => self.client(|client, out| {
                client.answer(out);
            }),
            Step::BrokerAnswers => {
                if let Some((qos, packet_id)) = self.unanswered.pop_front() {
                    self.server(|session, _, out| {
                        session.published(qos, packet_id, PublishOutcome::Routed, out);
                        Ok(())
                    });
                }
            }
            Step::Congested(congested) if self.line != Line::Down => self.server(|session, turn, out| {
                session.set_congested(turn, congested, out);
                Ok(())
            }),
            Step::Congested(_) => {}
            Step::Break => self.disconnect(Ending::Closed),
            Step::Restart => self.restart(),
            Step::Vanish if self.line == Line::Up => {
                self.line = Line::Dead;
                self.lose_bytes();
            }
            Step::Vanish => {}
            Step::Connect(receive_maximum, aliases) => self.connect(receive_maximum, aliases),
            Step::Wait(secs) => {
                self.now += secs * 1_000;
                self.server(|session, turn, out| {
                    session.timeout(turn, out);
                    Ok(())
                });
            }
        }
    }

    fn connect(&mut self, receive_maximum: u16, aliases: u16) {
        self.disconnect(Ending::TakenOver);
        let connect = self.client.reconnect(receive_maximum, aliases);
        let window = connect.receive_maximum.unwrap_or(u16::MAX).min(self.settings.max_inflight);
        self.witness.connection(usize::from(window));
        self.line = Line::Up;
        let resumed = !std::mem::take(&mut self.is_new);
        if let Some(stored) = &mut self.stored {
            stored.start_over();
        }
        self.server(|session, turn, out| {
            session.attach(turn, &connect, resumed, Opening::default(), out);
            Ok(())
        });
    }

    fn disconnect(&mut self, ending: Ending) {
        if self.line == Line::Down {
            return;
        }
        self.line = Line::Down;
        self.lose_bytes();
        self.unanswered.clear();
        self.server(|session, turn, out| {
            session.detach(turn, ending, out);
            Ok(())
        });
    }

    fn restart(&mut self) {
        let Some(restored) = self.stored.as_mut().map(Stored::restore) else { return self.disconnect(Ending::Closed) };
        if let Some(session) = restored {
            self.session = session;
        }
        self.line = Line::Down;
        self.lose_bytes();
        self.unanswered.clear();
        self.server(|session, turn, out| {
            session.resume_after_restart(turn, out);
            Ok(())
        });
    }

    fn lose_bytes(&mut self) {
        self.to_server = Pipe::default();
        self.to_client = Pipe::default();
    }

    /// The client does something; what it sends is lost unless the line is up.
    fn client(&mut self, act: impl FnOnce(&mut Client, &mut Vec<u8>)) {
        let mut out = Vec::new();
        act(&mut self.client, &mut out);
        if self.line == Line::Up {
            self.to_server.on_the_way.extend(out);
        }
    }

    /// The server gets an input, and then what the durable queue has for it.
    fn server(&mut self, act: impl FnOnce(&mut Session, Turn<'_>, &mut Outbox<'_>) -> Result<(), Fault>) {
        self.input(act);
        self.feed();
    }

    /// A few messages of the durable queue may wait in the session.
    fn feed(&mut self) {
        while self.session.is_connected()
            && self.session.queue_len() < 3
            && let Some(next) = self.stored.as_mut().and_then(|stored| stored.next(self.now))
        {
            self.input(|session, turn, out| {
                match next {
                    Feed::Deliver(delivery) => session.deliver(turn, delivery, out),
                    Feed::Release(position) => session.resume_release(position, out),
                }
                Ok(())
            });
        }
    }

    /// One input: its outputs are carried out, its bytes witnessed and sent.
    fn input(&mut self, act: impl FnOnce(&mut Session, Turn<'_>, &mut Outbox<'_>) -> Result<(), Fault>) {
        let (mut wire, mut outputs, mut sent) = (Vec::new(), Vec::new(), dunlin_session::Sent::default());
        let turn = Turn { now: self.now, settings: &self.settings, slow: SlowWatch::OFF, latencies: None };
        let mut out =
            Outbox { wire: &mut wire, outputs: &mut outputs, sent: &mut sent, traffic: &mut Default::default() };
        act(&mut self.session, turn, &mut out).expect("the client breaks no rule");
        each_packet(self.version, &mut wire.clone(), |packet| self.witness.server_wrote(packet));
        match self.line {
            Line::Up => self.to_client.on_the_way.extend(wire),
            Line::Dead => {}
            Line::Down => assert!(wire.is_empty(), "nobody is connected"),
        }
        for output in outputs {
            if let Some(stored) = &mut self.stored {
                stored.carry_out(&mut self.session, &output);
            }
            match output {
                Output::Route { message, packet_id } => {
                    let numbered = Numbered::read(message.qos(), message.payload());
                    assert_eq!(message.topic(), numbered.topic());
                    self.routed.push(numbered);
                    if message.qos() > Q0 {
                        self.unanswered.push_back((message.qos(), packet_id));
                    }
                }
                // A PUBREL whose PUBCOMP was lost.
                Output::Missed(MissedAck::PubRel) => {}
                // Given up, but still recognised.
                Output::ReleaseTimedOut(_) => {}
                Output::Done { .. } | Output::Received { .. } | Output::Released { .. } if self.stored.is_some() => {}
                other => panic!("not expected: {other:?}"),
            }
        }
        if let Some(stored) = &mut self.stored {
            stored.commit(&mut self.session);
        }
    }

    fn server_reads(&mut self, bytes: usize) {
        self.to_server.advance(bytes);
        let mut arrived = std::mem::take(&mut self.to_server.arrived);
        each_packet(self.version, &mut arrived, |packet| {
            if let Some(packet_id) = ends_exchange(packet) {
                self.witness.exchange_ended(packet_id);
            }
            self.server(|session, turn, out| match packet {
                Packet::Publish(publish) => session.handle_publish(turn, publish, out),
                Packet::PubAck(ack) => session.handle_puback(turn, ack.packet_id, out),
                Packet::PubRec(ack) => session.handle_pubrec(turn, ack.packet_id, ack.reason_code, out),
                Packet::PubRel(ack) => {
                    session.handle_pubrel(ack.packet_id, out);
                    Ok(())
                }
                Packet::PubComp(ack) => session.handle_pubcomp(turn, ack.packet_id, out),
                other => panic!("the client does not send {other:?}"),
            });
        });
        self.to_server.arrived = arrived;
    }

    fn client_reads(&mut self, bytes: usize) {
        self.to_client.advance(bytes);
        let mut arrived = std::mem::take(&mut self.to_client.arrived);
        each_packet(self.version, &mut arrived, |packet| self.client(|client, out| client.handle(packet, out)));
        self.to_client.arrived = arrived;
    }

    /// The line holds from now on: everything comes to its end.
    fn settle(&mut self) {
        self.step(Step::Connect(4, 2));
        for _ in 0..10_000 {
            let is_quiet = self.to_server.on_the_way.is_empty()
                && self.to_client.on_the_way.is_empty()
                && self.unanswered.is_empty()
                && self.client.is_quiet();
            if is_quiet {
                return;
            }
            for step in
                [Step::ToServer(usize::MAX), Step::BrokerAnswers, Step::ToClient(usize::MAX), Step::ClientAnswers]
            {
                self.step(step);
            }
        }
        panic!("it does not come to an end: {self:?}");
    }

    fn check(&self) {
        check_arrival("to the client", &self.delivered, &self.client.received);
        check_arrival("to the server", &self.published, &self.routed);
        let info = self.session.info();
        assert_eq!((info.inflight, info.queued, info.awaiting_release), (0, 0, 0), "nothing is left over");
        assert_eq!(self.session.memory_bytes(), 0);
        self.stored.iter().for_each(Stored::check);
    }
}

/// Takes whole packets off the front.
fn each_packet(version: ProtocolVersion, bytes: &mut Vec<u8>, mut act: impl FnMut(&Packet<'_>)) {
    let mut taken = 0;
    while let Some((packet, len)) =
        decode_next(version, &DecodeOptions::default(), &bytes[taken..]).expect("valid bytes")
    {
        act(&packet);
        taken += len;
    }
    bytes.drain(..taken);
}
