//! Users in JSON: a list of objects.

use super::row::{Field, user};
use super::{ImportPlace, ImportedUser, InvalidRow, PasswordForm};
use serde_json::{Value, error::Category};

pub(super) fn users(bytes: &[u8], passwords: PasswordForm) -> Result<Vec<ImportedUser>, InvalidRow> {
    let list: Value = serde_json::from_slice(bytes).map_err(|error| invalid(&error))?;
    let Value::Array(list) = list else {
        let problem = "is no list: write [{\"user_id\": …, \"password\": …}, …]".to_owned();
        return Err(InvalidRow { place: ImportPlace::Line(1), field: None, problem });
    };
    let read = |(index, value): (usize, &Value)| {
        let place = ImportPlace::Entry(index + 1);
        let problem = || InvalidRow { place, field: None, problem: "is no object".to_owned() };
        let fields = value.as_object().ok_or_else(problem)?;
        user(place, passwords, |name| match fields.get(name) {
            None | Some(Value::Null) => Field::Missing,
            Some(Value::String(text)) => Field::Text(text),
            Some(Value::Bool(value)) => Field::Bool(*value),
            Some(_) => Field::Other,
        })
    };
    list.iter().enumerate().map(read).collect()
}

/// Not the reader's own words, which may show what is in the line.
fn invalid(error: &serde_json::Error) -> InvalidRow {
    let what = if error.classify() == Category::Eof { "ends too early" } else { "is no JSON" };
    let problem = format!("{what}, column {}", error.column());
    InvalidRow { place: ImportPlace::Line(error.line() as u64), field: None, problem }
}
