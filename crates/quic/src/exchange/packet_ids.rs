//! Packet identifiers the client chooses: each stream has its own, the broker sees one set.
//!
//! An identifier goes to the broker unchanged where no other stream uses it, so that a flow of QoS 2 can go on after the client has
//! connected again; only where two streams use the same one, the later is given another on its way.

use super::stream_number::StreamNumber;
use super::subscription_streams::Asked;
use hashbrown::HashMap;

/// What the broker has yet to answer, by the identifiers it knows. At most 65,535.
#[derive(Debug, Default)]
pub(crate) struct PacketIds {
    owed: HashMap<u16, Owed>,
    /// Those that differ: what the client calls them.
    moved: HashMap<(StreamNumber, u16), u16>,
    /// Where the search for a free one starts.
    next: u16,
}

/// An answer the broker owes.
#[derive(Debug)]
pub(crate) struct Owed {
    /// To whom; `None` if the stream has gone and nobody else can take the answer.
    pub(crate) stream: Option<StreamNumber>,
    /// The identifier as that stream knows it.
    pub(crate) client_id: u16,
    /// Topic filters the answer is about.
    pub(crate) asked: Option<Box<Asked>>,
}

impl PacketIds {
    /// The identifier the broker is to see: the one it knows already if the request is under way. `None` while all are in use.
    pub(crate) fn broker_id(&mut self, stream: StreamNumber, client_id: u16) -> Option<u16> {
        // For the broker to refuse.
        if client_id == 0 {
            return Some(0);
        }
        if let Some(known) = self.known(stream, client_id) {
            return Some(known);
        }
        let broker_id = if self.owed.contains_key(&client_id) { self.free()? } else { client_id };
        if broker_id != client_id {
            self.moved.insert((stream, client_id), broker_id);
        }
        self.owed.insert(broker_id, Owed { stream: Some(stream), client_id, asked: None });
        Some(broker_id)
    }

    /// Remembers what a request asks for.
    pub(crate) fn set_asked(&mut self, broker_id: u16, asked: Option<Asked>) -> Option<Box<Asked>> {
        let owed = self.owed.get_mut(&broker_id)?;
        std::mem::replace(&mut owed.asked, asked.map(Box::new))
    }

    fn known(&self, stream: StreamNumber, client_id: u16) -> Option<u16> {
        let is_same = |owed: &Owed| owed.stream == Some(stream) && owed.client_id == client_id;
        if self.owed.get(&client_id).is_some_and(is_same) {
            return Some(client_id);
        }
        self.moved.get(&(stream, client_id)).copied()
    }

    fn free(&mut self) -> Option<u16> {
        for _ in 0..=u16::MAX {
            self.next = self.next.wrapping_sub(1);
            if self.next != 0 && !self.owed.contains_key(&self.next) {
                return Some(self.next);
            }
        }
        None
    }

    /// Whom a first answer goes to, while another is to follow.
    pub(crate) fn owed(&self, broker_id: u16) -> Option<&Owed> {
        self.owed.get(&broker_id)
    }

    /// The last answer has come.
    pub(crate) fn settle(&mut self, broker_id: u16) -> Option<Owed> {
        let owed = self.owed.remove(&broker_id)?;
        if let Some(stream) = owed.stream {
            self.moved.remove(&(stream, owed.client_id));
        }
        Some(owed)
    }

    /// Whether a stream waits for an answer.
    pub(crate) fn owes(&self, stream: StreamNumber) -> bool {
        self.owed.values().any(|owed| owed.stream == Some(stream))
    }

    /// A stream has gone: what it waited for goes to the control stream, unless that uses the same identifier.
    pub(crate) fn forget_stream(&mut self, stream: StreamNumber) {
        let orphans: Vec<(u16, u16)> = self
            .owed
            .iter()
            .filter(|(_, owed)| owed.stream == Some(stream))
            .map(|(broker_id, owed)| (*broker_id, owed.client_id))
            .collect();
        for (broker_id, client_id) in orphans {
            self.moved.remove(&(stream, client_id));
            let heir = self.known(StreamNumber::CONTROL, client_id).is_none().then_some(StreamNumber::CONTROL);
            if let Some(owed) = self.owed.get_mut(&broker_id) {
                owed.stream = heir;
            }
            if heir.is_some() && broker_id != client_id {
                self.moved.insert((StreamNumber::CONTROL, client_id), broker_id);
            }
        }
    }
}
