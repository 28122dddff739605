//! Who is kept out, as all workers see it. A CONNECT of a broker without bans costs one look at a number.

use crate::{Broker, mailbox::Mail};
use dunlin_banned::{Ban, BanTable, Candidate, Who};
use dunlin_model::Millis;
use parking_lot::RwLock;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// The bans that count. Who changes them keeps them on disk, and has the broker act on them: [`Broker::enforce`].
#[derive(Debug, Default)]
pub struct Bans {
    table: RwLock<BanTable>,
    /// How many there are in the table.
    count: AtomicUsize,
}

/// Keeps the bans on disk that the broker has made itself.
pub trait BanKeeper: Send + Sync {
    /// Keeps a ban that counts already. An event loop calls this: it must not wait for anything.
    fn keep(&self, ban: &Ban);
}

impl Bans {
    /// Those of a table.
    #[must_use]
    pub fn new(table: BanTable) -> Self {
        Self { count: AtomicUsize::new(table.len()), table: RwLock::new(table) }
    }

    /// Looks at them. CONNECT packets wait only while somebody wants to change them.
    pub fn read<T>(&self, look: impl FnOnce(&BanTable) -> T) -> T {
        look(&self.table.read())
    }

    /// Changes them. CONNECT packets wait meanwhile.
    pub fn change<T>(&self, change: impl FnOnce(&mut BanTable) -> T) -> T {
        let mut table = self.table.write();
        let changed = change(&mut table);
        self.count.store(table.len(), Ordering::Release);
        changed
    }

    /// Whether nobody is banned.
    #[inline]
    pub(crate) fn is_empty(&self) -> bool {
        self.count.load(Ordering::Acquire) == 0
    }

    /// By whom and why a client is kept out.
    pub(crate) fn find(&self, candidate: Candidate<'_>, now: Millis) -> Option<KeptOut> {
        if self.is_empty() {
            return None;
        }
        let table = self.table.read();
        let terms = table.check(candidate, now / 1000)?;
        Some(KeptOut { by: terms.by.clone(), reason: terms.reason.clone() })
    }

    /// Whether a client is kept out.
    pub(crate) fn keep_out(&self, candidate: Candidate<'_>, now: Millis) -> bool {
        !self.is_empty() && self.table.read().check(candidate, now / 1000).is_some()
    }

    /// Whether messages of this client are not passed on any more.
    pub(crate) fn silence(&self, client_id: &str, now: Millis) -> bool {
        !self.is_empty() && self.table.read().check_client_id(client_id, now / 1000).is_some()
    }
}

/// By whom and why a client is kept out.
pub(crate) struct KeptOut {
    pub(crate) by: Box<str>,
    pub(crate) reason: Box<str>,
}

impl Broker {
    /// Who is kept out.
    #[must_use]
    pub fn bans(&self) -> &Arc<Bans> {
        &self.shared.settings.bans
    }

    /// Acts on a ban that counts by now: ends the connections it is about, and for one of a client id the session too. Where
    /// others are banned their sessions stay for as long as they were granted.
    pub fn enforce(&self, who: &Who) {
        let mailboxes = &self.shared.mailboxes;
        match who {
            Who::ClientId(client_id) => {
                mailboxes[self.shared.worker_of(client_id)].post(Mail::Banned(Some((&**client_id).into())));
            }
            _ => mailboxes.iter().for_each(|mailbox| mailbox.post(Mail::Banned(None))),
        }
    }
}
