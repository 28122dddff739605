//! A look at a store that no broker has open, without changing a byte of it.

use super::{OpenStoreError, Store, StoreSettings};
use crate::{
    disk::{FrozenDisk, OpenDiskError},
    key_value::FjallKeyValue,
    log::Recovery,
};
use dunlin_inbox::{QueueInfo, SessionNumber, space};
use std::fs;
use std::io;
use std::path::Path;
use std::sync::Arc;

impl Store {
    /// Opens the store of a folder as a start of the broker would, and leaves the folder as it is: a torn end of the log is
    /// passed over and stays, and the key-value store is copied to `scratch`, an empty folder, because its engine cannot open
    /// files without changing them. What the copy needs is what `index` in the folder takes. The store is for reading: nothing
    /// can be appended.
    ///
    /// # Errors
    /// [`OpenStoreError`]: a broker has the folder, there is none, or it cannot be read.
    pub fn open_frozen(
        folder: &Path,
        scratch: &Path,
        settings: StoreSettings,
    ) -> Result<(Self, Recovery), OpenStoreError> {
        let disk = FrozenDisk::open(folder.join("log"))?;
        let index = folder.join("index");
        copy_folder(&index, scratch).map_err(|source| OpenDiskError::Io { folder: index, source })?;
        let key_value = Arc::new(FjallKeyValue::open(scratch, &space::ALL)?);
        Self::open(Arc::new(disk), key_value, settings)
    }

    /// The facts of a session's queue; `None` when the session does not exist.
    #[must_use]
    pub fn queue_info(&self, session: SessionNumber) -> Option<QueueInfo> {
        self.inbox.queue_info(session)
    }
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        let kind = entry.file_type()?;
        if kind.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else if kind.is_file() {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
