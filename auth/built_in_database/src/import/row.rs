//! From the fields of a row to a user.

use super::{ImportPlace, ImportedPassword, ImportedUser, InvalidRow, PasswordForm};
use crate::MAX_USER_ID_BYTES;
use dunlin_passwords::{MAX_PASSWORD_BYTES, StoredPassword};

/// What a row has in a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field<'a> {
    /// Nothing.
    Missing,
    /// A text. In CSV everything is one.
    Text(&'a str),
    /// Yes or no.
    Bool(bool),
    /// Something that no field can be.
    Other,
}

/// The user in a row; `field` gives what is in a field.
pub(super) fn user<'a>(
    place: ImportPlace,
    passwords: PasswordForm,
    field: impl Fn(&str) -> Field<'a>,
) -> Result<ImportedUser, InvalidRow> {
    let row = Row { place, field };
    let user_id = row.needed("user_id", MAX_USER_ID_BYTES)?.to_owned();
    // Users of namespaces must not become users of everybody.
    if row.text("namespace")?.is_some_and(|namespace| !namespace.is_empty()) {
        return Err(row.wrong("namespace", "must be empty: there are no namespaces"));
    }
    let password = match passwords {
        PasswordForm::Plain => ImportedPassword::Plain(row.needed("password", MAX_PASSWORD_BYTES)?.to_owned()),
        PasswordForm::Hash => ImportedPassword::Hash(StoredPassword {
            hash: row.needed("password_hash", MAX_PASSWORD_BYTES)?.to_owned(),
            salt: row.text("salt")?.unwrap_or_default().to_owned(),
        }),
    };
    Ok(ImportedUser { user_id, password, is_superuser: row.is_superuser()? })
}

struct Row<F> {
    place: ImportPlace,
    field: F,
}

impl<'a, F: Fn(&str) -> Field<'a>> Row<F> {
    fn text(&self, name: &'static str) -> Result<Option<&'a str>, InvalidRow> {
        match (self.field)(name) {
            Field::Missing => Ok(None),
            Field::Text(text) => Ok(Some(text)),
            Field::Bool(_) | Field::Other => Err(self.wrong(name, "is not a text")),
        }
    }

    fn needed(&self, name: &'static str, max_bytes: usize) -> Result<&'a str, InvalidRow> {
        match self.text(name)? {
            None => Err(self.wrong(name, "is missing")),
            Some("") => Err(self.wrong(name, "is empty")),
            Some(text) if text.len() > max_bytes => {
                Err(self.wrong(name, &format!("has {} bytes, and at most {max_bytes} are possible", text.len())))
            }
            Some(text) => Ok(text),
        }
    }

    /// Nobody becomes a superuser by a spelling that somebody else takes for no.
    fn is_superuser(&self) -> Result<bool, InvalidRow> {
        match (self.field)("is_superuser") {
            Field::Missing | Field::Text("" | "false") | Field::Bool(false) => Ok(false),
            Field::Text("true") | Field::Bool(true) => Ok(true),
            Field::Text(_) | Field::Other => Err(self.wrong("is_superuser", "is neither true nor false")),
        }
    }

    fn wrong(&self, field: &'static str, problem: &str) -> InvalidRow {
        InvalidRow { place: self.place, field: Some(field), problem: problem.to_owned() }
    }
}
