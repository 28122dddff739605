//! Who of a shared subscription gets a message.

use crate::rule::OneOf;
use crate::section::Section;
use std::collections::BTreeMap;

/// How a shared group picks the member that gets a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SharedStrategy {
    /// `random`.
    Random,
    /// `round_robin`: in turn, counted per publisher.
    RoundRobin,
    /// `round_robin_per_group`: in turn, counted per group.
    RoundRobinPerGroup,
    /// `sticky`: always the same member while it lives.
    Sticky,
    /// `local`: a member on the publisher's node, else any.
    Local,
    /// `hash_topic`: one member per topic.
    HashTopic,
    /// `hash_clientid`: one member per publisher.
    HashClientId,
}

/// How [`SharedStrategy::Sticky`] finds its first member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StickyPick {
    /// `random`.
    Random,
    /// `local`: on the publisher's node.
    Local,
    /// `hash_topic`.
    HashTopic,
    /// `hash_clientid`.
    HashClientId,
}

/// `broker.shared_subscription_group.<name>`: a group with its own strategy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SharedGroup {
    /// `strategy`, default `random`.
    pub strategy: SharedStrategy,
    /// `initial_sticky_pick`, default `random`.
    pub initial_sticky_pick: StickyPick,
}

pub(super) const STRATEGIES: &[(&str, SharedStrategy)] = &[
    ("random", SharedStrategy::Random),
    ("round_robin", SharedStrategy::RoundRobin),
    ("round_robin_per_group", SharedStrategy::RoundRobinPerGroup),
    ("sticky", SharedStrategy::Sticky),
    ("local", SharedStrategy::Local),
    ("hash_topic", SharedStrategy::HashTopic),
    ("hash_clientid", SharedStrategy::HashClientId),
];

pub(super) const STICKY_PICKS: &[(&str, StickyPick)] = &[
    ("random", StickyPick::Random),
    ("local", StickyPick::Local),
    ("hash_topic", StickyPick::HashTopic),
    ("hash_clientid", StickyPick::HashClientId),
];

impl Default for SharedGroup {
    fn default() -> Self {
        Self { strategy: SharedStrategy::Random, initial_sticky_pick: StickyPick::Random }
    }
}

/// Reads `broker`, whose only implemented part are the shared groups.
pub(crate) fn read_shared_groups(section: &mut Section<'_>) -> BTreeMap<String, SharedGroup> {
    section.not_supported(&[
        "enable_session_registry",
        "session_history_retain",
        "session_locking_strategy",
        "shared_dispatch_ack_enabled",
        "shared_subscription_strategy",
        "shared_subscription_initial_sticky_pick",
        "route_batch_clean",
        "perf",
        "routing",
        "heal",
    ]);
    let groups = section.named("shared_subscription_group", |name, group| {
        let default = SharedGroup::default();
        let read = SharedGroup {
            strategy: group.value("strategy", &OneOf(STRATEGIES), default.strategy),
            initial_sticky_pick: group.value("initial_sticky_pick", &OneOf(STICKY_PICKS), default.initial_sticky_pick),
        };
        (name.to_owned(), read)
    });
    groups.into_iter().collect()
}
