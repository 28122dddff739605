//! All bans, and the question whether one is about a client.

mod networks;
#[cfg(test)]
mod tests;

use crate::{Ban, BanFilter, BanPage, NamePattern, Terms, Who, WhoKind};
use networks::Networks;
use std::collections::BTreeMap;
use std::net::IpAddr;

/// How many bans there can be.
pub const MAX_BANS: usize = 1_000_000;

/// How many of them can be patterns, of client ids and of user names each: every client is held against all of them.
pub const MAX_PATTERNS: usize = 1_000;

/// What all of them may take, in bytes of whom they name and of what is said of that: clients can have ids of 64 KiB.
pub const MAX_BAN_BYTES: usize = 256 << 20;

/// What is known of a client that comes.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    /// Its client id; nobody is named by an empty one.
    pub client_id: &'a str,
    /// Its user name.
    pub user_name: Option<&'a str>,
    /// Its address.
    pub peer: IpAddr,
}

/// Why a ban was not added.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum NotBanned {
    /// There is one about the same, and it is not over.
    #[error("{} `{}` is banned already", .0.who.kind().as_str(), .0.who.text())]
    AlreadyBanned(Box<Ban>),
    /// There are too many.
    #[error(
        "there are as many bans already as there can be: {MAX_BANS}, of which {MAX_PATTERNS} patterns each, in {MAX_BAN_BYTES} bytes"
    )]
    TooMany,
}

/// Bans of names in which an expression is found, by the expression.
type Patterns = BTreeMap<Box<str>, (NamePattern, Terms)>;

/// All bans. Those that are over are about nobody, but stay until they are removed.
#[derive(Clone, Debug, Default)]
pub struct BanTable {
    client_ids: BTreeMap<Box<str>, Terms>,
    user_names: BTreeMap<Box<str>, Terms>,
    peer_hosts: BTreeMap<IpAddr, Terms>,
    client_id_patterns: Patterns,
    user_name_patterns: Patterns,
    peer_networks: Networks,
    /// What is counted against [`MAX_BAN_BYTES`].
    bytes: usize,
}

impl BanTable {
    /// What keeps a client out, if anything does. Names and addresses are looked up; patterns are tried one after the other.
    #[must_use]
    pub fn check(&self, candidate: Candidate<'_>, now: u64) -> Option<&Terms> {
        let Candidate { user_name, peer, .. } = candidate;
        let peer = peer.to_canonical();
        let holds = |terms: &&Terms| !terms.is_over(now);
        let by_user_name = || {
            let user_name = user_name?;
            self.user_names.get(user_name).filter(holds).or_else(|| find(&self.user_name_patterns, user_name, now))
        };
        let by_peer = || self.peer_hosts.get(&peer).filter(holds).or_else(|| self.peer_networks.find(peer, holds));
        self.check_client_id(candidate.client_id, now).or_else(by_user_name).or_else(by_peer)
    }

    /// What keeps the client with this id out, whoever and wherever it is.
    #[must_use]
    pub fn check_client_id(&self, client_id: &str, now: u64) -> Option<&Terms> {
        if client_id.is_empty() {
            return None;
        }
        let exact = self.client_ids.get(client_id).filter(|terms| !terms.is_over(now));
        exact.or_else(|| find(&self.client_id_patterns, client_id, now))
    }

    /// Adds a ban. One about the same that is over makes room for it.
    ///
    /// # Errors
    /// [`NotBanned`], and nothing has changed.
    pub fn add(&mut self, ban: Ban, now: u64) -> Result<(), NotBanned> {
        self.may_add(&ban, now)?;
        self.set(ban);
        Ok(())
    }

    /// Whether [`Self::add`] would add a ban.
    ///
    /// # Errors
    /// [`NotBanned`].
    pub fn may_add(&self, ban: &Ban, now: u64) -> Result<(), NotBanned> {
        match self.get(&ban.who) {
            Some(terms) if !terms.is_over(now) => {
                let ban = Ban { who: ban.who.clone(), terms: terms.clone() };
                Err(NotBanned::AlreadyBanned(Box::new(ban)))
            }
            _ if self.has_room_for(ban) => Ok(()),
            _ => Err(NotBanned::TooMany),
        }
    }

    /// Adds a ban, in the place of one about the same if there is one.
    ///
    /// # Errors
    /// [`NotBanned::TooMany`], and nothing has changed.
    pub fn replace(&mut self, ban: Ban) -> Result<(), NotBanned> {
        if !self.has_room_for(&ban) {
            return Err(NotBanned::TooMany);
        }
        self.set(ban);
        Ok(())
    }

    /// The ban about just this, over or not.
    #[must_use]
    pub fn get(&self, who: &Who) -> Option<&Terms> {
        match who {
            Who::ClientId(name) => self.client_ids.get(name),
            Who::UserName(name) => self.user_names.get(name),
            Who::PeerHost(address) => self.peer_hosts.get(address),
            Who::ClientIdPattern(pattern) => self.client_id_patterns.get(pattern.as_str()).map(|(_, terms)| terms),
            Who::UserNamePattern(pattern) => self.user_name_patterns.get(pattern.as_str()).map(|(_, terms)| terms),
            Who::PeerNetwork(network) => self.peer_networks.get(network),
        }
    }

