//! The certificate of listeners that name none: made once, kept beside the data, for testing only.

use super::error::SelfSignedPairError;
use dunlin_tls::SelfSigned;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// Whom it is for: clients on this machine.
const NAMES: [&str; 3] = ["localhost", "127.0.0.1", "::1"];

/// Where a certificate and its key are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct SelfSignedPair {
    pub(super) certificate: PathBuf,
    pub(super) key: PathBuf,
}

impl SelfSignedPair {
    /// `certs/self-signed/{cert,key}.pem` of the data folder, made now if they are not there. Only their owner can read them.
    ///
    /// # Errors
    /// If they cannot be made.
    pub(super) fn of(data_folder: &Path, now: SystemTime) -> Result<Self, SelfSignedPairError> {
        let folder = data_folder.join("certs").join("self-signed");
        let pair = Self { certificate: folder.join("cert.pem"), key: folder.join("key.pem") };
        // The certificate is written last: where it is, its key is the one beside it.
        if pair.certificate.exists() && pair.key.exists() {
            return Ok(pair);
        }
        let made = SelfSigned::generate(&NAMES.map(String::from), now)?;
        DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(in_file(&folder))?;
        remove(&pair.certificate).map_err(in_file(&pair.certificate))?;
        write_anew(&pair.key, &made.key_pem).map_err(in_file(&pair.key))?;
        write_anew(&pair.certificate, &made.certificate_pem).map_err(in_file(&pair.certificate))?;
        Ok(pair)
    }
}

fn in_file(file: &Path) -> impl FnOnce(io::Error) -> SelfSignedPairError {
    move |source| SelfSignedPairError::File { file: file.into(), source }
}

fn remove(file: &Path) -> io::Result<()> {
    fs::remove_file(file).or_else(|error| if error.kind() == ErrorKind::NotFound { Ok(()) } else { Err(error) })
}

/// Whole or not at all, also when the machine stops in the middle.
fn write_anew(file: &Path, text: &str) -> io::Result<()> {
    let unfinished = file.with_extension("pem.new");
    remove(&unfinished)?;
    let mut written = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&unfinished)?;
    written.write_all(text.as_bytes())?;
    written.sync_all()?;
    fs::rename(&unfinished, file)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn a_pair_is_made_once_and_for_its_owner_only() {
        let folder = tempfile::tempdir().unwrap();
        let now = SystemTime::UNIX_EPOCH + std::time::Duration::from_secs(1_750_000_000);
        let pair = SelfSignedPair::of(folder.path(), now).unwrap();
        assert_eq!(pair.key, folder.path().join("certs/self-signed/key.pem"));
        let key = fs::read_to_string(&pair.key).unwrap();
        for file in [&pair.key, &pair.certificate] {
            assert_eq!(fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
        }
        assert_eq!(SelfSignedPair::of(folder.path(), now).unwrap(), pair);
        assert_eq!(fs::read_to_string(&pair.key).unwrap(), key);
        // Half a pair is none.
        fs::remove_file(&pair.certificate).unwrap();
        SelfSignedPair::of(folder.path(), now).unwrap();
        assert_ne!(fs::read_to_string(&pair.key).unwrap(), key);
        assert!(fs::read_to_string(&pair.certificate).unwrap().starts_with("-----BEGIN CERTIFICATE-----"));
    }

    #[test]
    fn a_folder_that_cannot_be_made_is_named() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("certs"), "a file").unwrap();
        let error = SelfSignedPair::of(folder.path(), SystemTime::UNIX_EPOCH).unwrap_err().to_string();
        assert!(error.starts_with(&folder.path().join("certs/self-signed").display().to_string()), "{error}");
    }
}
