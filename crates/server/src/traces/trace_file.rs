//! The file of a trace.

use super::TraceFormatter;
use super::line::{file_full, line, lines_lost};
use crate::calendar;
use dunlin_broker::TraceRecord;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::Path;

/// Bytes at the end that are kept free for the last lines: how many were lost, and that the file is full.
const END_BYTES: u64 = 384;

/// A file that is written at its end.
pub(super) struct TraceFile {
    file: File,
    formatter: TraceFormatter,
}

impl TraceFile {
    pub(super) fn open(path: &Path, formatter: TraceFormatter) -> io::Result<Self> {
        Ok(Self { file: OpenOptions::new().create(true).append(true).open(path)?, formatter })
    }

    /// Writes a record, if there is one, and how many were lost, if any were. False where there is no room for that: the file has
    /// ended with a line that says so, and is to take nothing more.
    ///
    /// # Errors
    /// Nothing was written then.
    pub(super) fn append(&mut self, record: Option<&TraceRecord>, lost: u64, max_bytes: u64) -> io::Result<bool> {
        let length = self.file.metadata()?.len();
        let now = calendar::now_millis();
        let of_lost = if lost > 0 { line(&lines_lost(0, now, lost), self.formatter) } else { String::new() };
        let mut text = record.map(|record| line(record, self.formatter)).unwrap_or_default() + &of_lost;
        let has_room = length.saturating_add(text.len() as u64).saturating_add(END_BYTES) <= max_bytes;
        if !has_room {
            text = of_lost + &line(&file_full(0, now, max_bytes), self.formatter);
        }
        self.file.write_all(text.as_bytes()).inspect_err(|_| {
            // Half a line would spoil the next one.
            let _ = self.file.set_len(length);
        })?;
        Ok(has_room)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(bytes: usize) -> TraceRecord {
        let fields = vec![("payload", "x".repeat(bytes))];
        TraceRecord { msg: "mqtt_packet_received", fields, ..lines_lost(1, 0, 0) }
    }

    fn words(text: &str, formatter: TraceFormatter) -> Vec<(String, Option<String>)> {
        let of_json = |line: &str| {
            let value: serde_json::Value = serde_json::from_str(line).expect("an object");
            (value["msg"].as_str().expect("msg").to_owned(), value["count"].as_str().map(str::to_owned))
        };
        let of_text = |line: &str| {
            let (msg, rest) = line.split_once(" msg: ").expect("msg").1.split_once(", ").expect("fields");
            (msg.to_owned(), rest.strip_prefix("count: ").map(str::to_owned))
        };
        text.lines().map(|line| if formatter == TraceFormatter::Json { of_json(line) } else { of_text(line) }).collect()
    }

    #[test]
    fn losses_and_the_end_are_records_in_the_format_of_the_file() {
        let folder = tempfile::tempdir().expect("a folder");
        for formatter in [TraceFormatter::Text, TraceFormatter::Json] {
            let path = folder.path().join(format!("{formatter:?}"));
            let mut file = TraceFile::open(&path, formatter).expect("a file");
            let mut append = |record: Option<&TraceRecord>, lost| file.append(record, lost, 2_048).expect("written");
            assert!(append(Some(&record(8)), 0));
            assert!(append(Some(&record(8)), 3));
            assert!(append(None, 2), "what was lost last");
            assert!(!append(Some(&record(1_500)), u64::MAX), "a full file does not swallow what was lost");
            let text = std::fs::read_to_string(&path).expect("a file");
            let expected = [
                ("mqtt_packet_received", None),
                ("mqtt_packet_received", None),
                ("trace_lines_lost", Some("3")),
                ("trace_lines_lost", Some("2")),
                ("trace_lines_lost", Some("18446744073709551615")),
                ("trace_file_full", None),
            ];
            let expected = expected.map(|(msg, count)| (msg.to_owned(), count.map(str::to_owned)));
            assert_eq!(words(&text, formatter), expected, "{text}");
        }
    }

    #[test]
    fn there_is_room_for_the_last_lines() {
        for formatter in [TraceFormatter::Text, TraceFormatter::Json] {
            let lost = line(&lines_lost(u64::MAX, 1, u64::MAX), formatter);
            let full = line(&file_full(u64::MAX, 1, u64::MAX), formatter);
            assert!((lost.len() + full.len()) as u64 <= END_BYTES, "{lost}{full}");
        }
    }
}