    /// Removes the ban about just this.
    pub fn remove(&mut self, who: &Who) -> Option<Terms> {
        let terms = match who {
            Who::ClientId(name) => self.client_ids.remove(name),
            Who::UserName(name) => self.user_names.remove(name),
            Who::PeerHost(address) => self.peer_hosts.remove(address),
            Who::ClientIdPattern(pattern) => self.client_id_patterns.remove(pattern.as_str()).map(|(_, terms)| terms),
            Who::UserNamePattern(pattern) => self.user_name_patterns.remove(pattern.as_str()).map(|(_, terms)| terms),
            Who::PeerNetwork(network) => self.peer_networks.remove(network),
        }?;
        self.bytes -= bytes_of(who, &terms);
        Some(terms)
    }

    /// Removes all.
    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// How many there are, over or not.
    #[must_use]
    pub fn len(&self) -> usize {
        WhoKind::ALL.into_iter().map(|kind| self.len_of(kind)).sum()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whom bans that are over are about: the first `at_most` of them.
    #[must_use]
    pub fn over(&self, now: u64, at_most: usize) -> Vec<Who> {
        let mut over = Vec::new();
        for kind in WhoKind::ALL {
            self.visit(kind, |who, terms| {
                if over.len() < at_most && terms.is_over(now) {
                    over.push(who());
                }
            });
        }
        over
    }

    /// The bans that `filter` is about and that are not over: `limit` of them, the first `skip` left out.
    #[must_use]
    pub fn page(&self, filter: &BanFilter, skip: usize, limit: usize, now: u64) -> BanPage {
        let mut page = BanPage::default();
        for kind in WhoKind::ALL.into_iter().filter(|kind| filter.kind.is_none_or(|wanted| wanted == *kind)) {
            self.visit(kind, |who, terms| {
                if terms.is_over(now) || !filter.is_about(who, terms) {
                    return;
                }
                if page.count >= skip && page.bans.len() < limit {
                    page.bans.push(Ban { who: who(), terms: terms.clone() });
                }
                page.count += 1;
            });
        }
        page
    }

    fn set(&mut self, ban: Ban) {
        self.remove(&ban.who);
        self.bytes += bytes_of(&ban.who, &ban.terms);
        let Ban { who, terms } = ban;
        match who {
            Who::ClientId(name) => _ = self.client_ids.insert(name, terms),
            Who::UserName(name) => _ = self.user_names.insert(name, terms),
            Who::PeerHost(address) => _ = self.peer_hosts.insert(address, terms),
            Who::ClientIdPattern(pattern) => {
                self.client_id_patterns.insert(pattern.as_str().into(), (pattern, terms));
            }
            Who::UserNamePattern(pattern) => {
                self.user_name_patterns.insert(pattern.as_str().into(), (pattern, terms));
            }
            Who::PeerNetwork(network) => _ = self.peer_networks.insert(network, terms),
        }
    }

    /// Whether there is room for a ban, in the place of one about the same if there is one.
    fn has_room_for(&self, ban: &Ban) -> bool {
        let kind = ban.who.kind();
        let is_pattern = matches!(kind, WhoKind::ClientIdPattern | WhoKind::UserNamePattern);
        let old = self.get(&ban.who);
        let has_place = old.is_some() || (self.len() < MAX_BANS && !(is_pattern && self.len_of(kind) >= MAX_PATTERNS));
        let others = self.bytes - old.map_or(0, |old| bytes_of(&ban.who, old));
        has_place && others + bytes_of(&ban.who, &ban.terms) <= MAX_BAN_BYTES
    }

    fn len_of(&self, kind: WhoKind) -> usize {
        match kind {
            WhoKind::ClientId => self.client_ids.len(),
            WhoKind::UserName => self.user_names.len(),
            WhoKind::PeerHost => self.peer_hosts.len(),
            WhoKind::ClientIdPattern => self.client_id_patterns.len(),
            WhoKind::UserNamePattern => self.user_name_patterns.len(),
            WhoKind::PeerNetwork => self.peer_networks.len(),
        }
    }

    /// All of a kind, in order.
    fn visit(&self, kind: WhoKind, mut visit: impl FnMut(&dyn Fn() -> Who, &Terms)) {
        match kind {
            WhoKind::ClientId => self.client_ids.iter().for_each(|(name, terms)| {
                visit(&|| Who::ClientId(name.clone()), terms);
            }),
            WhoKind::UserName => self.user_names.iter().for_each(|(name, terms)| {
                visit(&|| Who::UserName(name.clone()), terms);
            }),
            WhoKind::PeerHost => self.peer_hosts.iter().for_each(|(address, terms)| {
                visit(&|| Who::PeerHost(*address), terms);
            }),
            WhoKind::ClientIdPattern => self.client_id_patterns.values().for_each(|(pattern, terms)| {
                visit(&|| Who::ClientIdPattern(pattern.clone()), terms);
            }),
            WhoKind::UserNamePattern => self.user_name_patterns.values().for_each(|(pattern, terms)| {
                visit(&|| Who::UserNamePattern(pattern.clone()), terms);
            }),
            WhoKind::PeerNetwork => self.peer_networks.iter().for_each(|(network, terms)| {
                visit(&|| Who::PeerNetwork(*network), terms);
            }),
        }
    }
}

fn find<'a>(patterns: &'a Patterns, name: &str, now: u64) -> Option<&'a Terms> {
    let is_about = |(pattern, terms): &&(NamePattern, Terms)| !terms.is_over(now) && pattern.is_match(name);
    patterns.values().find(is_about).map(|(_, terms)| terms)
}

fn bytes_of(who: &Who, terms: &Terms) -> usize {
    who.text().len() + terms.by.len() + terms.reason.len()
}
