//! Everything that gets the messages of one topic, as it was at one moment.

use crate::{GroupRoute, Target};

/// Everything that gets the messages of one topic. Good for as long as the topic's stamp stays the same; see
/// [`Epochs`](crate::Epochs).
#[derive(Clone, Debug, Default)]
pub struct Route {
    targets: Vec<Target>,
    groups: Vec<GroupRoute>,
}

impl Route {
    pub(crate) fn new(mut targets: Vec<Target>, groups: Vec<GroupRoute>) -> Self {
        targets.sort_unstable_by_key(Target::sort_key);
        let is_same_session = |left: &Target, right: &Target| left.session == right.session;
        // Most routes have nothing to merge and are left as they are.
        if !targets.is_sorted_by(|left, right| !is_same_session(left, right)) {
            targets = targets.chunk_by(is_same_session).filter_map(Target::merge).collect();
        }
        targets.shrink_to_fit();
        Self { targets, groups }
    }

    /// Whether nobody gets the message.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.targets.is_empty() && self.groups.is_empty()
    }

    /// The sessions that get a copy each, ordered by worker.
    #[must_use]
    pub fn targets(&self) -> &[Target] {
        &self.targets
    }

    /// The targets on one worker.
    #[must_use]
    pub fn targets_of(&self, worker: u16) -> &[Target] {
        let start = self.targets.partition_point(|target| target.session.worker < worker);
        let count = self.targets[start..].partition_point(|target| target.session.worker == worker);
        &self.targets[start..start + count]
    }

    /// The targets worker by worker; no slice is empty.
    pub fn targets_by_worker(&self) -> impl Iterator<Item = &[Target]> {
        self.targets.chunk_by(|left, right| left.session.worker == right.session.worker)
    }

    /// The shared groups of which one member each gets a copy.
    #[must_use]
    pub fn groups(&self) -> &[GroupRoute] {
        &self.groups
    }
}
