//! The pre-shared keys of all listeners, as they are in their file now.

use crate::key_file::{KeyFileError, KeyTable};
use dunlin_tls::{ReadFiles, Reload};
use parking_lot::{Mutex, RwLock};
use std::path::PathBuf;
use std::time::SystemTime;

/// The keys that clients and the broker share. One for all listeners, behind an [`std::sync::Arc`].
#[derive(Debug)]
pub struct PskKeys {
    /// `None`: no identity is known.
    file: Option<PathBuf>,
    separator: char,
    table: RwLock<KeyTable>,
    watch: Mutex<Watch>,
}

#[derive(Debug)]
struct Watch {
    files: ReadFiles,
    is_broken: bool,
}

impl PskKeys {
    /// Reads `psk_authentication.init_file`; `separator` stands between an identity and its secret.
    ///
    /// # Errors
    /// [`KeyFileError`], in one line.
    pub fn load(file: Option<PathBuf>, separator: char, now: SystemTime) -> Result<Self, KeyFileError> {
        let mut files = ReadFiles::new(now);
        let mut keys = Self {
            file,
            separator,
            table: RwLock::default(),
            watch: Mutex::new(Watch { files: ReadFiles::new(now), is_broken: false }),
        };
        *keys.table.get_mut() = keys.read(&mut files)?;
        keys.watch.get_mut().files = files;
        Ok(keys)
    }

    /// How many identities there are.
    #[must_use]
    pub fn identities(&self) -> usize {
        self.table.read().len()
    }

    /// Looks whether the file has changed and reads it anew if so. Connections that are up live on, whatever has become of their keys.
    ///
    /// # Errors
    /// What is wrong with it now, once per change: the earlier keys stay in use until it is right again.
    pub fn check_for_changes(&self, now: SystemTime) -> Result<Reload, KeyFileError> {
        let mut watch = self.watch.lock();
        if !watch.files.have_changed() {
            return Ok(Reload::Unchanged);
        }
        let mut files = ReadFiles::new(now);
        let result = self.read(&mut files);
        let is_same = !watch.is_broken && files.same_content(&watch.files);
        *watch = Watch { files, is_broken: result.is_err() };
        // Many keys take a while to be freed: after the lock.
        let earlier = std::mem::replace(&mut *self.table.write(), result?);
        drop(earlier);
        Ok(if is_same { Reload::Unchanged } else { Reload::Renewed })
    }

    fn read(&self, files: &mut ReadFiles) -> Result<KeyTable, KeyFileError> {
        let Some(file) = &self.file else { return Ok(KeyTable::default()) };
        let unreadable = |source| KeyFileError::Unreadable { file: file.clone(), source };
        let text = files.read(file).map_err(unreadable)?;
        let bad_line = |(line, why)| KeyFileError::BadLine { file: file.clone(), line, why };
        KeyTable::parse(&text, self.separator).map_err(bad_line)
    }

    pub(crate) fn knows(&self, identity: &[u8]) -> bool {
        self.table.read().secret(identity).is_some()
    }

    /// Writes the secret of an identity into a buffer: its length; `None` if the identity is not known.
    pub(crate) fn copy_secret(&self, identity: &[u8], buffer: &mut [u8]) -> Option<usize> {
        let table = self.table.read();
        let secret = table.secret(identity)?;
        buffer.get_mut(..secret.len())?.copy_from_slice(secret);
        Some(secret.len())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::time::Duration;

    fn now() -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000)
    }

    fn secret(keys: &PskKeys, identity: &str) -> Option<Vec<u8>> {
        let mut buffer = [0; 256];
        let count = keys.copy_secret(identity.as_bytes(), &mut buffer)?;
        Some(buffer[..count].to_vec())
    }

    #[test]
    fn a_file_that_changes_is_read_anew_and_a_broken_one_changes_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        fs::write(&file, "a:1\n").unwrap();
        let keys = PskKeys::load(Some(file.clone()), ':', now()).unwrap();
        assert!(keys.knows(b"a") && !keys.knows(b"b"));
        assert_eq!(
            (secret(&keys, "a"), keys.check_for_changes(now()).unwrap()),
            (Some(b"1".to_vec()), Reload::Unchanged)
        );
        fs::write(&file, "a:22\nb:3\n").unwrap();
        assert_eq!(keys.check_for_changes(now()).unwrap(), Reload::Renewed);
        assert_eq!((secret(&keys, "a"), secret(&keys, "b")), (Some(b"22".to_vec()), Some(b"3".to_vec())));
        fs::write(&file, "a:22\nc\n").unwrap();
        let expected =
            format!("init_file: {} line 2: there is no : between an identity and its secret", file.display());
        assert_eq!(keys.check_for_changes(now()).unwrap_err().to_string(), expected);
        assert_eq!((keys.check_for_changes(now()).unwrap(), keys.identities()), (Reload::Unchanged, 2), "said once");
        fs::write(&file, "a:22\nb:3\n").unwrap();
        assert_eq!(keys.check_for_changes(now()).unwrap(), Reload::Renewed, "what was wrong is right again");
    }

    #[test]
    fn a_file_that_is_not_there_is_named() {
        let error = PskKeys::load(Some("/nowhere/keys".into()), ':', now()).unwrap_err().to_string();
        assert!(error.starts_with("init_file: /nowhere/keys cannot be read: ") && !error.contains('\n'), "{error}");
        assert_eq!(PskKeys::load(None, ':', now()).unwrap().identities(), 0);
    }

    #[test]
    fn a_buffer_that_is_too_small_gets_no_part_of_a_secret() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("keys");
        fs::write(&file, "a:1234\n").unwrap();
        let keys = PskKeys::load(Some(file), ':', now()).unwrap();
        assert_eq!(keys.copy_secret(b"a", &mut [0; 3]), None);
    }
}
