//! Small values by key, in named spaces, changed by atomic batches.
//!
//! [`FjallKeyValue`] keeps them on disk, [`MemoryKeyValue`] in memory for tests. Keys sort as bytes.

mod batch;
mod fjall;
mod memory;

pub use self::batch::KeyValueBatch;
pub use self::fjall::FjallKeyValue;
pub use self::memory::MemoryKeyValue;

use crate::disk::is_out_of_space;
use std::error::Error;
use std::io;
use std::ops::ControlFlow;

/// A store of keys and values in spaces that were named when it was opened. A key has 1 to 65,535 bytes.
pub trait KeyValue: Send + Sync {
    /// The value of a key; none for one that cannot be.
    ///
    /// # Errors
    /// As [`KeyValueError`] says.
    fn get(&self, space: &'static str, key: &[u8]) -> Result<Option<Vec<u8>>, KeyValueError>;

    /// Visits keys and values of a space in order, beginning with `from` or the first key behind it, until `visit` breaks.
    /// What is committed meanwhile is not seen; `visit` must not commit.
    ///
    /// # Errors
    /// As [`KeyValueError`] says. What was visited before stands.
    fn scan(&self, space: &'static str, from: &[u8], visit: KeyValueVisit<'_>) -> Result<(), KeyValueError>;

    /// Makes all changes of a batch, in order, or none. They are durable on return.
    ///
    /// # Errors
    /// As [`KeyValueError`] says. Whether the changes were made is then unknown until the store is opened again.
    fn commit(&self, batch: &KeyValueBatch) -> Result<(), KeyValueError>;

    /// Gives back the disk space of what was removed or replaced, as far as the store can. May take long.
    ///
    /// # Errors
    /// As [`KeyValueError`] says. Nothing is lost.
    fn compact(&self) -> Result<(), KeyValueError>;

    /// Bytes on disk, roughly.
    ///
    /// # Errors
    /// As [`KeyValueError`] says.
    fn size_bytes(&self) -> Result<u64, KeyValueError>;
}

/// What [`KeyValue::scan`] calls with each key and value.
pub type KeyValueVisit<'a> = &'a mut dyn FnMut(&[u8], &[u8]) -> ControlFlow<()>;

/// Why a store did not do what it was asked for.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyValueError {
    /// The space was not named when the store was opened.
    #[error("the key-value store has no space `{space}`")]
    UnknownSpace {
        /// The space.
        space: &'static str,
    },
    /// The folder is open already, here or in another process.
    #[error("the key-value store is in use by another broker")]
    InUse,
    /// A key has no bytes.
    #[error("a key of the key-value store has at least one byte")]
    EmptyKey,
    /// A key has more than 65,535 bytes, or a value more than 2^32 - 1.
    #[error("a key or value is too large for the key-value store: {bytes} bytes")]
    TooLarge {
        /// Its length.
        bytes: usize,
    },
    /// The disk or the engine failed.
    #[error("the key-value store failed: {source}")]
    Failed {
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
}

impl KeyValueError {
    /// Whether the disk is full.
    #[must_use]
    pub fn is_out_of_space(&self) -> bool {
        let Self::Failed { source } = self else { return false };
        let mut cause: Option<&(dyn Error + 'static)> = Some(source.as_ref());
        while let Some(error) = cause {
            if error.downcast_ref::<io::Error>().is_some_and(is_out_of_space) {
                return true;
            }
            cause = error.source();
        }
        false
    }
}

#[cfg(test)]
mod tests;
