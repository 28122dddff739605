//! The thread that accepts connections and deals them to the workers.

use crate::{listener_stats::ListenerStats, mailbox::Mail, shared::Shared};
use dunlin_telemetry::Metric;
use dunlin_transport::{AcceptError, Listener, Stream};
use mio::{Events, Interest, Poll, Token, Waker};
use std::fs::File;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tracing::warn;

const WAKE: Token = Token(usize::MAX);

/// Connections taken from one listener before the others have their turn.
const ACCEPTS_PER_TURN: usize = 256;

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

/// Accepts until told to stop.
pub(crate) struct Acceptor {
    poll: Poll,
    listeners: Vec<(Listener, Arc<ListenerStats>)>,
    shared: Arc<Shared>,
    stop: Arc<AtomicBool>,
    next_worker: usize,
    /// Given up for a moment to accept and refuse a connection when descriptors run out; otherwise it would wait unseen.
    reserve: Option<File>,
}

impl Acceptor {
    pub(crate) fn new(
        shared: Arc<Shared>,
        mut listeners: Vec<(Listener, Arc<ListenerStats>)>,
        stop: Arc<AtomicBool>,
    ) -> io::Result<(Self, Waker)> {
        let poll = Poll::new()?;
        let waker = Waker::new(poll.registry(), WAKE)?;
        for (index, (listener, _)) in listeners.iter_mut().enumerate() {
            poll.registry().register(listener.source(), Token(index), Interest::READABLE)?;
        }
        let reserve = File::open("/dev/null").ok();
        Ok((Self { poll, listeners, shared, stop, next_worker: 0, reserve }, waker))
    }

    pub(crate) fn run(mut self) {
        let mut events = Events::with_capacity(64);
        let mut unfinished: Vec<usize> = Vec::new();
        let mut all_failed = false;
        while !self.stop.load(Ordering::SeqCst) {
            let timeout = (!unfinished.is_empty()).then_some(if all_failed { PAUSE } else { Duration::ZERO });
            if let Err(error) = self.poll.poll(&mut events, timeout)
                && error.kind() != io::ErrorKind::Interrupted
            {
                warn!(msg = "acceptor_stopped", %error);
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

    /// Takes what waits.
    fn accept_some(&mut self, index: usize) -> Accepted {
        let mut result = Accepted::None;
        for _ in 0..ACCEPTS_PER_TURN {
            let (listener, stats) = &self.listeners[index];
            match listener.accept() {
                Ok((stream, peer)) => {
                    result = Accepted::Some;
                    if !admit(&self.shared, stats) {
                        continue;
                    }
                    let listener = Arc::clone(stats);
                    let worker = self.next_worker % self.shared.mailboxes.len();
                    self.next_worker = worker + 1;
                    let stream = Stream::Tcp(stream);
                    self.shared.mailboxes[worker].post(Mail::Accepted { stream, peer, listener });
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
        let (listener, stats) = &self.listeners[index];
        drop(listener.accept());
        refused(&self.shared, stats, "no file descriptor is free");
        self.reserve = File::open("/dev/null").ok();
    }
}

/// Counts a connection in, or out again when a limit is reached.
fn admit(shared: &Shared, stats: &ListenerStats) -> bool {
    let of_listener = stats.connections.fetch_add(1, Ordering::Relaxed);
    let of_all = shared.connections.fetch_add(1, Ordering::Relaxed);
    if of_listener < stats.max_connections && of_all < shared.settings.max_connections {
        return true;
    }
    shared.count_out(stats);
    refused(shared, stats, "the connection limit is reached");
    false
}

fn refused(shared: &Shared, stats: &ListenerStats, why: &str) {
    let counters = shared.common_counters();
    counters.add_shared(Metric::ConnectionsRefusedLimit, 1);
    // One line for the first and then for every 1,000th: a flood of connections is no flood of lines.
    if counters.get(Metric::ConnectionsRefusedLimit) % 1_000 == 1 {
        warn!(msg = "listener_accept_refused_reached_max_connections", listener = %stats.id, why);
    }
}
