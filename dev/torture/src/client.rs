//! One client: keeps its half of the session across connections as MQTT demands, and tells the oracle what it sees.

mod connecting;
mod exchanging;

use crate::inbound::{Inbound, Manner};
use crate::link::Link;
use crate::message::MessageId;
use crate::oracle::{ClientNumber, ConnectionEnd, Event, Oracle};
use crate::outbound::Outbound;
use crate::plan::{Habit, Plan, Profile};
use dunlin_model::Qos;
use mio::{Registry, Token};
use std::net::SocketAddr;

/// What clients share for the time of one turn.
#[derive(Debug)]
pub struct Scene<'a> {
    /// Is told everything.
    pub oracle: &'a mut Oracle,
    /// Streams.
    pub plan: &'a Plan,
    /// Counts.
    pub tally: &'a mut Tally,
    /// Milliseconds since the run began.
    pub now_ms: u64,
    /// Where the broker listens.
    pub address: SocketAddr,
    /// For new sockets.
    pub registry: &'a Registry,
}

/// What has happened, in figures that no oracle needs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// CONNECTs written.
    pub connects: u64,
    /// CONNECTs written while another connection of the client was in use.
    pub takeovers: u64,
    /// Publishes sent for the first time.
    pub published: u64,
    /// PUBACKs and PUBRECs.
    pub acknowledgements: u64,
    /// Packets received, of whatever kind.
    pub packets: u64,
    /// Tokens given to sockets.
    tokens: usize,
}

impl Tally {
    fn next_token(&mut self) -> Token {
        self.tokens += 1;
        Token(self.tokens)
    }
}

/// Where a client stands with its broker.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Offline,
    /// CONNECT was sent.
    Connecting {
        clean_start: bool,
    },
    Online,
    /// DISCONNECT was sent.
    Leaving,
}

/// A request that waits for its answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Request {
    Subscribe,
    Unsubscribe,
}

/// A client.
#[derive(Debug)]
pub struct Client {
    number: ClientNumber,
    profile: Profile,
    phase: Phase,
    link: Option<Link>,
    /// A connection that a new one, not answered yet, is about to take over.
    older: Option<Link>,
    outbound: Outbound,
    inbound: Inbound,
    request: Option<Request>,
    /// All filters of the profile were granted to the session.
    is_subscribed: bool,
    /// The session outlives the connection that was last asked for.
    has_durable_session: bool,
    wills_sent: u32,
    pings_owed: u32,
    /// When to try again after the broker has sent it away.
    retry_at_ms: Option<u64>,
    /// The reason in a DISCONNECT of the broker.
    sent_away: Option<u8>,
    random: fastrand::Rng,
    /// Retained messages found, of a [`Habit::Prober`].
    found: Vec<MessageId>,
}

impl Client {
    /// A client that was never connected.
    #[must_use]
    pub fn new(number: ClientNumber, plan: &Plan, seed: u64) -> Self {
        let profile = plan.profiles[number].clone();
        let publishes = profile.habit == Habit::Publisher;
        let streams = profile.streams.iter().filter(|_| publishes);
        let streams = streams.map(|&stream| (stream, plan.streams[usize::from(stream)].qos)).collect();
        let mut random = fastrand::Rng::with_seed(seed ^ (number as u64) << 40);
        Self {
            number,
            phase: Phase::Offline,
            link: None,
            older: None,
            outbound: Outbound::new(streams, random.u64(..)),
            inbound: Inbound::new(manner_of(profile.habit)),
            request: None,
            is_subscribed: false,
            has_durable_session: false,
            wills_sent: 0,
            pings_owed: 0,
            retry_at_ms: None,
            sent_away: None,
            random,
            found: Vec::new(),
            profile,
        }
    }

    /// What it is.
    #[must_use]
    pub fn profile(&self) -> &Profile {
        &self.profile
    }

    /// Whether it has a connection, answered or not.
    #[must_use]
    pub fn is_connected(&self) -> bool {
        self.phase != Phase::Offline
    }

    /// Whether it is connected, subscribed, and has nothing on the way.
    #[must_use]
    pub fn is_idle(&self) -> bool {
        let has_subscribed = self.is_subscribed || self.profile.filters.is_empty();
        self.phase == Phase::Online && has_subscribed && self.request.is_none() && self.outbound.is_empty()
    }

    /// Whether every PINGREQ was answered.
    #[must_use]
    pub fn has_all_pings(&self) -> bool {
        self.pings_owed == 0
    }

    /// Takes the retained messages found so far.
    pub fn take_found(&mut self) -> Vec<MessageId> {
        std::mem::take(&mut self.found)
    }

    /// Acknowledges at once from now on, or again in its own manner; sends no further messages.
    pub fn hurry(&mut self, in_a_hurry: bool) {
        let manner = if in_a_hurry { Manner::Prompt } else { manner_of(self.profile.habit) };
        self.inbound.hurry(manner);
        self.outbound.drop_backlog();
    }

    /// Asks for more messages.
    pub fn add_backlog(&mut self, messages: u32) {
        self.outbound.add_backlog(messages);
    }

    /// Whether one of its sockets has this token.
    #[must_use]
    pub fn owns(&self, token: Token) -> bool {
        self.links().any(|link| link.token() == token)
    }

