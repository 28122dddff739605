//! A durable queue as simple as can be, and the disk with what else is left when the broker dies. Whatever one input of the
//! session has asked for is on disk before its bytes are on the line: the broker holds them back until then.

use super::Numbered;
use crate::{Q2, scene};
use dunlin_model::{Millis, Qos};
use dunlin_session::{Delivery, Durable, Output, Session, SessionSnapshot};
use std::collections::BTreeSet;

/// How far a message of the queue has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Waits,
    Received,
    Done,
}

/// What is on disk.
#[derive(Debug, Default)]
pub(super) struct Stored {
    /// By position.
    queue: Vec<(Numbered, State)>,
    /// Positions below were sent at least once.
    sent_to: u64,
    /// The next position to hand to the session on the present connection.
    fed_to: u64,
    /// QoS 2 exchanges of the client whose message was routed.
    awaiting_release: BTreeSet<u16>,
    snapshot: Option<SessionSnapshot>,
}

/// What the queue has for the session.
pub(super) enum Feed {
    Deliver(Delivery),
    Release(u64),
}

impl Stored {
    pub(super) fn push(&mut self, message: Numbered) {
        self.queue.push((message, State::Waits));
    }

    /// A connection is attached, or gone: the next one is fed from the start.
    pub(super) fn start_over(&mut self) {
        self.fed_to = 0;
    }

    pub(super) fn next(&mut self, now: Millis) -> Option<Feed> {
        loop {
            let position = self.fed_to;
            let (message, state) = *self.queue.get(usize::try_from(position).expect("few"))?;
            self.fed_to += 1;
            match state {
                State::Done => {}
                State::Received => return Some(Feed::Release(position)),
                State::Waits => {
                    let durable = Some(Durable::new(position, position < self.sent_to));
                    let payload = message.payload();
                    let delivery = scene::delivery(&message.topic(), message.qos, payload.as_bytes(), None, now);
                    return Some(Feed::Deliver(Delivery { durable, ..delivery }));
                }
            }
        }
    }

    /// One output of the session, in order.
    pub(super) fn carry_out(&mut self, session: &mut Session, output: &Output) {
        match *output {
            Output::Done { position } => self.advance(position, State::Done),
            Output::Received { position } => self.advance(position, State::Received),
            Output::Released { packet_id } => {
                assert!(self.awaiting_release.remove(&packet_id), "{packet_id} is released once");
            }
            Output::Route { ref message, packet_id } if message.qos() == Q2 => {
                assert!(self.awaiting_release.insert(packet_id), "{packet_id} is not open");
                session.mark_release_stored(packet_id);
            }
            _ => {}
        }
    }

    /// An input is over.
    pub(super) fn commit(&mut self, session: &mut Session) {
        if let Some(sent_to) = session.take_sent_to() {
            self.sent_to = self.sent_to.max(sent_to);
        }
        let snapshot = session.snapshot();
        assert_eq!(BTreeSet::from_iter(snapshot.awaiting_release.iter().copied()), self.awaiting_release);
        self.snapshot = Some(snapshot);
    }

    /// The session as it comes back after the broker has died.
    pub(super) fn restore(&mut self) -> Option<Session> {
        self.start_over();
        self.snapshot.clone().map(|snapshot| Session::restore("c".into(), snapshot))
    }

    pub(super) fn check(&self) {
        for (message, state) in &self.queue {
            assert_eq!(*state, State::Done, "{message:?}");
        }
        assert!(self.awaiting_release.is_empty(), "{:?}", self.awaiting_release);
    }

    fn advance(&mut self, position: u64, to: State) {
        let (message, state) = &mut self.queue[usize::try_from(position).expect("few")];
        let from = if to == State::Done && message.qos == Qos::ExactlyOnce { State::Received } else { State::Waits };
        assert_eq!(*state, from, "{message:?} becomes {to:?}");
        *state = to;
    }
}
