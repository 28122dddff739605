//! What threads hand to a worker.
//!
//! Mail is appended in batches; the worker is woken only when it sleeps. The amount of undelivered mail is visible to senders,
//! who stop reading from their sockets while a mailbox is full: pressure goes back to the publishers and nothing is lost.

use crate::{
    active_listener::ActiveListener, clients::question::Question, durable::DurableMail, spans::SpanSet,
    task_runtime::Answer, topic_metrics::TopicTable, traces::TraceSet, worker::Admitting, worker::Identity,
};
use dunlin_model::{ArcStr, ClientId, Message};
use dunlin_router::Target;
use dunlin_transport::{PeerFacts, Stream};
use mio::Waker;
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::SyncSender;

/// Deliveries a mailbox holds before senders stop reading: a message counts once for each of its targets.
const DELIVERIES_MAX: usize = 64 * 1024;

/// Bytes of messages a mailbox holds before senders stop reading.
const BYTES_MAX: usize = 64 << 20;

/// One piece of mail.
pub(crate) enum Mail {
    /// A new connection.
    Accepted { stream: Stream, peer: SocketAddr, listener: Arc<ActiveListener>, facts: Option<Box<PeerFacts>> },
    /// A connection whose CONNECT names a client of this worker, with the bytes read so far.
    HandedOver(Box<HandedOver>),
    /// Messages for sessions of this worker.
    Deliveries(Batch),
    /// What a connection has asked is answered.
    Answer { slot: u32, number: u64, answer: Box<Answer> },
    /// Publish what the broker tells of itself.
    Announce(Message),
    /// These topics are counted from now on.
    CountTopics(Option<Arc<TopicTable>>),
    /// These traces run from now on.
    Traces(Option<Arc<TraceSet>>),
    /// There are these spans from now on.
    Spans(Option<Arc<SpanSet>>),
    /// Something became due earlier than it knows.
    Look,
    /// Settings that it keeps for itself have changed.
    SettingsChanged,
    /// Tell that everything before this was opened.
    Echo(SyncSender<()>),
    /// Forget the verdicts that are kept for a client.
    ForgetVerdicts(ClientId),
    /// News from the committer.
    Durable(DurableMail),
    /// Somebody asks something about its clients, or wants something done to one.
    Asked(Box<Question>),
    /// There is a new ban: of a client of this worker, whose connection and session end; or of others, whose connections end.
    Banned(Option<ClientId>),
    /// Close the connections of a listener that is closed.
    ListenerClosed { id: String },
    /// Say goodbye to all clients and stop by the given time.
    Stop { deadline: u64 },
}

/// A connection on its way to the worker that owns its client id.
pub(crate) struct HandedOver {
    pub(crate) stream: Stream,
    pub(crate) peer: SocketAddr,
    pub(crate) listener: Arc<ActiveListener>,
    pub(crate) facts: Option<Box<PeerFacts>>,
    /// Who its client is, where its CONNECT does not say that alone.
    pub(crate) identity: Option<Arc<Identity>>,
    /// Read so far, from CONNECT on.
    pub(crate) bytes: Vec<u8>,
    /// Since when CONNECT is awaited.
    pub(crate) stage_since: u64,
    /// Its CONNECT, where that has been handled as far as who its client is.
    pub(crate) admitting: Option<Box<Admitting>>,
}

/// Messages for sessions of one worker.
#[derive(Default)]
pub(crate) struct Batch {
    pub(crate) messages: Vec<BatchMessage>,
    pub(crate) deliveries: usize,
    pub(crate) bytes: usize,
}

impl Batch {
    /// Whether this much is enough for one turn.
    pub(crate) fn is_full(&self) -> bool {
        self.deliveries > DELIVERIES_MAX || self.bytes > BYTES_MAX
    }
}

/// Sessions of one worker that get a message.
pub(crate) enum BatchTargets {
    /// One; the usual case.
    One(Target),
    /// A part of a route, shared with the sender's cache.
    Many(Arc<[Target]>),
}

impl BatchTargets {
    pub(crate) fn as_slice(&self) -> &[Target] {
        match self {
            Self::One(target) => std::slice::from_ref(target),
            Self::Many(targets) => targets,
        }
    }
}

/// One message of a batch.
pub(crate) struct BatchMessage {
    pub(crate) message: Message,
    pub(crate) targets: BatchTargets,
    /// The shared subscription that chose the (one) target, as the client wrote it.
    pub(crate) shared: Option<ArcStr>,
}

/// Mail of one worker.
pub(crate) struct Mailbox {
    mail: Mutex<Vec<Mail>>,
    sleeping: AtomicBool,
    deliveries: AtomicUsize,
    bytes: AtomicUsize,
    waker: Waker,
}

impl Mailbox {
    pub(crate) fn new(waker: Waker) -> Self {
        Self {
            mail: Mutex::new(Vec::new()),
            sleeping: AtomicBool::new(false),
            deliveries: AtomicUsize::new(0),
            bytes: AtomicUsize::new(0),
            waker,
        }
    }

    /// Adds mail and wakes the worker if it sleeps.
    pub(crate) fn post(&self, mail: Mail) {
        if let Mail::Deliveries(batch) = &mail {
            self.deliveries.fetch_add(batch.deliveries, Ordering::Relaxed);
            self.bytes.fetch_add(batch.bytes, Ordering::Relaxed);
        }
        if let Mail::Durable(mail) = &mail {
            self.deliveries.fetch_add(mail.queued.len(), Ordering::Relaxed);
            self.bytes.fetch_add(mail.bytes, Ordering::Relaxed);
        }
        self.mail.lock().push(mail);
        if self.sleeping.swap(false, Ordering::SeqCst) {
            // A waker that fails means that the worker is gone: the process is going down.
            let _ = self.waker.wake();
        }
    }

    /// Whether senders should hold back.
    pub(crate) fn is_full(&self) -> bool {
        self.deliveries.load(Ordering::Relaxed) > DELIVERIES_MAX || self.bytes.load(Ordering::Relaxed) > BYTES_MAX
    }

    /// Announces that the worker is going to sleep; false when there is mail and it must not.
    pub(crate) fn may_sleep(&self) -> bool {
        self.sleeping.store(true, Ordering::SeqCst);
        if self.mail.lock().is_empty() {
            return true;
        }
        self.sleeping.store(false, Ordering::SeqCst);
        false
    }

    /// The worker is awake.
    pub(crate) fn awake(&self) {
        self.sleeping.store(false, Ordering::SeqCst);
    }

    /// Takes all mail into `into`, which must be empty.
    pub(crate) fn take(&self, into: &mut Vec<Mail>) {
        std::mem::swap(&mut *self.mail.lock(), into);
        self.deliveries.store(0, Ordering::Relaxed);
        self.bytes.store(0, Ordering::Relaxed);
    }
}
