//! The thread that accepts connections and deals them to the workers.

use crate::{
    active_listener::{ActiveListener, NotAdmitted},
    mailbox::Mail,
    shared::Shared,
};
use dunlin_model::DisconnectReason;
use dunlin_telemetry::Metric;
use dunlin_transport::{AcceptError, Listener, PeerFacts, Stream};
use mio::{Events, Interest, Poll, Token, Waker};
use std::fs::File;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;
use tracing::{debug, warn};

const WAKE: Token = Token(usize::MAX);

/// Connections taken from one listener before the others have their turn.
const ACCEPTS_PER_TURN: usize = 256;

/// Orders that may wait; whoever gives one more waits with it.
const ORDERS: usize = 16;

/// After a round of nothing but errors the machine is short of something: the next round comes so much later.
const PAUSE: Duration = Duration::from_millis(50);

/// What a round on one listener gave.
enum Accepted {
    /// Nothing waits any more.
    All,
    /// Some connections; there may be more.
    Some,
    /// Errors only.
    None,
}

/// What the acceptor is told.
enum Order {
    Open(Listener, Arc<ActiveListener>, SyncSender<io::Result<()>>),
    /// The next connections get the new settings.
    Replace(Arc<ActiveListener>),
    Close(String, SyncSender<io::Result<()>>),
    Stop,
}

/// Tells an acceptor what to do.
pub(crate) struct AcceptorHandle {
    orders: SyncSender<Order>,
    waker: Waker,
}

impl AcceptorHandle {
    /// Accepts on a socket from now on.
    pub(crate) fn open(&self, socket: Listener, listener: Arc<ActiveListener>) -> io::Result<()> {
        self.ask(|done| Order::Open(socket, listener, done))
    }

    /// Gives the next connections of the listener with the same id new settings.
    pub(crate) fn replace(&self, listener: Arc<ActiveListener>) {
        self.give(Order::Replace(listener));
    }

    /// Closes the socket of a listener; its port is free when this returns.
    pub(crate) fn close(&self, id: &str) -> io::Result<()> {
        self.ask(|done| Order::Close(id.to_owned(), done))
    }

    /// Ends the thread and closes all sockets.
    pub(crate) fn stop(&self) {
        self.give(Order::Stop);
    }

    fn ask(&self, order: impl FnOnce(SyncSender<io::Result<()>>) -> Order) -> io::Result<()> {
        let (done, answer) = sync_channel(1);
        self.give(order(done));
        answer.recv().unwrap_or_else(|_| Err(io::Error::other("the broker stops")))
    }

    fn give(&self, order: Order) {
        // Where the thread has ended the order goes with it, and whoever waits for an answer learns that there is none. It
        // is woken for every order, so that there is room again soon.
        if self.orders.send(order).is_ok() {
            let _ = self.waker.wake();
        }
    }
}

/// Accepts until told to stop.
pub(crate) struct Acceptor {
    poll: Poll,
    /// By token; closed ones leave a gap that the next one fills.
    listeners: Vec<Option<(Listener, Arc<ActiveListener>)>>,
    shared: Arc<Shared>,
    orders: Receiver<Order>,
    /// Given up for a moment to accept and refuse a connection when descriptors run out; otherwise it would wait unseen.
    reserve: Option<File>,
}

