//! Files with users: CSV and JSON, with passwords as they are or hashed.
//!
//! ```text
//! user_id,password,is_superuser             user_id,password_hash,salt,is_superuser
//! alice,secret,true                         bob,a1b2…,c3d4…,false
//! ```
//! JSON is a list of objects with the same fields. `salt` and `is_superuser` may be missing. A file is used whole or not at
//! all, and what is wrong with it is named by its place, without showing a secret.

mod csv_rows;
mod json_rows;
mod row;

use crate::DatabaseError;
use dunlin_passwords::StoredPassword;
use serde_json::{Value, json};
use std::fmt;
use std::path::Path;

/// The longest file that is read, in bytes: more than 300,000 users.
pub const MAX_IMPORT_BYTES: usize = 32 << 20;

/// A file with users.
#[derive(Clone, Copy)]
pub struct ImportFile<'a> {
    /// How it is written.
    pub format: ImportFormat,
    /// What its passwords are.
    pub passwords: PasswordForm,
    /// What is in it.
    pub bytes: &'a [u8],
}

/// How a file with users is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportFormat {
    /// A line with the names of the fields, then a line for each user.
    Csv,
    /// A list of objects.
    Json,
}

/// `bootstrap_type`, or `type` of an import: what the passwords of a file are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum PasswordForm {
    /// `plain`: as they are.
    #[default]
    Plain,
    /// `hash`: hashed with the algorithm of the authenticator.
    Hash,
}

/// What becomes of users that exist already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnExisting {
    /// They stay as they are.
    Keep,
    /// They become what the file says.
    Replace,
}

/// What came of an import.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ImportReport {
    /// Users in the file.
    pub total: usize,
    /// They are new. EMQX calls them `success`.
    pub added: usize,
    /// They existed and are what the file says now: `override`.
    pub replaced: usize,
    /// They existed and were what the file says already: `skipped`.
    pub unchanged: usize,
    /// They existed and stay as they were: `failed`.
    pub kept: usize,
}

/// Why no user of a file was imported.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ImportError {
    /// The file is too long.
    #[error("the file has {0} bytes, and at most {MAX_IMPORT_BYTES} are read")]
    TooLarge(usize),
    /// Nobody can come in by SCRAM with what is known of a hash of another kind.
    #[error("users of SCRAM need their passwords as they are: a hash is no key of SCRAM")]
    HashesForScram,
    /// Something in it is no user.
    #[error(transparent)]
    InvalidRow(#[from] InvalidRow),
    /// The users could not be stored.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub struct InvalidRow {
    /// Where.
    pub place: ImportPlace,
    /// The field, where it is about one.
    pub field: Option<&'static str>,
    /// What is wrong.
    pub problem: String,
}

/// A place in a file with users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportPlace {
    /// A line, counted from 1.
    Line(u64),
    /// One of the users in a list of JSON, counted from 1.
    Entry(usize),
}

/// A user of a file.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct ImportedUser {
    pub(crate) user_id: String,
    pub(crate) password: ImportedPassword,
    pub(crate) is_superuser: bool,
}

/// The password of a user of a file.
#[derive(PartialEq, Eq)]
pub(crate) enum ImportedPassword {
    Plain(String),
    Hash(StoredPassword),
}

impl ImportFormat {
    /// By the ending of a file's name: `.csv` or `.json`.
    #[must_use]
    pub fn of_file(name: &Path) -> Option<Self> {
        match name.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "json" => Some(Self::Json),
            _ => None,
        }
    }
}

impl PasswordForm {
    /// Reads `plain` or `hash`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "plain" => Some(Self::Plain),
            "hash" => Some(Self::Hash),
            _ => None,
        }
    }
}

impl ImportFile<'_> {
    pub(crate) fn users(&self) -> Result<Vec<ImportedUser>, ImportError> {
        if self.bytes.len() > MAX_IMPORT_BYTES {
            return Err(ImportError::TooLarge(self.bytes.len()));
        }
        // Spreadsheets begin their files with a byte order mark.
        let bytes = self.bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(self.bytes);
        Ok(match self.format {
            ImportFormat::Csv => csv_rows::users(bytes, self.passwords)?,
            ImportFormat::Json => json_rows::users(bytes, self.passwords)?,
        })
    }

    /// The same users as lists of JSON, each of so many users and so many bytes at most, unless one user alone has more. They are
    /// read as the file is.
    ///
    /// # Errors
    /// [`ImportError::TooLarge`], [`ImportError::InvalidRow`].
    pub fn portions(&self, users_max: usize, bytes_max: usize) -> Result<Vec<Value>, ImportError> {
        let mut portions = Vec::new();
        let (mut portion, mut bytes) = (Vec::new(), 0_usize);
        for user in self.users()? {
            let user = user.to_json();
            let user_bytes = user.to_string().len();
            if !portion.is_empty() && (portion.len() >= users_max || bytes.saturating_add(user_bytes) > bytes_max) {
                portions.push(Value::Array(std::mem::take(&mut portion)));
                bytes = 0;
            }
            bytes = bytes.saturating_add(user_bytes);
            portion.push(user);
        }
        if !portion.is_empty() {
            portions.push(Value::Array(portion));
        }
        Ok(portions)
    }

    /// How many users there are in it. Nothing is done with them.
    ///
    /// # Errors
    /// [`ImportError::TooLarge`], [`ImportError::InvalidRow`].
    pub fn check(&self) -> Result<usize, ImportError> {
        self.users().map(|users| users.len())
    }
}

impl ImportedUser {
    fn to_json(&self) -> Value {
        match &self.password {
            ImportedPassword::Plain(password) => {
                json!({"user_id": self.user_id, "password": password, "is_superuser": self.is_superuser})
            }
            ImportedPassword::Hash(StoredPassword { hash, salt }) => {
                let is_superuser = self.is_superuser;
                json!({"user_id": self.user_id, "password_hash": hash, "salt": salt, "is_superuser": is_superuser})
            }
        }
    }
}

impl fmt::Display for ImportPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Line(line) => write!(f, "line {line}"),
            Self::Entry(entry) => write!(f, "entry {entry}"),
        }
    }
}

impl fmt::Display for InvalidRow {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.place)?;
        if let Some(field) = self.field {
            write!(f, "`{field}` ")?;
        }
        f.write_str(&self.problem)
    }
}

/// Without what is in it, which is secret.
impl fmt::Debug for ImportFile<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ImportFile").field("format", &self.format).field("bytes", &self.bytes.len()).finish()
    }
}

/// Without the password.
impl fmt::Debug for ImportedPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}

#[cfg(test)]
mod tests;
