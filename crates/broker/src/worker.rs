//! One event loop: the connections, sessions and timers it owns, and one turn of it.
//!
//! A turn reads everything that is ready, takes one more look without waiting, then writes each touched connection once: the
//! number of writes is what costs. Everything a turn changes in another worker leaves in one batch.

mod admitting;
mod announcing;
mod asking;
mod attributes;
mod authenticating;
mod authorizing;
mod authorizing_subscribe;
mod auto_subscribing;
mod bad_frames;
mod buffers;
mod client_counting;
mod client_view;
mod closing;
mod congestion;
mod connecting;
mod connection;
mod counting;
mod deciding;
mod delaying;
mod feeding;
mod forgetting;
mod groups;
mod handing_over;
mod handshake_turns;
mod identity;
mod keeping_out;
mod limiting;
mod nowhere;
mod outputs;
mod pacing;
mod publishing;
mod reading;
mod recording;
mod retained_delivery;
mod retaining;
mod rewriting;
mod routing;
mod sessions;
mod sharing;
mod shedding;
mod spanning;
mod spanning_clients;
mod steering;
mod storing;
mod subscribing;
mod timing;
mod topic_counting;
mod tracing_clients;
mod walking;
mod watch;
mod willing;
mod writing;

use crate::{
    AccessControl,
    active_listener::ActiveListener,
    clients::question::Walking,
    durable::{Addressee, Durable, FeedMark, RestoredSession},
    limits::RetainerBuckets,
    log_throttle::LogThrottle,
    mailbox::{Batch, Mail},
    route_cache::RouteCache,
    services::Services,
    shared::Shared,
    slab::Slab,
    timelines::Timelines,
    timers::Timers,
    topic_metrics::TopicTable,
    traces::TraceSet,
};
pub(crate) use admitting::Admitting;
use buffers::BufferPool;
use connection::Connection;
pub(crate) use delaying::Delayed;
pub use delaying::decode as decode_delayed;
use dunlin_access::{Authorization, Tally};
use dunlin_banned::FlappingTable;
use dunlin_model::{DisconnectReason, Message, Millis};
use dunlin_router::{PickMemory, SessionKey};
use dunlin_session::{Output, Sent, SlowWatch};
use dunlin_telemetry::CounterBlock;
use dunlin_transport::{PeerFacts, Stream};
use handshake_turns::HandshakeTurns;
use hashbrown::HashTable;
pub(crate) use identity::Identity;
use keeping_out::BanSweep;
use mio::{Events, Poll, Token};
use nowhere::Nowhere;
use retained_delivery::Sweep;
use sessions::Sessions;
use shedding::{LoadWatch, Rest};
use smallvec::SmallVec;
use spanning::Spanning;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::Receiver;
use std::time::Duration;
use storing::Storing;
use tracing::{error, warn};
use watch::Watch;

/// Token of the waker.
pub(crate) const WAKE: Token = Token(usize::MAX);

/// One read takes at most this much; it is also the size of the one read buffer.
const READ_BYTES: usize = 64 * 1024;

/// Readiness taken from the kernel at a time.
const EVENTS: usize = 1024;

/// While another worker's mailbox is full this one looks again after so long.
const HOLD_BACK: Duration = Duration::from_millis(1);

