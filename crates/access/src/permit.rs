//! What one connection has from authorization, made when it is let in.

use crate::{Action, CachedVerdict, ClientAcl, ClientInfo, Ruling, Scope, VerdictCache};
use std::sync::Arc;

/// What one connection has from authorization, made when it is let in: who it is, the rules that came with it, and whatever
/// could be found out before it did anything. [`Authorization`](crate::Authorization) makes it and is asked with it; one
/// that was made by another, before a change of config, is brought up to date then.
#[derive(Debug)]
pub struct Permit {
    pub(crate) client: Arc<ClientInfo>,
    pub(crate) acl: Option<Box<ClientAcl>>,
    /// Which config the rest is of.
    pub(crate) epoch: u64,
    /// The sources that are asked about this client, one bit for each.
    pub(crate) active: u64,
    /// The source whose rules are the same for all clients, and which of them are about this one.
    pub(crate) scope: Option<(u8, Scope)>,
    /// What is said of everything it could publish, where that is only one thing.
    pub(crate) publishing: Option<Ruling>,
    pub(crate) caches_publishing: bool,
    pub(crate) caches_subscribing: bool,
    pub(crate) cache: VerdictCache,
}

impl Permit {
    /// Who the connection is of.
    #[must_use]
    pub const fn client(&self) -> &Arc<ClientInfo> {
        &self.client
    }

    /// The rules that came with it.
    #[must_use]
    pub fn acl(&self) -> Option<&ClientAcl> {
        self.acl.as_deref()
    }

    /// What is said of everything it could publish, where that is only one thing.
    #[must_use]
    pub const fn publishing(&self) -> Option<Ruling> {
        self.publishing
    }

    /// The verdicts that are kept for it.
    pub fn cached(&self) -> impl Iterator<Item = &CachedVerdict> {
        self.cache.iter()
    }

    pub(crate) const fn caches(&self, action: Action) -> bool {
        match action {
            Action::Publish { .. } => self.caches_publishing,
            Action::Subscribe { .. } => self.caches_subscribing,
        }
    }

    /// Forgets these verdicts.
    pub fn clear_cache(&mut self) {
        self.cache.clear();
    }
}
