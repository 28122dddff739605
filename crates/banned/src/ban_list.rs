//! Bans as a table of text (CSV), the way `banned.bootstrap_file` has them.

use crate::{Ban, InvalidBan, MAX_BANS};
use csv::{ReaderBuilder, StringRecord};

/// Rows that are told of; all are counted.
const UNUSABLE_SHOWN_MAX: usize = 20;

/// What was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BanList {
    /// The bans, those that were over left out.
    pub bans: Vec<Ban>,
    /// Rows that are none: the first of them.
    pub unusable: Vec<UnusableRow>,
    /// How many rows are none.
    pub unusable_count: usize,
}

/// A row that is no ban.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnusableRow {
    /// Its line in the file, from 1.
    pub line: u64,
    /// What is wrong with it.
    pub problem: String,
}

/// Reads a table whose first row names its columns: `as` and `who`, and any of `by`, `reason`, `at` and `until`. An empty field is
/// as good as none. A row that is no ban is left out and said to be so.
///
/// # Errors
/// The first row names other columns, or `as` or `who` is missing among them.
pub fn read_ban_list(table: &[u8], now: u64) -> Result<BanList, InvalidBan> {
    let table = table.strip_prefix("\u{feff}".as_bytes()).unwrap_or(table);
    let mut reader = ReaderBuilder::new().flexible(true).trim(csv::Trim::Headers).from_reader(table);
    let header = reader.headers().cloned().map_err(|_| InvalidBan::Missing("as"))?;
    check_header(&header)?;
    let mut list = BanList::default();
    for row in reader.records() {
        let (start, read) = match row {
            Ok(row) => (row.position().map(csv::Position::byte), read_row(&header, &row, now)),
            Err(error) => (error.position().map(csv::Position::byte), Err(one_line(&error.to_string()))),
        };
        match read {
            Ok(ban) if list.bans.len() < MAX_BANS => list.bans.push(ban),
            Ok(_) => list.refuse(table, start, format!("there are {MAX_BANS} bans already")),
            Err(problem) => list.refuse(table, start, problem),
        }
    }
    Ok(list)
}

impl BanList {
    /// Notes a row that begins at a byte of the table.
    fn refuse(&mut self, table: &[u8], start: Option<u64>, problem: String) {
        self.unusable_count += 1;
        if self.unusable.len() < UNUSABLE_SHOWN_MAX {
            let line = line_at(table, start.unwrap_or(0));
            self.unusable.push(UnusableRow { line, problem });
        }
    }
}

fn check_header(header: &StringRecord) -> Result<(), InvalidBan> {
    const COLUMNS: [&str; 6] = ["as", "who", "by", "reason", "at", "until"];
    if let Some(unknown) = header.iter().find(|name| !COLUMNS.contains(name)) {
        return Err(InvalidBan::UnknownField(unknown.to_owned()));
    }
    let missing = ["as", "who"].into_iter().find(|needed| !header.iter().any(|name| name == *needed));
    missing.map_or(Ok(()), |missing| Err(InvalidBan::Missing(missing)))
}

fn read_row(header: &StringRecord, row: &StringRecord, now: u64) -> Result<Ban, String> {
    if row.len() != header.len() {
        return Err(format!("it has {} fields where the first line has {}", row.len(), header.len()));
    }
    let field = |name: &'static str| {
        let place = header.iter().position(|column| column == name);
        Ok(place.and_then(|place| row.get(place)).filter(|text| !text.is_empty()))
    };
    let ban = Ban::from_texts(now, field).map_err(|error| error.to_string())?;
    if ban.terms.is_over(now) { Err(InvalidBan::Over.to_string()) } else { Ok(ban) }
}

/// The line in which a row begins. The reader takes what is left of the end of the line before for a part of the row.
fn line_at(table: &[u8], start: u64) -> u64 {
    let start = usize::try_from(start).unwrap_or(usize::MAX);
    let (before, row) = table.split_at_checked(start).unwrap_or((table, &[]));
    let ends = row.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    let count = before.iter().chain(ends).filter(|byte| **byte == b'\n').count();
    count as u64 + 1
}

fn one_line(problem: &str) -> String {
    problem.lines().next().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::moment_text;

    const NOW: u64 = 1_700_000_000;

    #[test]
    fn a_list_of_emqx_is_read_and_bad_rows_are_named() {
        let table = "\u{feff}as,who,reason,at,until,by\r\n\
            clientid,c1,right,2021-10-25T21:53:47+08:00,2055-10-25T21:53:47+08:00,boot\r\n\
            username,u1,reason 1,abc,2055-10-25T21:53:47+08:00,boot\r\n\
            usernamx,u2,reason 2,2021-10-25T21:53:47+08:00,2055-10-25T21:53:47+08:00,boot\r\n\
            clientid,c2,,,,\r\n\
            clientid,c3,old,2001-10-25T21:53:47+08:00,2002-10-25T21:53:47+08:00,boot\r\n\
            clientid,c4\r\n\
            peerhost_net,\"192.0.2.0/24\",\"a, b\",,infinity,\r\n";
        let list = read_ban_list(table.as_bytes(), NOW).expect("a list");
        let found: Vec<_> = list.bans.iter().map(|ban| ban.who.text().into_owned()).collect();
        assert_eq!(found, ["c1", "c2", "192.0.2.0/24"]);
        assert_eq!((&*list.bans[2].terms.reason, list.bans[1].terms.until), ("a, b", None));
        assert_eq!((&*list.bans[1].terms.by, moment_text(list.bans[1].terms.at)), ("mgmt_api", moment_text(NOW)));
        let lines: Vec<_> = list.unusable.iter().map(|row| row.line).collect();
        assert_eq!((lines, list.unusable_count), (vec![3, 4, 6, 7], 4));
    }

    #[test]
    fn columns_have_to_be_known_and_enough() {
        assert_eq!(read_ban_list(b"as,by\nclientid,x\n", NOW), Err(InvalidBan::Missing("who")));
        assert_eq!(read_ban_list(b"", NOW), Err(InvalidBan::Missing("as")));
        assert_eq!(read_ban_list(b"as,who,since\n", NOW), Err(InvalidBan::UnknownField("since".into())));
        assert_eq!(read_ban_list(b"\xff,who\n", NOW), Err(InvalidBan::Missing("as")));
        let none = read_ban_list(b"who,as\n", NOW).expect("a list");
        assert_eq!(none, BanList::default());
    }

    #[test]
    fn of_many_bad_rows_some_are_told() {
        let table = format!("as,who\n{}", "clientid,\n".repeat(100));
        let list = read_ban_list(table.as_bytes(), NOW).expect("a list");
        assert_eq!((list.unusable.len(), list.unusable_count), (UNUSABLE_SHOWN_MAX, 100));
    }
}
