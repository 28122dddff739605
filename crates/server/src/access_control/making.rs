//! What an authenticator or a source of rules is made with, beside its own configuration.

use dunlin_access::RuleSettings;
use dunlin_auth_backend::WallClock;
use dunlin_config::Secret;
use dunlin_storage::metadata::MetadataStore;
use dunlin_tls::ReadFiles;
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What an authenticator or a source of rules is made with, beside its own configuration. Files are read through this, so that it
/// is known later whether one of them has changed.
pub(super) struct Making<'a> {
    /// Where users and rules of the built-in database are.
    pub(super) metadata: &'a Arc<MetadataStore>,
    /// Where bundles of certificates are.
    pub(super) data_dir: &'a Path,
    /// `${EMQX_ETC_DIR}`.
    pub(super) etc_dir: Option<&'a Path>,
    /// What all rules of the node have in common.
    pub(super) rules: RuleSettings,
    pub(super) clock: WallClock,
    pub(super) files: ReadFiles,
}

impl Making<'_> {
    /// The text of a secret, out of its file if it is in one.
    pub(super) fn reveal(&mut self, key: &str, secret: Option<&Secret>) -> Result<Option<String>, String> {
        revealed(&mut self.files, key, secret)
    }

    /// The text of a file.
    pub(super) fn read_text(&mut self, key: &str, file: &Path) -> Result<String, String> {
        text_of(&mut self.files, key, file)
    }
}

/// The text of a secret, out of its file if it is in one.
pub(super) fn revealed(files: &mut ReadFiles, key: &str, secret: Option<&Secret>) -> Result<Option<String>, String> {
    let Some(secret) = secret else { return Ok(None) };
    let Some(file) = secret.file() else {
        return secret.reveal().map(Some).map_err(|error| format!("{key}: {error}"));
    };
    // As `Secret::reveal` takes it: blanks around it do not belong to it.
    Ok(Some(text_of(files, key, file)?.trim().to_owned()))
}

fn text_of(files: &mut ReadFiles, key: &str, file: &Path) -> Result<String, String> {
    let text = files.read(file).and_then(|bytes| {
        String::from_utf8(bytes).map_err(|_| io::Error::new(io::ErrorKind::InvalidData, "it is no UTF-8"))
    });
    text.map_err(|error| {
        format!(
            "{key}: {} cannot be read: {error}; check the path, and that the user the broker runs as may read it",
            file.display()
        )
    })
}
