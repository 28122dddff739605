//! A key-value store: what checkpoints have written, and what a start loads.

use dunlin_inbox::{Change, Changes, ChunkId, Inbox, SessionNumber, space};
use std::collections::BTreeMap;

/// Values by space and key.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Image(BTreeMap<(&'static str, Vec<u8>), Vec<u8>>);

impl Image {
    /// Writes the changes of a checkpoint, in order.
    pub(crate) fn write(&mut self, changes: Changes) {
        for change in changes {
            match change {
                Change::Set { space, key, value } => {
                    self.0.insert((space, key), value);
                }
                Change::Remove { space, key } => {
                    self.0.remove(&(space, key));
                }
                Change::ClearPrefix { space, prefix } => {
                    self.0.retain(|(other, key), _| *other != space || !key.starts_with(&prefix));
                }
            }
        }
    }

    /// The entries of a space, in order.
    pub(crate) fn space(&self, space: &'static str) -> impl Iterator<Item = (&[u8], &[u8])> {
        let of_space = self.0.range((space, Vec::new())..).take_while(move |((other, _), _)| *other == space);
        of_space.map(|((_, key), value)| (key.as_slice(), value.as_slice()))
    }

    /// An inbox as after a start.
    pub(crate) fn load(&self) -> Inbox {
        let mut inbox = Inbox::new();
        for (key, value) in self.space(space::META) {
            assert!(inbox.load_meta(key, value).unwrap());
        }
        for (key, value) in self.space(space::QUEUES) {
            inbox.load_queue(key, value).unwrap();
        }
        inbox
    }

    /// Brings a chunk into memory.
    pub(crate) fn load_chunk(&self, inbox: &mut Inbox, chunk: ChunkId) {
        let value = self.0.get(&(space::CHUNKS, chunk.key().to_vec()));
        inbox.load_chunk(chunk, value.map(Vec::as_slice)).unwrap();
    }

    /// Indexes of the stored chunks of a session.
    pub(crate) fn chunks(&self, session: SessionNumber) -> Vec<u64> {
        let keys = self.space(space::CHUNKS).map(|(key, _)| key);
        keys.filter(|key| key.starts_with(&session.key()))
            .map(|key| u64::from_be_bytes(key[8..].try_into().unwrap()))
            .collect()
    }
}