/// One event loop and all it owns.
pub(crate) struct Worker {
    index: usize,
    poll: Poll,
    now: Millis,
    connections: Slab<Connection>,
    sessions: Sessions,
    /// Session slots by client id.
    clients: HashTable<u32>,
    timers: Timers,
    buffers: BufferPool,
    read_buffer: Vec<u8>,
    route_cache: RouteCache,
    pick_memory: PickMemory,
    /// For what needs a choice without a pattern, such as the member of a group.
    random: fastrand::Rng,
    /// Connections with bytes to write at the end of the turn.
    dirty: Vec<u32>,
    /// Connections that may have more to read: the last read filled the buffer, or reading was held back.
    unread: Vec<u32>,
    /// Connections in their TLS handshake that are read from. Each waits at most once.
    handshake_turns: HandshakeTurns,
    /// Sessions whose retained messages can go on.
    retained_ready: VecDeque<u32>,
    /// For each other worker what this turn sends there.
    batches: Vec<Batch>,
    /// Outputs of the input being handled.
    outputs: Vec<Output>,
    /// Outputs of a session that was delivered to, before they are deferred.
    outputs_of_others: Vec<Output>,
    /// Outputs of sessions other than the one being handled, in order.
    deferred: VecDeque<(SessionKey, Output)>,
    /// An output is being carried out.
    is_settling: bool,
    nowhere: Nowhere,
    watch: Watch,
    /// What sessions have sent since it was last reported.
    sent: Sent,
    /// Deliveries made or handed to other workers, for fairness among publishers.
    deliveries: u64,
    log_throttle: LogThrottle,
    /// Durable sessions chosen for the message being routed.
    addressees: SmallVec<[Addressee; 1]>,
    /// The QoS 2 exchange whose message was just handed over to be stored.
    stored_exchange: Option<u16>,
    storing: Storing,
    next_feed: FeedMark,
    access: AccessControl,
    /// Makes permits while `access` has no authorization.
    without_rules: Arc<Authorization>,
    /// Grows with every change of it.
    access_epoch: u32,
    /// What authorization has decided here since it was last reported.
    tally: Tally,
    last_question: u64,
    /// Which limits its connections have.
    limits_epoch: u64,
    stop_at: Option<Millis>,
    /// What has happened to its clients lately.
    timelines: Timelines,
    /// What clients did in this turn, to be published at its end.
    announcements: Vec<Message>,
    /// `None` where none runs.
    traces: Option<Arc<TraceSet>>,
    /// `None` while there are no spans.
    spans: Option<Box<Spanning>>,
    /// Topics that are counted; `None` where none is.
    counted_topics: Option<Arc<TopicTable>>,
    /// Whether a trace is about topics, some are counted, or there are spans.
    watches_topics: bool,
    services: Services,
    sweep: Sweep,
    retainer_buckets: RetainerBuckets,
    /// Until then there are no tokens to send retained messages with; 0 where there are.
    retained_paused_until: Millis,
    ban_sweep: BanSweep,
    /// Walks over its sessions that others wait for, each of which has its turn.
    walks: VecDeque<Walking>,
    flapping: FlappingTable,
    load: LoadWatch,
    /// It is overloaded, and makes no deliveries of QoS 0.
    drops_qos0: bool,
}

impl Worker {
    pub(crate) fn new(index: usize, poll: Poll, shared: &Shared) -> Self {
        let now = shared.clock.now();
        Self {
            index,
            poll,
            now,
            connections: Slab::default(),
            sessions: Sessions::new(Arc::clone(&shared.settings.zone)),
            clients: HashTable::new(),
            timers: Timers::default(),
            buffers: BufferPool::default(),
            read_buffer: vec![0; READ_BYTES + reading::LEFTOVER_MAX],
            route_cache: RouteCache::new(index),
            pick_memory: PickMemory::default(),
            random: fastrand::Rng::new(),
            dirty: Vec::new(),
            unread: Vec::new(),
            handshake_turns: HandshakeTurns::default(),
            retained_ready: VecDeque::new(),
            batches: (0..shared.mailboxes.len()).map(|_| Batch::default()).collect(),
            outputs: Vec::new(),
            outputs_of_others: Vec::new(),
            deferred: VecDeque::new(),
            is_settling: false,
            nowhere: Nowhere::default(),
            watch: Watch { slow: SlowWatch::OFF, latencies: shared.latencies.of(index) },
            sent: Sent::default(),
            deliveries: 0,
            log_throttle: LogThrottle::new(shared.live.log_window_ms()),
            addressees: SmallVec::new(),
            stored_exchange: None,
            storing: Storing::default(),
            access: shared.access.read().clone(),
            without_rules: Arc::new(Authorization::without_rules()),
            access_epoch: 1,
            tally: Tally::default(),
            last_question: 0,
            limits_epoch: shared.zone_limits.epoch(),
            next_feed: 0,
            stop_at: None,
            timelines: Timelines::new(shared.mailboxes.len()),
            announcements: Vec::new(),
            traces: None,
            spans: None,
            counted_topics: None,
            watches_topics: false,
            services: shared.services.read().clone(),
            sweep: Sweep::first(shared, index, now),
            retainer_buckets: shared.retainer_buckets.lock().clone(),
            retained_paused_until: 0,
            ban_sweep: BanSweep::default(),
            walks: VecDeque::new(),
            flapping: FlappingTable::default(),
            load: LoadWatch::new(shared.live.overload(), now),
            drops_qos0: false,
        }
    }

    /// Takes in the durable sessions of its clients from before the start. What follows for others, as the wills that are due,
    /// waits for [`Worker::settle_restored`].
    pub(crate) fn restore(&mut self, shared: &Shared, portions: Receiver<Vec<RestoredSession>>) {
        for portion in portions {
            for session in portion {
                self.restore_session(shared, session);
                self.sessions.pack_idle();
            }
            self.submit(shared);
        }
    }

