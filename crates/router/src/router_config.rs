//! What can be configured about routing.

use crate::{InitialStickyPick, SharedStrategy};
use dunlin_model::ArcStr;
use hashbrown::HashMap;

/// Configuration of shared groups.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RouterConfig {
    /// What holds for groups that are not named in `groups`.
    pub default: GroupConfig,
    /// Groups by name that differ from the default.
    pub groups: HashMap<ArcStr, GroupConfig>,
}

/// Configuration of one shared group.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct GroupConfig {
    /// How a member is chosen.
    pub strategy: SharedStrategy,
    /// How the first choice is made when the strategy is sticky.
    pub initial_sticky_pick: InitialStickyPick,
}

impl RouterConfig {
    /// What holds for the group of this name.
    #[must_use]
    pub fn group(&self, name: &str) -> GroupConfig {
        self.groups.get(name).copied().unwrap_or(self.default)
    }
}
