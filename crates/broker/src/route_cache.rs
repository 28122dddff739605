//! Routes a worker has looked up before, by topic.
//!
//! One place per hash: a topic that falls on an occupied place pushes the other out. So the cache is bounded, needs no order,
//! and costs a hash and a comparison. An entry holds as long as the router's stamp for its topic does.

use crate::durable::Ack;
use dunlin_router::{GroupRoute, Route, Stamp, Target};
use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;
use std::rc::Rc;
use std::sync::Arc;

const PLACES: usize = 8192;

/// Bytes of topics and targets in the cache of one worker; it starts over when there are more.
const BYTES_MAX: usize = 32 << 20;

/// A longer topic is looked up each time: its place is worth more to others.
const TOPIC_BYTES_MAX: usize = 1024;

/// A route as one worker sees it.
#[derive(Debug)]
pub(crate) struct WorkerRoute {
    topic: Box<[u8]>,
    stamp: Stamp,
    /// Sessions of this worker.
    pub(crate) local: Vec<Target>,
    /// Sessions of other workers.
    pub(crate) remote: Vec<(usize, Arc<[Target]>)>,
    /// Durable sessions of any worker.
    pub(crate) durable: Vec<Target>,
    /// Shared groups.
    pub(crate) groups: Vec<GroupRoute>,
    /// What an acknowledgement promises where durable sessions match.
    pub(crate) ack: Ack,
}

impl WorkerRoute {
    /// Memory it takes, near enough.
    fn bytes(&self) -> usize {
        let targets =
            self.local.len() + self.durable.len() + self.remote.iter().map(|(_, targets)| targets.len()).sum::<usize>();
        size_of::<Self>()
            + self.topic.len()
            + targets * size_of::<Target>()
            + self.groups.len() * size_of::<GroupRoute>()
    }
}

/// The cache.
pub(crate) struct RouteCache {
    worker: u16,
    places: Vec<Option<Rc<WorkerRoute>>>,
    bytes: usize,
    hasher: DefaultHashBuilder,
}

impl RouteCache {
    pub(crate) fn new(worker: usize) -> Self {
        let worker = u16::try_from(worker).unwrap_or(u16::MAX);
        Self { worker, places: vec![None; PLACES], bytes: 0, hasher: DefaultHashBuilder::default() }
    }

    /// The route of a topic if it is known and still holds.
    #[inline]
    pub(crate) fn get(&self, topic: &[u8], is_current: impl Fn(&Stamp) -> bool) -> Option<Rc<WorkerRoute>> {
        let known = self.places[self.place(topic)].as_ref()?;
        (*known.topic == *topic && is_current(&known.stamp)).then(|| Rc::clone(known))
    }

    /// Keeps a route that was looked up after `stamp` was taken.
    pub(crate) fn insert(&mut self, topic: &[u8], stamp: Stamp, route: &Route, ack: Ack) -> Rc<WorkerRoute> {
        let mut entry = WorkerRoute {
            topic: topic.into(),
            stamp,
            local: Vec::new(),
            remote: Vec::new(),
            durable: Vec::new(),
            groups: route.groups().to_vec(),
            ack,
        };
        for targets in route.targets_by_worker() {
            let Some(worker) = targets.first().map(|first| first.session.worker) else { continue };
            let (durable, volatile): (Vec<_>, Vec<_>) = targets.iter().cloned().partition(Target::is_durable);
            entry.durable.extend(durable);
            if volatile.is_empty() {
                continue;
            }
            if worker == self.worker {
                entry.local = volatile;
            } else {
                entry.remote.push((usize::from(worker), volatile.into()));
            }
        }
        let entry = Rc::new(entry);
        if topic.len() <= TOPIC_BYTES_MAX && entry.bytes() <= BYTES_MAX / 2 {
            self.keep(&entry);
        }
        entry
    }

    fn keep(&mut self, entry: &Rc<WorkerRoute>) {
        if self.bytes + entry.bytes() > BYTES_MAX {
            self.places.fill(None);
            self.bytes = 0;
        }
        self.bytes += entry.bytes();
        let place = self.place(&entry.topic);
        if let Some(pushed_out) = self.places[place].replace(Rc::clone(entry)) {
            self.bytes -= pushed_out.bytes();
        }
    }

    fn place(&self, topic: &[u8]) -> usize {
        self.hasher.hash_one(topic) as usize % PLACES
    }
}
