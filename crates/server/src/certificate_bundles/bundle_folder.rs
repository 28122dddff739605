//! The folder of all bundles.

use super::bundle_id::folder_of;
use super::{BundleError, BundleId};
use crate::calendar::now;
use dunlin_config::ManagedCertificate;
use dunlin_tls::{BundleContents, BundleFile, Password, PemSource, TlsError};
use parking_lot::{RwLock, RwLockReadGuard};
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::collections::BTreeMap;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, ErrorKind, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

/// Folders are for the owner alone: there are keys in them.
const FOLDER_MODE: u32 = 0o700;

/// And so are files.
const FILE_MODE: u32 = 0o600;

/// How folders are called that are not in their place yet. Never the name of a bundle.
const UNFINISHED: &str = ".new-";

/// Bundles of the whole node, at most.
const BUNDLES_MAX: usize = 1_000;

/// The largest file of a bundle, in bytes.
const FILE_BYTES_MAX: usize = 1 << 20;

/// See the head of the file.
#[derive(Debug)]
pub(crate) struct BundleFolder {
    data_dir: PathBuf,
    /// Held while files change, so that nobody reads a certificate and the key of another one.
    changing: RwLock<()>,
}

impl BundleFolder {
    /// That of a data folder.
    pub(crate) fn below(data_dir: &Path) -> Self {
        Self { data_dir: data_dir.to_owned(), changing: RwLock::new(()) }
    }

    /// Bundles do not change while this is there.
    pub(crate) fn reading(&self) -> RwLockReadGuard<'_, ()> {
        self.changing.read()
    }

    /// Where the files of a bundle are.
    pub(crate) fn path(&self, id: BundleId<'_>) -> PathBuf {
        id.folder(&self.data_dir)
    }

    /// The names of all bundles of a namespace, or of those for everybody.
    ///
    /// # Errors
    /// [`BundleError`].
    pub(crate) fn list(&self, namespace: Option<&str>) -> Result<Vec<String>, BundleError> {
        if let Some(namespace) = namespace {
            BundleId::new(None, namespace)?;
        }
        let mut names = folders_in(&folder_of(&self.data_dir, namespace))?;
        names.sort();
        Ok(names)
    }

    /// The files of a bundle.
    ///
    /// # Errors
    /// [`BundleError::NotFound`].
    pub(crate) fn files(&self, id: BundleId<'_>) -> Result<BTreeMap<BundleFile, PathBuf>, BundleError> {
        let folder = self.path(id);
        if folder.is_dir() { Ok(files_in(&folder)) } else { Err(BundleError::NotFound) }
    }

    /// Puts files into a bundle, in the place of those it has; the others stay. It is made where there is none. Gives back what should
    /// be known of its certificate.
    ///
    /// # Errors
    /// [`BundleError`]; nothing has changed then.
    pub(crate) fn put(&self, id: BundleId<'_>, new: &BTreeMap<BundleFile, String>) -> Result<Vec<String>, BundleError> {
        for (file, text) in new {
            if text.len() > FILE_BYTES_MAX {
                let (file, bytes) = (file.file_name(), text.len());
                return Err(BundleError::TooLarge { file, bytes, max: FILE_BYTES_MAX });
            }
        }
        let _changing = self.changing.write();
        let folder = self.path(id);
        let present = files_in(&folder);
        let warnings = contents(new, &present)?.check(now()).map_err(|error| match error {
            TlsError::PasswordNeeded { .. } => BundleError::PasswordNeeded,
            error => BundleError::Unusable(error),
        })?;
        let failed = |source| BundleError::File { path: folder.clone(), source };
        if !folder.is_dir() && self.count()? >= BUNDLES_MAX {
            return Err(BundleError::TooMany(BUNDLES_MAX));
        }
        self.replace(&folder, new, &present).map_err(failed)?;
        Ok(warnings)
    }

    /// Removes a bundle, or a file of it. One that is not there is removed already.
    ///
    /// # Errors
    /// The disk does not do it.
    pub(crate) fn delete(&self, id: BundleId<'_>, file: Option<BundleFile>) -> Result<(), BundleError> {
        let _changing = self.changing.write();
        let folder = self.path(id);
        let (path, removed) = match file {
            None => (folder.clone(), fs::remove_dir_all(&folder)),
            Some(file) => {
                let path = folder.join(file.file_name());
                let removed = fs::remove_file(&path);
                (path, removed)
            }
        };
        match removed {
            Err(source) if source.kind() != ErrorKind::NotFound => Err(BundleError::File { path, source }),
            _ => Ok(()),
        }
    }

    fn count(&self) -> Result<usize, BundleError> {
        let mut count = self.list(None)?.len();
        if let Some(namespaces) = folder_of(&self.data_dir, Some("any")).parent() {
            for namespace in folders_in(namespaces)? {
                count += self.list(Some(&namespace))?.len();
            }
        }
        Ok(count)
    }

    /// Has a folder with all files take the place of the one that is there. Whole or not at all, also when the machine stops in the
    /// middle.
    fn replace(
        &self,
        folder: &Path,
        new: &BTreeMap<BundleFile, String>,
        present: &BTreeMap<BundleFile, PathBuf>,
    ) -> io::Result<()> {
        let parent = folder.parent().unwrap_or(&self.data_dir);
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(parent)?;
        remove_unfinished(parent)?;
        let private = Permissions::from_mode(FOLDER_MODE);
        let unfinished = tempfile::Builder::new().prefix(UNFINISHED).permissions(private).tempdir_in(parent)?;
        for file in BundleFile::ALL {
            let text = match (new.get(&file), present.get(&file)) {
                (Some(text), _) => text.clone().into_bytes(),
                (None, Some(path)) => fs::read(path)?,
                (None, None) => continue,
            };
            let path = unfinished.path().join(file.file_name());
            let mut written = OpenOptions::new().write(true).create_new(true).mode(FILE_MODE).open(path)?;
            written.write_all(&text)?;
            written.sync_all()?;
        }
        File::open(unfinished.path())?.sync_all()?;
        if folder.is_dir() {
            exchange(unfinished.path(), folder)?;
        } else {
            fs::rename(unfinished.path(), folder)?;
        }
        // What was there before goes with the temporary folder.
        drop(unfinished);
        File::open(parent)?.sync_all()
    }
}

