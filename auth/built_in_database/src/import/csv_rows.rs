//! Users in CSV (RFC 4180): a line with the names of the fields, then one for each user. A field without anything in it is
//! missing, and a row without anything in it is none.

use super::row::{Field, user};
use super::{ImportPlace, ImportedUser, InvalidRow, PasswordForm};
use csv::{ErrorKind, Position, ReaderBuilder, StringRecord};

pub(super) fn users(bytes: &[u8], passwords: PasswordForm) -> Result<Vec<ImportedUser>, InvalidRow> {
    let mut reader = ReaderBuilder::new().flexible(true).from_reader(bytes);
    let names: Vec<_> = reader.headers().map_err(|error| invalid(bytes, &error))?.iter().map(name).collect();
    for (index, name) in names.iter().enumerate() {
        if names.iter().skip(index + 1).any(|other| other == name) {
            return Err(whole_line(1, format!("has the name `{name}` twice")));
        }
    }
    let mut users = Vec::new();
    let mut record = StringRecord::new();
    while reader.read_record(&mut record).map_err(|error| invalid(bytes, &error))? {
        let line = record.position().map_or(1, |start| line_of(bytes, start));
        if record.iter().all(str::is_empty) {
            continue;
        }
        if record.len() != names.len() {
            let problem = format!("has {} fields, and the first line names {}", record.len(), names.len());
            return Err(whole_line(line, problem));
        }
        let field = |wanted: &str| {
            let index = names.iter().position(|name| name == wanted);
            let text = index.and_then(|index| record.get(index)).filter(|text| !text.is_empty());
            text.map_or(Field::Missing, Field::Text)
        };
        users.push(user(ImportPlace::Line(line), passwords, field)?);
    }
    Ok(users)
}

fn name(name: &str) -> String {
    name.trim().to_owned()
}

fn whole_line(line: u64, problem: String) -> InvalidRow {
    InvalidRow { place: ImportPlace::Line(line), field: None, problem }
}

/// The line of a row. The reader counts empty lines before a row to the row.
fn line_of(bytes: &[u8], start: &Position) -> u64 {
    let row = usize::try_from(start.byte()).ok().and_then(|start| bytes.get(start..)).unwrap_or_default();
    let line_ends = row.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    start.line().saturating_add(line_ends.filter(|byte| **byte == b'\n').count() as u64)
}

/// Not the reader's own words, which may show what is in the line.
fn invalid(bytes: &[u8], error: &csv::Error) -> InvalidRow {
    let line = error.position().map_or(1, |start| line_of(bytes, start));
    let problem = match error.kind() {
        ErrorKind::Utf8 { .. } => "is not UTF-8",
        _ => "cannot be read as CSV",
    };
    whole_line(line, problem.to_owned())
}
