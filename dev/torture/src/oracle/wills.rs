//! Which wills have to be published, and which must not be.
//!
//! A will is published when its delay has passed after its connection ended without a DISCONNECT, and is called off by a
//! DISCONNECT or by a new connection to the same session before that [MQTT-3.1.2-8] [MQTT-3.1.2-10] [MQTT-3.1.3-9].
//! Nothing acknowledges a DISCONNECT: a broker that is killed just after one may not know of it any more. It does once it has
//! acknowledged a message that was sent later, because what is stored is stored in order.
//! The oracle has no clock. It knows two kinds of delay: short ones, which pass before a check, and long ones, which do not
//! pass in a run. Whoever asks for a check has waited for the short ones.

use super::{ClientNumber, ConnectionEnd, Moment, WillSent};
use crate::message::MessageId;

/// Delays above this one do not pass in a run.
pub const SHORT_DELAY_MAX_S: u32 = 5;

/// What has become of the connection of a will.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// CONNECT was not answered, or nobody can know: the will may come or not.
    Open,
    /// Connected: it must not come.
    Armed,
    /// Connected, and a new CONNECT for the same session was sent.
    TakenOver { at: Moment },
    /// DISCONNECT was sent.
    Leaving,
    /// The broker has closed the connection after one: it must not come, as long as this broker lives.
    Left { at: Moment },
    /// The connection has ended without one.
    Orphaned { at: Moment, incarnation: u32, end: ConnectionEnd },
    /// It has to come.
    Due { since: Moment },
    /// It must not come.
    CalledOff,
}

#[derive(Debug)]
struct Will {
    client: ClientNumber,
    message: MessageId,
    delay_s: u32,
    cycle: u32,
    fate: Fate,
    /// Copies that have come, of all watchers together.
    has_come: bool,
    is_counted: bool,
}

impl Will {
    const fn is_short(&self) -> bool {
        self.delay_s <= SHORT_DELAY_MAX_S
    }

    /// The moment it became due, where it is by now.
    const fn due_since(&self) -> Option<Moment> {
        match self.fate {
            Fate::Due { since } => Some(since),
            Fate::Orphaned { at, .. } if self.is_short() => Some(at),
            _ => None,
        }
    }

    /// Why it must not come now.
    const fn objection(&self) -> Option<&'static str> {
        match self.fate {
            Fate::Armed => Some("while its connection is alive"),
            Fate::TakenOver { .. } if self.delay_s > 0 => Some("although its session goes on"),
            Fate::Left { .. } | Fate::CalledOff => Some("after it was called off"),
            Fate::Orphaned { .. } if !self.is_short() => Some("before its delay has passed"),
            _ => None,
        }
    }
}

/// A will that has not come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct MissingWill {
    pub(super) message: MessageId,
    pub(super) cycle: u32,
    pub(super) delay_s: u32,
    pub(super) due_since: Moment,
}

#[derive(Debug, Default)]
pub(super) struct Wills {
    /// All wills, oldest first.
    wills: Vec<Will>,
}

impl Wills {
    pub(super) fn connect_sent(&mut self, client: ClientNumber, sent: WillSent, cycle: u32, now: Moment) {
        if let Some(previous) = self.last_of(client)
            && previous.fate == Fate::Armed
        {
            previous.fate = Fate::TakenOver { at: now };
        }
        self.wills.push(Will {
            client,
            message: MessageId { stream: sent.stream, sequence: sent.sequence },
            delay_s: sent.delay_s,
            cycle,
            fate: Fate::Open,
            has_come: false,
            is_counted: false,
        });
    }