    /// Carries out what follows from [`Worker::restore`], once every worker has its sessions.
    pub(crate) fn settle_restored(&mut self, shared: &Shared) {
        self.now = shared.clock.now();
        self.fire_timers(shared);
        self.run_deferred(shared);
        self.submit(shared);
    }

    /// Runs until told to stop.
    pub(crate) fn run(mut self, shared: &Shared) {
        let mut events = Events::with_capacity(EVENTS);
        let mut mail = Vec::new();
        loop {
            let rest = self.rest(shared);
            self.poll_once(shared, &mut events, rest.timeout);
            self.begin_turn(shared, rest);
            shared.mailboxes[self.index].take(&mut mail);
            for piece in mail.drain(..) {
                self.open_mail(shared, piece);
            }
            self.fire_timers(shared);
            self.feed_retained(shared);
            self.sweep_banned(shared);
            self.walk_on();
            if !self.dirty.is_empty() {
                // The second look lets what arrived meanwhile share the writes; never more than one without a flush.
                self.poll_once(shared, &mut events, Some(Duration::ZERO));
            }
            self.announce_all(shared);
            self.send_batches(shared);
            self.submit(shared);
            self.flush_dirty(shared);
            if self.spans.is_some() {
                self.end_deliveries(shared);
            }
            self.sessions.pack_idle();
            self.report(shared);
            if self.stop_at.is_some_and(|at| self.connections.len() == 0 || at <= self.now) {
                return;
            }
        }
    }

    /// Waits for readiness and handles it.
    fn poll_once(&mut self, shared: &Shared, events: &mut Events, timeout: Option<Duration>) {
        if let Err(error) = self.poll.poll(events, timeout)
            && error.kind() != io::ErrorKind::Interrupted
        {
            // Its clients would hang and the other workers wait for its mailbox: better to be started again.
            error!(msg = "event_loop_failed", worker = self.index, %error);
            std::process::abort();
        }
        shared.mailboxes[self.index].awake();
        self.now = shared.clock.now();
        self.watch.slow = shared.slow.watch(self.index);
        let hold_back = self.must_hold_back(shared);
        self.handshake_turns.begin();
        self.go_on_with_handshakes(shared, hold_back);
        let mut unread = std::mem::take(&mut self.unread);
        unread.sort_unstable();
        unread.dedup();
        for slot in unread {
            self.read_or_postpone(shared, slot, hold_back);
        }
        for event in events.iter() {
            let Ok(slot) = u32::try_from(event.token().0) else { continue };
            if event.is_writable() {
                self.socket_writable(shared, slot);
            }
            if event.is_readable() || event.is_read_closed() || event.is_error() {
                if event.is_read_closed() || event.is_error() {
                    self.note_read_closed(slot);
                }
                self.read_or_postpone(shared, slot, hold_back);
            }
        }
    }

    fn read_or_postpone(&mut self, shared: &Shared, slot: u32, hold_back: bool) {
        if hold_back || self.batches.iter().any(Batch::is_full) {
            self.unread.push(slot);
        } else {
            self.socket_readable(shared, slot);
            self.submit_portion(shared);
        }
    }

    fn must_hold_back(&self, shared: &Shared) -> bool {
        if shared.durable.as_ref().is_some_and(Durable::is_behind) {
            return true;
        }
        let others = shared.mailboxes.iter().enumerate().filter(|(index, _)| *index != self.index);
        shared.mailboxes.len() > 1 && others.into_iter().any(|(_, mailbox)| mailbox.is_full())
    }

    /// How long to wait for readiness.
    fn rest(&mut self, shared: &Shared) -> Rest {
        let unsent = !self.dirty.is_empty()
            || !self.announcements.is_empty()
            || !self.storing.is_empty()
            || self.batches.iter().any(|batch| !batch.messages.is_empty());
        let retained_goes_on = !self.retained_ready.is_empty() && self.retained_paused_until == 0;
        let goes_on = retained_goes_on || !self.ban_sweep.is_done() || !self.walks.is_empty();
        if unsent || goes_on || self.handshake_turns.is_awaited() {
            return Rest::none_after(Duration::ZERO);
        }
        if !self.unread.is_empty() {
            return Rest::none_after(if self.must_hold_back(shared) { HOLD_BACK } else { Duration::ZERO });
        }
        if !shared.mailboxes[self.index].may_sleep() {
            return Rest::none_after(Duration::ZERO);
        }
        let delayed = shared.delayed.next_due().filter(|_| self.index == 0);
        let throttled = self.log_throttle.summary_at();
        let retained = Some(self.retained_paused_until).filter(|at| *at > 0 && !self.retained_ready.is_empty());
        let sweep = self.sweep.due_at;
        let due = [self.timers.next(), self.stop_at, sweep, delayed, retained, self.load.over_at(), throttled];
        match due.into_iter().flatten().min() {
            Some(due_at) => Rest::until(due_at, shared.clock.now()),
            None => Rest::endless(self.load.is_on().then(|| shared.clock.now())),
        }
    }