    /// A socket has something: what came on an older connection came before what came on the new one.
    pub fn ready(&mut self, scene: &mut Scene<'_>) {
        self.read_older(scene);
        if let Some(link) = &mut self.link {
            link.read();
        }
        self.process(Which::Newest, scene);
        if self.link.as_ref().is_some_and(Link::has_ended) {
            self.closed_by_broker(scene);
        }
    }

    /// Sends what is due: acknowledgements, messages, another CONNECT.
    pub fn tick(&mut self, scene: &mut Scene<'_>) {
        if self.retry_at_ms.is_some_and(|at_ms| at_ms <= scene.now_ms) {
            self.retry_at_ms = None;
            if self.phase == Phase::Offline {
                self.connect(false, scene);
            }
        }
        self.send_due_acknowledgements(scene.now_ms);
        if self.phase == Phase::Online {
            self.publish_more(scene);
        }
        self.links_mut().for_each(Link::flush);
    }

    /// Closes everything without a word.
    pub fn cut(&mut self, scene: &mut Scene<'_>) {
        if self.phase != Phase::Offline {
            self.forget_connection(ConnectionEnd::Cut, scene);
        }
    }

    /// The broker is gone: takes what it had written before, then lets go of the connections.
    pub fn lose_broker(&mut self, end: ConnectionEnd, scene: &mut Scene<'_>) {
        self.retry_at_ms = None;
        self.read_older(scene);
        if let Some(link) = &mut self.link {
            link.read();
        }
        self.process(Which::Newest, scene);
        if self.phase != Phase::Offline {
            self.forget_connection(end, scene);
        }
    }

    fn read_older(&mut self, scene: &mut Scene<'_>) {
        if let Some(older) = &mut self.older {
            older.read();
            self.process(Which::Older, scene);
        }
        if self.older.as_ref().is_some_and(Link::has_ended) {
            self.older = None;
        }
    }

    fn process(&mut self, which: Which, scene: &mut Scene<'_>) {
        let version = self.profile.version;
        let Some(link) = self.link_mut(which) else { return };
        let inbox = link.take_inbox();
        let mut start = 0;
        // A packet may end the connection, and its link with it.
        while self.link_mut(which).is_some() {
            match Link::decode(version, inbox.get(start..).unwrap_or_default()) {
                Ok(Some((packet, length))) => {
                    scene.tally.packets += 1;
                    self.handle(which, &packet, scene);
                    start += length;
                }
                Ok(None) => break,
                Err(error) => {
                    self.accuse(format!("the broker has sent no packet of MQTT: {error}"), scene);
                    start = inbox.len();
                    break;
                }
            }
        }
        if let Some(link) = self.link_mut(which) {
            link.give_back(inbox, start);
        }
    }

    fn closed_by_broker(&mut self, scene: &mut Scene<'_>) {
        if self.phase != Phase::Leaving {
            let reason = self.sent_away.map_or(String::new(), |code| format!(", reason 0x{code:02X}"));
            self.accuse(format!("the broker has closed the connection{reason}"), scene);
            // Goes on after the violation, for what else there is to see.
            self.retry_at_ms = Some(scene.now_ms + RETRY_AFTER_MS);
        }
        self.forget_connection(ConnectionEnd::ClosedByBroker, scene);
    }

    fn forget_connection(&mut self, end: ConnectionEnd, scene: &mut Scene<'_>) {
        self.link = None;
        self.older = None;
        self.phase = Phase::Offline;
        self.request = None;
        if !self.has_durable_session {
            self.is_subscribed = false;
            self.inbound.forget();
        }
        self.pings_owed = 0;
        self.sent_away = None;
        scene.oracle.record(Event::ConnectionEnded { client: self.number, end });
    }

    fn accuse(&self, what: String, scene: &mut Scene<'_>) {
        scene.oracle.record(Event::Misbehaved { client: self.number, what });
    }

    fn link_mut(&mut self, which: Which) -> Option<&mut Link> {
        match which {
            Which::Newest => self.link.as_mut(),
            Which::Older => self.older.as_mut(),
        }
    }

    fn links(&self) -> impl Iterator<Item = &Link> {
        self.older.iter().chain(&self.link)
    }

    fn links_mut(&mut self) -> impl Iterator<Item = &mut Link> {
        self.older.iter_mut().chain(&mut self.link)
    }
}

/// One of the connections of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Which {
    Newest,
    Older,
}

/// How long a client waits that the broker has sent away.
const RETRY_AFTER_MS: u64 = 50;

/// How many milliseconds a slow client takes.
const SLOW_MS: u64 = 30;

/// How many messages of a connection a forgetful client acknowledges.
const REMEMBERED: u32 = 100;

const fn manner_of(habit: Habit) -> Manner {
    match habit {
        Habit::Slow => Manner::Slow(SLOW_MS),
        Habit::Forgetful => Manner::Forgetful(REMEMBERED),
        _ => Manner::Prompt,
    }
}

/// The levels of a SUBACK, `None` where it refuses.
fn granted_levels(codes: &[u8]) -> Vec<Option<Qos>> {
    codes.iter().map(|&code| Qos::from_u8(code)).collect()
}
