//! The bans on disk, and with them those in memory.

use super::BanError;
use dunlin_banned::{Ban, BanFilter, BanPage, BanTable, Who};
use dunlin_broker::Bans;
use dunlin_storage::metadata::{MetadataBatch, MetadataError, MetadataStore};
use parking_lot::Mutex;
use std::sync::Arc;
use tracing::warn;

/// The table of the metadata. Keys are kind and name, `clientid:c1`; values are bans as EMQX's API has them.
const TABLE: &str = "banned";

/// Bans that are over and are removed with one change.
const OVER_MAX: usize = 1_000;

/// The bans of a node. A change is on disk before it counts; what the broker bans by itself counts first.
#[derive(Debug)]
pub(crate) struct BanStore {
    metadata: Arc<MetadataStore>,
    bans: Arc<Bans>,
    /// Held by whoever changes them, so that disk and memory see changes in the same order.
    changing: Mutex<()>,
}

impl BanStore {
    /// The bans that are on disk, those that are over left out.
    pub(crate) fn load(metadata: Arc<MetadataStore>, now: u64) -> Self {
        let mut table = BanTable::default();
        let mut unusable = 0_usize;
        metadata.read(|tables| {
            for (_, value) in tables.entries(TABLE, b"") {
                let ban = serde_json::from_slice(value).ok().and_then(|json| Ban::from_stored(&json, now).ok());
                let is_usable = ban.is_some_and(|ban| ban.terms.is_over(now) || table.replace(ban).is_ok());
                unusable += usize::from(!is_usable);
            }
        });
        if unusable > 0 {
            // Somebody may be let in who should not be: nothing is removed that cannot be understood.
            warn!(msg = "stored_bans_not_understood", count = unusable);
        }
        let store = Self { metadata, bans: Arc::new(Bans::new(table)), changing: Mutex::default() };
        store.remove_over_from_disk(now);
        store
    }

    /// Where the broker looks.
    pub(crate) fn bans(&self) -> &Arc<Bans> {
        &self.bans
    }

    /// Whether there is none, over or not.
    pub(crate) fn is_empty(&self) -> bool {
        self.bans.read(BanTable::is_empty)
    }

    /// Adds bans where there is none yet, with one change of what is on disk; of two about the same the later one counts. Says
    /// how many there was no room for.
    ///
    /// # Errors
    /// [`BanError`]; nobody is banned then.
    pub(crate) fn fill(&self, bans: Vec<Ban>) -> Result<usize, BanError> {
        let _one_at_a_time = self.changing.lock();
        let mut refused = 0;
        let written = self.write(|batch| {
            self.bans.change(|table| {
                for ban in bans {
                    match table.replace(ban.clone()) {
                        Ok(()) => set(batch, &ban),
                        Err(_) => refused += 1,
                    }
                }
            });
        });
        if written.is_err() {
            self.bans.change(BanTable::clear);
        }
        written.map(|()| refused)
    }

    /// Adds a ban; with `replaces`, in the place of one about the same.
    ///
    /// # Errors
    /// [`BanError`]; nothing has changed then.
    pub(crate) fn add(&self, ban: Ban, replaces: bool, now: u64) -> Result<(), BanError> {
        let _one_at_a_time = self.changing.lock();
        match self.bans.read(|table| table.may_add(&ban, now)) {
            Err(dunlin_banned::NotBanned::AlreadyBanned(_)) if replaces => {}
            result => result?,
        }
        self.write(|batch| set(batch, &ban))?;
        let who = ban.who.clone();
        let added = self.bans.change(|table| table.replace(ban));
        if added.is_err() {
            // There is no room for it, or the broker has taken the last place meanwhile: on disk is again what counts.
            let terms = self.bans.read(|table| table.get(&who).cloned());
            self.write(|batch| match terms {
                Some(terms) => set(batch, &Ban { who, terms }),
                None => batch.remove(TABLE, &key(&who)),
            })?;
        }
        Ok(added?)
    }