    /// What it keeps of settings that can change.
    fn take_settings(&mut self, shared: &Shared) {
        self.log_throttle.set_window(shared.live.log_window_ms());
        self.watch.latencies = shared.latencies.of(self.index);
        // From its beginning: the pause that it is in was that of the old interval.
        self.sweep = Sweep::first(shared, self.index, self.now);
        self.retainer_buckets = shared.retainer_buckets.lock().clone();
        self.retained_paused_until = 0;
        self.services.clone_from(&shared.services.read());
        self.take_access(shared);
        self.take_changed_limits(shared);
        self.take_overload_settings(shared);
    }

    fn open_mail(&mut self, shared: &Shared, mail: Mail) {
        match mail {
            Mail::Accepted { listener, .. } if self.stop_at.is_some() => shared.count_out(&listener),
            Mail::HandedOver(handed_over) if self.stop_at.is_some() => shared.count_out(&handed_over.listener),
            Mail::Accepted { stream, peer, listener, facts } => self.take_in(shared, stream, peer, listener, facts),
            Mail::HandedOver(handed_over) => self.take_over(shared, *handed_over),
            Mail::Deliveries(batch) => self.deliver_batch(shared, batch),
            Mail::Announce(message) => {
                self.announce(shared, message);
                self.run_deferred(shared);
            }
            Mail::CountTopics(topics) => self.take_counted_topics(topics),
            Mail::Traces(traces) => self.take_traces(traces),
            Mail::Spans(spans) => self.take_spans(spans),
            Mail::Look => {}
            Mail::Answer { slot, number, answer } => self.take_answer(shared, slot, number, *answer),
            Mail::SettingsChanged => self.take_settings(shared),
            // Nobody may wait for it any more.
            Mail::Echo(heard) => drop(heard.try_send(())),
            Mail::Durable(mail) => self.open_durable_mail(shared, mail),
            Mail::ListenerClosed { id } => self.close_connections_of(shared, &id),
            Mail::ForgetVerdicts(client_id) => self.forget_verdicts(shared, &client_id),
            Mail::Asked(question) => self.take_question(shared, *question),
            Mail::Banned(client_id) => self.take_ban(shared, client_id),
            Mail::Stop { deadline } => self.begin_stop(shared, deadline),
        }
    }

    /// A connection that was just accepted.
    fn take_in(
        &mut self,
        shared: &Shared,
        stream: Stream,
        peer: SocketAddr,
        listener: Arc<ActiveListener>,
        facts: Option<Box<PeerFacts>>,
    ) {
        let wrapped = match (&listener.settings.layering, stream) {
            (Some(layering), Stream::Tcp(socket)) => layering.wrap(socket, peer),
            (_, stream) => Ok(stream),
        };
        match wrapped {
            Ok(stream) => {
                let mut connection = Connection::new(stream, peer, listener, self.now);
                if facts.is_some() {
                    connection.rare_mut().facts = facts;
                }
                self.adopt(shared, connection);
            }
            Err(error) => {
                warn!(msg = "connection_not_taken_in", listener = listener.id(), peername = %peer, %error);
                listener.stats.count_end(DisconnectReason::SocketError);
                shared.count_out(&listener);
            }
        }
    }

    fn counters<'a>(&self, shared: &'a Shared) -> &'a CounterBlock {
        &shared.counters[self.index]
    }

    fn key(&self, slot: u32) -> SessionKey {
        let worker = u16::try_from(self.index).unwrap_or(u16::MAX);
        SessionKey { slot, generation: self.sessions.generation(slot), worker }
    }

    fn report(&mut self, shared: &Shared) {
        crate::sent_counts::count_sent(self.counters(shared), self.sent.take());
        self.report_tally(shared);
    }
}
