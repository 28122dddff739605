//! A file of API keys that are there from the beginning: lines `key:secret[:role[:scopes]]`.

use super::api_keys::StoredKey;
use super::{ApiKey, ApiKeyError, ApiKeys, Role, Scope};
use crate::clock::now_secs;
use std::io::Read;
use std::path::Path;

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// As EMQX names keys that have no name.
const NAME_PREFIX: &str = "from_bootstrap_file_";
const DESCRIPTION: &str = "Bootstrapped From File";

/// Why the keys of a file are not there.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// It cannot be read.
    #[error("cannot be read: {0}")]
    Unreadable(#[from] std::io::Error),
    /// It is no list of keys.
    #[error("larger than {FILE_BYTES_MAX} bytes")]
    TooLarge,
    /// A line is not understood. It is not shown: there are secrets in it.
    #[error("line {0}: {1}")]
    Line(usize, &'static str),
    /// The keys cannot be stored.
    #[error(transparent)]
    Keys(#[from] ApiKeyError),
}

impl ApiKeys {
    /// Takes over the keys of a file: all of them or, if something is wrong, none. What is in the file counts; it is read at every
    /// start.
    ///
    /// # Errors
    /// [`BootstrapError`].
    pub fn load_file(&self, path: &Path) -> Result<usize, BootstrapError> {
        let mut text = String::new();
        std::fs::File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_string(&mut text)?;
        if text.len() as u64 > FILE_BYTES_MAX {
            return Err(BootstrapError::TooLarge);
        }
        let keys = read(&text, now_secs())?;
        self.put_all(&keys)?;
        Ok(keys.len())
    }
}

fn read(text: &str, now: u64) -> Result<Vec<StoredKey>, BootstrapError> {
    let lines = text.lines().map(str::trim).zip(1..).filter(|(line, _)| !line.is_empty());
    lines.map(|(line, number)| read_line(line, number, now)).collect()
}

fn read_line(line: &str, number: usize, now: u64) -> Result<StoredKey, BootstrapError> {
    let mut parts = line.splitn(4, ':');
    let (key, secret) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    if key.is_empty() || secret.is_empty() {
        return Err(BootstrapError::Line(number, "must be key:secret, key:secret:role or key:secret:role:scopes"));
    }
    let role = match parts.next() {
        // As in EMQX: whoever can write the file could do anything anyway.
        None => Role::Administrator,
        Some(name) => Role::parse(name).ok_or(BootstrapError::Line(number, "the role is none"))?,
    };
    let scopes = parts.next().map(|names| {
        let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
        names.map(|name| Scope::parse_of_key(name).ok_or(BootstrapError::Line(number, "a scope is none"))).collect()
    });
    let key = ApiKey {
        name: name_of(key),
        api_key: key.to_owned(),
        enable: true,
        expired_at: None,
        created_at: now,
        desc: DESCRIPTION.to_owned(),
        role,
        scopes: scopes.transpose()?,
    };
    Ok(StoredKey::new(key, secret)?)
}

fn name_of(key: &str) -> String {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA512, key.as_bytes());
    let digits: String = digest.as_ref().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
    format!("{NAME_PREFIX}{digits}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_have_a_key_a_secret_and_what_it_is_good_for() {
        let keys = read("a:s\n\n b:t:viewer \nc:u:publisher:publish,system\n", 7).unwrap();
        let shown: Vec<_> =
            keys.iter().map(|stored| (&*stored.key.api_key, stored.key.role, &stored.key.scopes)).collect();
        let scopes = Some(vec![Scope::Publish, Scope::System]);
        assert_eq!(
            shown,
            [("a", Role::Administrator, &None), ("b", Role::Viewer, &None), ("c", Role::Publisher, &scopes)]
        );
        assert_eq!(name_of("example-api-key").len(), NAME_PREFIX.len() + 16);
    }

    #[test]
    fn what_is_wrong_is_told_without_the_secret() {
        for text in ["a", "a:", ":s", "ok:ok\na:hidden:boss", "a:hidden:viewer:everything"] {
            let error = read(text, 7).err().expect(text).to_string();
            assert!(error.starts_with("line ") && !error.contains("hidden"), "{error}");
        }
    }
}