/// In one step where the file system can do that.
fn exchange(new: &Path, old: &Path) -> io::Result<()> {
    if renameat_with(CWD, new, CWD, old, RenameFlags::EXCHANGE).is_ok() {
        return Ok(());
    }
    let aside = new.with_extension("old");
    fs::rename(old, &aside)?;
    let renamed = fs::rename(new, old);
    if renamed.is_err() {
        fs::rename(&aside, old)?;
        return renamed;
    }
    fs::remove_dir_all(&aside)
}

/// What an earlier process has left behind.
fn remove_unfinished(parent: &Path) -> io::Result<()> {
    for entry in fs::read_dir(parent)? {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(|name| name.starts_with(UNFINISHED)) {
            fs::remove_dir_all(entry.path())?;
        }
    }
    Ok(())
}

/// Folders whose names bundles and namespaces can have.
fn folders_in(parent: &Path) -> Result<Vec<String>, BundleError> {
    let entries = match fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(source) => return Err(BundleError::File { path: parent.to_owned(), source }),
    };
    let names = entries
        .flatten()
        .filter(|entry| entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok());
    Ok(names.filter(|name| ManagedCertificate::is_name(name)).collect())
}

fn files_in(folder: &Path) -> BTreeMap<BundleFile, PathBuf> {
    let paths = BundleFile::ALL.into_iter().map(|file| (file, folder.join(file.file_name())));
    paths.filter(|(_, path)| path.is_file()).collect()
}

/// What a bundle will have.
fn contents(
    new: &BTreeMap<BundleFile, String>,
    present: &BTreeMap<BundleFile, PathBuf>,
) -> Result<BundleContents, BundleError> {
    let part = |file| {
        let sent = new.get(&file).map(|text| PemSource::Request(text.clone()));
        sent.or_else(|| present.get(&file).map(|path| PemSource::File(path.clone())))
    };
    let key_password = match (new.get(&BundleFile::KeyPassword), present.get(&BundleFile::KeyPassword)) {
        (Some(text), _) => Some(text.clone()),
        (None, Some(path)) => {
            let read = fs::read_to_string(path);
            Some(read.map_err(|source| BundleError::File { path: path.clone(), source })?)
        }
        (None, None) => None,
    };
    Ok(BundleContents {
        chain: part(BundleFile::Chain),
        key: part(BundleFile::Key),
        ca: part(BundleFile::Authorities),
        acc_key: part(BundleFile::AccountKey),
        key_password: key_password.map(|text| Password::new(text.trim())),
    })
}