    /// CONNACK: the last will is armed, and the fate of the one before is known.
    pub(super) fn connect_acknowledged(&mut self, client: ClientNumber, session_present: bool, incarnation: u32) {
        let mut own = self.wills.iter_mut().rev().filter(|will| will.client == client);
        if let Some(current) = own.next() {
            current.fate = Fate::Armed;
        }
        let Some(previous) = own.next() else { return };
        previous.fate = match previous.fate {
            // A delay of 0 is up at once, a longer one is called off [MQTT-3.1.4-3].
            Fate::TakenOver { at } if previous.delay_s == 0 => Fate::Due { since: at },
            Fate::TakenOver { .. } if session_present => Fate::CalledOff,
            // The broker that saw the end of the connection has made the next one: there was time to publish.
            Fate::Orphaned { at, incarnation: then, end: ConnectionEnd::Cut }
                if previous.delay_s == 0 && then == incarnation =>
            {
                Fate::Due { since: at }
            }
            Fate::Orphaned { .. } if !previous.is_short() && session_present => Fate::CalledOff,
            settled @ (Fate::Due { .. } | Fate::CalledOff | Fate::Left { .. }) => settled,
            _ => Fate::Open,
        };
    }

    pub(super) fn disconnect_sent(&mut self, client: ClientNumber) {
        if let Some(will) = self.last_of(client)
            && will.fate == Fate::Armed
        {
            will.fate = Fate::Leaving;
        }
    }

    pub(super) fn connection_ended(&mut self, client: ClientNumber, end: ConnectionEnd, incarnation: u32, now: Moment) {
        let mut own = self.wills.iter_mut().rev().filter(|will| will.client == client);
        let Some(will) = own.next() else { return };
        if will.fate == Fate::Open {
            // CONNECT was not answered: whether it has called off the will before it, nobody knows.
            for previous in own {
                if matches!(previous.fate, Fate::TakenOver { .. } | Fate::Orphaned { .. }) {
                    previous.fate = Fate::Open;
                }
            }
            return;
        }
        will.fate = match (will.fate, end) {
            (Fate::Leaving, ConnectionEnd::ClosedByBroker) => Fate::Left { at: now },
            (Fate::Armed, ConnectionEnd::Cut | ConnectionEnd::BrokerKilled) => {
                Fate::Orphaned { at: now, incarnation, end }
            }
            (Fate::Armed | Fate::Leaving, _) => Fate::Open,
            (settled, _) => settled,
        };
    }

    /// A message that was sent at this moment is stored, and so is all that was before it.
    pub(super) fn stored(&mut self, sent_at: Moment) {
        for will in &mut self.wills {
            if matches!(will.fate, Fate::Left { at } if at < sent_at) {
                will.fate = Fate::CalledOff;
            }
        }
    }

    /// Another broker begins with what the last one has stored.
    pub(super) fn broker_started(&mut self) {
        for will in &mut self.wills {
            if matches!(will.fate, Fate::Left { .. }) {
                will.fate = Fate::Open;
            }
        }
    }

    /// A will has come. Tells what is wrong with that; an unknown one is `None` inside.
    pub(super) fn received(&mut self, message: MessageId) -> Option<&'static str> {
        let will = self.wills.iter_mut().find(|will| will.message == message)?;
        will.has_come = true;
        will.objection()
    }

    /// Whether a client was to send such a will ever.
    pub(super) fn was_sent(&self, message: MessageId) -> bool {
        self.wills.iter().any(|will| will.message == message)
    }

    pub(super) fn missing(&self) -> impl Iterator<Item = MissingWill> {
        self.wills.iter().filter(|will| !will.has_come).filter_map(|will| {
            let due_since = will.due_since()?;
            Some(MissingWill { message: will.message, cycle: will.cycle, delay_s: will.delay_s, due_since })
        })
    }

    /// Wills that had to come and wills that must not, since the last call.
    pub(super) fn count_new(&mut self) -> (u64, u64) {
        let (mut due, mut called_off) = (0, 0);
        for will in self.wills.iter_mut().filter(|will| !will.is_counted) {
            if will.due_since().is_some() {
                (due, will.is_counted) = (due + 1, true);
            } else if will.fate == Fate::CalledOff {
                (called_off, will.is_counted) = (called_off + 1, true);
            }
        }
        (due, called_off)
    }

    fn last_of(&mut self, client: ClientNumber) -> Option<&mut Will> {
        self.wills.iter_mut().rev().find(|will| will.client == client)
    }
}
