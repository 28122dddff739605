//! One filter of the table, for listing.

use crate::filter_entry::FilterEntry;
use dunlin_model::{ArcStr, ClientId};

/// A filter that something is subscribed to.
#[derive(Debug)]
pub struct TopicEntry<'a> {
    /// The filter, without prefix.
    pub filter: ArcStr,
    entry: &'a FilterEntry,
}

impl<'a> TopicEntry<'a> {
    pub(crate) fn new(filter: ArcStr, entry: &'a FilterEntry) -> Self {
        Self { filter, entry }
    }

    /// Number of ordinary subscriptions: neither shared nor exclusive.
    #[must_use]
    pub fn subscribers(&self) -> usize {
        self.entry.subscribers.as_slice().len()
    }

    /// Shared groups by name, with the number of members.
    pub fn groups(&self) -> impl Iterator<Item = (&'a str, usize)> + use<'a> {
        self.entry.groups().iter().map(|group| (group.name(), group.members().len()))
    }

    /// The client that holds the exclusive subscription.
    #[must_use]
    pub fn exclusive_owner(&self) -> Option<&'a ClientId> {
        self.entry.exclusive_owner()
    }
}
