//! Routes a worker has looked up before, by topic.
//!
//! One place per hash: a topic that falls on an occupied place pushes the other out. So the cache is bounded, needs no order,
//! and costs a hash and a comparison. An entry holds as long as the router's stamp for its topic does.

use dunlin_router::{GroupRoute, Route, Stamp, Target};
use hashbrown::DefaultHashBuilder;
use std::hash::BuildHasher;
use std::rc::Rc;

const PLACES: usize = 8192;

/// A route as one worker sees it.
#[derive(Debug)]
pub(crate) struct WorkerRoute {
    topic: Box<[u8]>,
    stamp: Stamp,
    /// Sessions of this worker.
    pub(crate) local: Vec<Target>,
    /// Sessions of other workers.
    pub(crate) remote: Vec<(usize, Vec<Target>)>,
    /// Shared groups.
    pub(crate) groups: Vec<GroupRoute>,
}

/// The cache.
pub(crate) struct RouteCache {
    worker: u16,
    places: Vec<Option<Rc<WorkerRoute>>>,
    hasher: DefaultHashBuilder,
}

impl RouteCache {
    pub(crate) fn new(worker: usize) -> Self {
        let worker = u16::try_from(worker).unwrap_or(u16::MAX);
        Self { worker, places: vec![None; PLACES], hasher: DefaultHashBuilder::default() }
    }

    /// The route of a topic if it is known and still holds.
    #[inline]
    pub(crate) fn get(&self, topic: &[u8], is_current: impl Fn(&Stamp) -> bool) -> Option<Rc<WorkerRoute>> {
        let known = self.places[self.place(topic)].as_ref()?;
        (*known.topic == *topic && is_current(&known.stamp)).then(|| Rc::clone(known))
    }

    /// Keeps a route that was looked up after `stamp` was taken.
    pub(crate) fn insert(&mut self, topic: &[u8], stamp: Stamp, route: &Route) -> Rc<WorkerRoute> {
        let mut entry = WorkerRoute {
            topic: topic.into(),
            stamp,
            local: Vec::new(),
            remote: Vec::new(),
            groups: route.groups().to_vec(),
        };
        for targets in route.targets_by_worker() {
            match targets.first() {
                Some(first) if first.session.worker == self.worker => entry.local = targets.to_vec(),
                Some(first) => entry.remote.push((usize::from(first.session.worker), targets.to_vec())),
                None => {}
            }
        }
        let entry = Rc::new(entry);
        let place = self.place(topic);
        self.places[place] = Some(Rc::clone(&entry));
        entry
    }

    fn place(&self, topic: &[u8]) -> usize {
        self.hasher.hash_one(topic) as usize % PLACES
    }
}
