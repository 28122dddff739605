//! What a database answers.

use crate::{UserRecord, is_truthy};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// One value of a row.
#[derive(Clone, PartialEq, Eq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Yes or no.
    Boolean(bool),
    /// Text, or bytes.
    Bytes(Vec<u8>),
}

/// What a database answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rows {
    /// The names of the columns.
    pub columns: Arc<[String]>,
    /// The rows, each with one value per column.
    pub rows: Vec<Vec<Value>>,
    /// There are more rows, which were not read.
    pub has_more: bool,
}

impl Value {
    /// As text, `None` for nothing.
    #[must_use]
    pub fn text(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Null => None,
            Self::Integer(number) => Some(number.to_string().into()),
            Self::Boolean(is) => Some(if *is { "true" } else { "false" }.into()),
            Self::Bytes(bytes) => Some(String::from_utf8_lossy(bytes)),
        }
    }

    /// How many bytes of an answer it is, roughly.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Bytes(bytes) => bytes.len() + size_of::<Self>(),
            _ => size_of::<Self>(),
        }
    }

    fn into_bytes(self) -> Option<Vec<u8>> {
        match self {
            Self::Bytes(bytes) => Some(bytes),
            other => other.text().map(|text| text.into_owned().into_bytes()),
        }
    }

    fn is_truthy(&self) -> bool {
        match self {
            Self::Null => false,
            Self::Integer(number) => *number >= 1,
            Self::Boolean(is) => *is,
            Self::Bytes(bytes) => std::str::from_utf8(bytes).is_ok_and(is_truthy),
        }
    }
}

/// What is read may be the hash of a password.
impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Null => f.write_str("Null"),
            Self::Integer(number) => number.fmt(f),
            Self::Boolean(is) => is.fmt(f),
            Self::Bytes(bytes) => write!(f, "{} bytes", bytes.len()),
        }
    }
}

impl Rows {
    /// How many bytes it is, roughly.
    pub(super) fn size(&self) -> usize {
        let columns: usize = self.columns.iter().map(String::len).sum();
        columns + self.rows.iter().flatten().map(Value::size).sum::<usize>()
    }

    /// The user of the first row. The hash may be called `password` too, as in EMQX.
    #[must_use]
    pub fn into_user(self) -> Option<UserRecord> {
        let row = self.rows.into_iter().next()?;
        let mut user = UserRecord::default();
        let mut plain = None;
        for (column, value) in self.columns.iter().zip(row) {
            match column.as_str() {
                "password_hash" => user.password_hash = value.into_bytes(),
                "password" => plain = value.into_bytes(),
                "salt" => user.salt = value.into_bytes().unwrap_or_default(),
                "is_superuser" => user.is_superuser = value.is_truthy(),
                "clientid_override" => user.client_id = value.text().map(Cow::into_owned).filter(|id| !id.is_empty()),
                _ => {}
            }
        }
        user.password_hash = user.password_hash.or(plain);
        Some(user)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(columns: &[&str], row: Vec<Value>) -> UserRecord {
        let columns = columns.iter().map(ToString::to_string).collect();
        Rows { columns, rows: vec![row], has_more: false }.into_user().expect("a user")
    }

    fn bytes(text: &str) -> Value {
        Value::Bytes(text.into())
    }

    #[test]
    fn columns_are_found_by_their_names() {
        let columns = ["salt", "other", "is_superuser", "password", "password_hash", "clientid_override"];
        let row = vec![bytes("s"), Value::Integer(7), Value::Boolean(true), bytes("p"), bytes("h"), bytes("c")];
        let user = user(&columns, row);
        let expected = UserRecord {
            password_hash: Some(b"h".to_vec()),
            salt: b"s".to_vec(),
            is_superuser: true,
            client_id: Some("c".into()),
        };
        assert_eq!(user, expected);
    }

    #[test]
    fn a_hash_may_be_called_password_and_be_a_number() {
        assert_eq!(user(&["password"], vec![Value::Integer(12)]).password_hash, Some(b"12".to_vec()));
        assert_eq!(user(&["password_hash", "salt"], vec![Value::Null, Value::Null]), UserRecord::default());
        assert_eq!(Rows::default().into_user(), None);
    }

    #[test]
    fn superusers_are_spelled_in_many_ways() {
        for yes in [Value::Boolean(true), Value::Integer(1), Value::Integer(2), bytes("1"), bytes("true"), bytes("7")] {
            assert!(user(&["is_superuser"], vec![yes.clone()]).is_superuser, "{yes:?}");
        }
        let no = [Value::Null, Value::Boolean(false), Value::Integer(0), Value::Integer(-1)];
        for no in no.into_iter().chain(["", "0", "false", "yes", "-1", "TRUE", "99999999999999999999"].map(bytes)) {
            assert!(!user(&["is_superuser"], vec![no.clone()]).is_superuser, "{:?}", no.text());
        }
    }
}
