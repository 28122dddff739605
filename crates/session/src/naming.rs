//! How the client of the present connection names topics: its mountpoint and its aliases.

use crate::{
    Mountpoint, Opening,
    alias::{InboundAliases, OutboundAliases},
};

/// Where the client's words for topics differ from the router's. Most connections have none of it.
#[derive(Debug)]
pub(crate) struct Naming {
    /// Everything else in a session is mounted already.
    pub(crate) mountpoint: Option<Mountpoint>,
    /// See [`Opening::has_delayed`].
    pub(crate) has_delayed: bool,
    /// They stand for topics as the client knows them, like those of the other direction.
    pub(crate) inbound: InboundAliases,
    pub(crate) outbound: OutboundAliases,
}

impl Naming {
    /// No mountpoint, no aliases yet; the client takes so many.
    pub(crate) fn new(client_maximum: u16) -> Self {
        Self {
            mountpoint: None,
            has_delayed: false,
            inbound: InboundAliases::default(),
            outbound: OutboundAliases::new(client_maximum),
        }
    }

    /// What a connection begins with.
    pub(crate) fn of(opening: &Opening<'_>, client_maximum: u16) -> Option<Box<Self>> {
        let mountpoint = Some(opening.mountpoint?.clone());
        Some(Box::new(Self { mountpoint, has_delayed: opening.has_delayed, ..Self::new(client_maximum) }))
    }
}