impl Acceptor {
    pub(crate) fn new(shared: Arc<Shared>) -> io::Result<(Self, AcceptorHandle)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        let (handle, orders) = sync_channel(ORDERS);
        let reserve = File::open("/dev/null").ok();
        let handle = AcceptorHandle { orders: handle, waker };
        Ok((Self { poll, listeners: Vec::new(), shared, orders, reserve }, handle))
    }

    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(64);
        let mut unfinished: Vec<usize> = Vec::new();
        let mut all_failed = false;
        loop {
            let timeout = (!unfinished.is_empty()).then_some(if all_failed { PAUSE } else { Duration::ZERO });
            if let Err(error) = self.poll.poll(&mut events, timeout)
                && error.kind() != io::ErrorKind::Interrupted
            {
                warn!(msg = "acceptor_stopped", %error);
                return;
            }
            if !self.carry_out_orders() {
                return;
            }
            let mut ready = std::mem::take(&mut unfinished);
            ready.extend(events.iter().map(|event| event.token()).filter(|token| *token != WAKE).map(|token| token.0));
            ready.sort_unstable();
            ready.dedup();
            all_failed = true;
            for index in ready {
                match self.accept_some(index) {
                    Accepted::All => {}
                    Accepted::Some => {
                        all_failed = false;
                        unfinished.push(index);
                    }
                    Accepted::None => unfinished.push(index),
                }
            }
        }
    }

    /// False when told to stop.
    fn carry_out_orders(&mut self) -> bool {
        while let Ok(order) = self.orders.try_recv() {
            // Whoever asked may have given up waiting.
            match order {
                Order::Open(socket, listener, done) => {
                    let _ = done.send(self.open(socket, listener));
                }
                Order::Replace(listener) => {
                    for (_, old) in self.listeners.iter_mut().flatten().filter(|(_, old)| old.id() == listener.id()) {
                        *old = Arc::clone(&listener);
                    }
                }
                Order::Close(id, done) => {
                    for place in &mut self.listeners {
                        place.take_if(|(_, listener)| listener.id() == id);
                    }
                    let _ = done.send(Ok(()));
                }
                Order::Stop => return false,
            }
        }
        true
    }

    fn open(&mut self, mut socket: Listener, listener: Arc<ActiveListener>) -> io::Result<()> {
        let gap = self.listeners.iter().position(Option::is_none);
        let index = gap.unwrap_or(self.listeners.len());
        self.poll.registry().register(socket.source(), Token(index), Interest::READABLE)?;
        match gap {
            Some(index) => self.listeners[index] = Some((socket, listener)),
            None => self.listeners.push(Some((socket, listener))),
        }
        Ok(())
    }

    /// Takes what waits.
    fn accept_some(&mut self, index: usize) -> Accepted {
        let mut result = Accepted::None;
        for _ in 0..ACCEPTS_PER_TURN {
            let Some(Some((socket, listener))) = self.listeners.get(index) else { return Accepted::All };
            match socket.accept() {
                Ok((stream, peer)) => {
                    result = Accepted::Some;
                    if admit(&self.shared, listener, peer) {
                        deal(&self.shared, Stream::Tcp(stream), peer, listener, None);
                    }
                }
                Err(AcceptError::WouldBlock) => return Accepted::All,
                Err(AcceptError::Passing) => {}
                Err(AcceptError::NoDescriptors) => self.refuse_one(index),
            }
        }
        result
    }

    /// No descriptor is free: closes the reserve, takes the waiting connection and closes it, so that the peer gets an answer.
    fn refuse_one(&mut self, index: usize) {
        self.reserve = None;
        if let Some(Some((socket, listener))) = self.listeners.get(index) {
            drop(socket.accept());
            refused(&self.shared, listener, "no file descriptor is free");
        }
        self.reserve = File::open("/dev/null").ok();
    }
}

/// Counts a connection in, if the limits let it in.
pub(crate) fn admit(shared: &Shared, listener: &ActiveListener, peer: SocketAddr) -> bool {
    if shared.live.overload().is_some_and(|overload| overload.refuse_clients) && shared.overloaded.are_all() {
        listener.stats.count_end(DisconnectReason::ServerBusy);
        let count = count_shared(shared, Metric::OverloadProtectionNewConn);
        if count % LOG_EVERY == 1 {
            warn!(msg = "listener_accept_refused_overloaded", listener = listener.id(), peername = %peer, count);
        }
        return false;
    }
    let zone = shared.zone_limits.get(&listener.zone().name);
    match listener.admit(peer.ip(), zone.as_deref(), shared.clock.now()) {
        Ok(()) => {}
        Err(NotAdmitted::Address) => {
            listener.stats.count_end(DisconnectReason::NotAuthorized);
            shared.common_counters().add_shared(Metric::ConnectionsRefusedAddress, 1);
            debug!(msg = "listener_accept_refused_by_access_rules", listener = listener.id(), peername = %peer);
            return false;
        }
        Err(NotAdmitted::Rate) => {
            let count = count_shared(shared, Metric::ConnectionsRefusedRate);
            if count % LOG_EVERY == 1 {
                warn!(msg = "listener_accept_throttled_due_to_quota_exceeded", listener = listener.id(), peername = %peer, count);
            }
            return false;
        }
        Err(NotAdmitted::Full) => {
            refused(shared, listener, "the connection limit of the listener is reached");
            return false;
        }
    }
    if shared.count_in(listener) {
        return true;
    }
    shared.count_out(listener);
    refused(shared, listener, "the limit of open files is reached");
    false
}

/// Hands an admitted connection to the worker whose turn it is.
pub(crate) fn deal(
    shared: &Shared,
    stream: Stream,
    peer: SocketAddr,
    listener: &Arc<ActiveListener>,
    facts: Option<Box<PeerFacts>>,
) {
    let workers = shared.mailboxes.len();
    let next = shared.next_worker.fetch_add(1, Ordering::Relaxed) % workers;
    // Whom it belongs to shows later; until then it need not be the business of one who has too much to do.
    let worker = (next..workers).chain(0..next).find(|worker| !shared.overloaded.has(*worker)).unwrap_or(next);
    shared.mailboxes[worker].post(Mail::Accepted { stream, peer, listener: Arc::clone(listener), facts });
}

/// One line for the first and then for every 1,000th: a flood of connections is no flood of lines.
const LOG_EVERY: u64 = 1_000;

fn refused(shared: &Shared, listener: &ActiveListener, why: &str) {
    let count = count_shared(shared, Metric::ConnectionsRefusedLimit);
    if count % LOG_EVERY == 1 {
        warn!(msg = "listener_accept_refused_reached_max_connections", listener = listener.id(), why, count);
    }
}

fn count_shared(shared: &Shared, metric: Metric) -> u64 {
    let counters = shared.common_counters();
    counters.add_shared(metric, 1);
    counters.get(metric)
}