    /// Adds bans with one change of what is on disk, in the place of those about the same. Says how many there was no room for.
    ///
    /// # Errors
    /// [`BanError`]; nothing has changed then.
    pub(crate) fn add_all(&self, bans: Vec<Ban>) -> Result<usize, BanError> {
        if bans.is_empty() {
            return Ok(0);
        }
        let _one_at_a_time = self.changing.lock();
        self.write(|batch| bans.iter().for_each(|ban| set(batch, ban)))?;
        let mut refused = Vec::new();
        self.bans.change(|table| {
            for ban in bans {
                let who = ban.who.clone();
                if table.replace(ban).is_err() {
                    refused.push(who);
                }
            }
        });
        if !refused.is_empty() {
            // What has no room in memory would be told of at every start.
            self.write(|batch| refused.iter().for_each(|who| batch.remove(TABLE, &key(who))))?;
        }
        Ok(refused.len())
    }

    /// Removes the ban about just this; false where there is none.
    ///
    /// # Errors
    /// [`BanError`]; nothing has changed then.
    pub(crate) fn remove(&self, who: &Who) -> Result<bool, BanError> {
        let _one_at_a_time = self.changing.lock();
        if self.bans.read(|table| table.get(who).is_none()) {
            return Ok(false);
        }
        self.write(|batch| batch.remove(TABLE, &key(who)))?;
        Ok(self.bans.change(|table| table.remove(who)).is_some())
    }

    /// Removes all. Says how many there were.
    ///
    /// # Errors
    /// [`BanError`]; nothing has changed then.
    pub(crate) fn clear(&self) -> Result<usize, BanError> {
        let _one_at_a_time = self.changing.lock();
        self.write(|batch| batch.clear(TABLE))?;
        Ok(self.bans.change(|table| {
            let count = table.len();
            table.clear();
            count
        }))
    }

    /// Some of the bans.
    pub(crate) fn page(&self, filter: &BanFilter, skip: usize, limit: usize, now: u64) -> BanPage {
        self.bans.read(|table| table.page(filter, skip, limit, now))
    }

    /// Writes down bans that count already, unless they were removed meanwhile.
    ///
    /// # Errors
    /// [`BanError`].
    pub(super) fn keep(&self, bans: &[Ban]) -> Result<(), BanError> {
        let _one_at_a_time = self.changing.lock();
        let counting = self.bans.read(|table| {
            let counts = |ban: &&Ban| table.get(&ban.who) == Some(&ban.terms);
            bans.iter().filter(counts).collect::<Vec<_>>()
        });
        self.write(|batch| counting.iter().for_each(|ban| set(batch, ban)))
    }

    /// Removes those that are over, in steps.
    ///
    /// # Errors
    /// [`BanError`].
    pub(super) fn remove_over(&self, now: u64) -> Result<(), BanError> {
        loop {
            let _one_at_a_time = self.changing.lock();
            let over = self.bans.read(|table| table.over(now, OVER_MAX));
            if over.is_empty() {
                return Ok(());
            }
            self.write(|batch| over.iter().for_each(|who| batch.remove(TABLE, &key(who))))?;
            self.bans.change(|table| {
                for who in &over {
                    // The broker may have begun another one.
                    if table.get(who).is_some_and(|terms| terms.is_over(now)) {
                        table.remove(who);
                    }
                }
            });
        }
    }

    fn remove_over_from_disk(&self, now: u64) {
        let is_over = |value: &[u8]| {
            let ban = serde_json::from_slice(value).ok().and_then(|json| Ban::from_stored(&json, now).ok());
            ban.is_some_and(|ban| ban.terms.is_over(now))
        };
        let removed = self.metadata.change(|tables, batch| {
            let over = tables.entries(TABLE, b"").filter(|(_, value)| is_over(value));
            over.for_each(|(key, _)| batch.remove(TABLE, key));
            Ok::<_, MetadataError>(())
        });
        if let Err(error) = removed {
            // They are about nobody all the same.
            warn!(msg = "bans_that_are_over_not_removed", %error);
        }
    }

    fn write(&self, changes: impl FnOnce(&mut MetadataBatch)) -> Result<(), BanError> {
        Ok(self.metadata.change(|_, batch| {
            changes(batch);
            Ok::<_, MetadataError>(())
        })?)
    }
}

fn key(who: &Who) -> Vec<u8> {
    format!("{}:{}", who.kind().as_str(), who.text()).into_bytes()
}

fn set(batch: &mut MetadataBatch, ban: &Ban) {
    batch.set(TABLE, &key(&ban.who), ban.to_json().to_string().as_bytes());
}
