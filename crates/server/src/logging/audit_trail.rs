//! The audit log: each change in a line of a file, and the latest ones at hand for whoever asks.

use super::rotating_file::RotatingFile;
use dunlin_api::MomentMillis;
use dunlin_api::audit::{AuditEntry, AuditObject, AuditQuery};
use dunlin_config::AuditLog;
use parking_lot::Mutex;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicU8, Ordering};
use tracing::{info, warn};

/// Bytes of records that are at hand, as lines; the oldest go first.
const BYTES_MAX: usize = 32 << 20;

/// Nothing is written down.
const OFF: u8 = 0;
/// All but what programs do all the time.
const SELDOM: u8 = 1;
/// Everything.
const ALL: u8 = 2;

/// See the head of the file.
#[derive(Debug, Default)]
pub(crate) struct AuditTrail {
    /// What is written down, for a look without a lock.
    extent: AtomicU8,
    state: Mutex<Option<Open>>,
}

#[derive(Debug)]
struct Open {
    settings: AuditLog,
    file: RotatingFile,
    records: Records,
}

/// The latest records, with the lengths of their lines.
#[derive(Debug, Default)]
struct Records {
    latest: VecDeque<(AuditObject, usize)>,
    bytes: usize,
}

impl Records {
    fn add(&mut self, object: AuditObject, bytes: usize, count_max: usize) {
        self.latest.push_back((object, bytes));
        self.bytes += bytes;
        while self.latest.len() > count_max || self.bytes > BYTES_MAX {
            let Some((_, bytes)) = self.latest.pop_front() else { break };
            self.bytes -= bytes;
        }
    }
}

impl AuditTrail {
    /// Takes over the configuration. Records that are in the file already are at hand then.
    ///
    /// # Errors
    /// The file cannot be written. Records go there all the same, as soon as it can.
    pub(super) fn change(&self, settings: &AuditLog) -> io::Result<()> {
        let mut state = self.state.lock();
        if !settings.enable {
            *state = None;
            self.extent.store(OFF, Ordering::Relaxed);
            return Ok(());
        }
        if state.as_ref().is_some_and(|open| open.settings == *settings) {
            return Ok(());
        }
        let file = RotatingFile::new(settings.path.clone(), settings.rotation_count, settings.rotation_size_bytes);
        let opened = file.open();
        let records = read_latest(&settings.path, settings.cache_size);
        info!(msg = "audit_log_started", file = %settings.path.display(), records = records.latest.len());
        *state = Some(Open { settings: settings.clone(), file, records });
        self.extent.store(if settings.ignores_frequent { SELDOM } else { ALL }, Ordering::Relaxed);
        opened
    }

    /// Whether something is written down.
    pub(crate) fn is_on(&self, is_frequent: bool) -> bool {
        self.extent.load(Ordering::Relaxed) > if is_frequent { SELDOM } else { OFF }
    }

    /// Writes down what was done on a node at a moment, in milliseconds since 1970.
    pub(crate) fn write(&self, node: &str, now_ms: u64, entry: AuditEntry) {
        let object = AuditObject { created_at: MomentMillis(now_ms), node: node.to_owned(), entry };
        let line = match serde_json::to_string(&object) {
            Ok(line) => line + "\n",
            Err(error) => {
                warn!(msg = "audit_record_lost", %error);
                return;
            }
        };
        if let Some(open) = &mut *self.state.lock() {
            open.file.write_line(&line);
            let count_max = open.settings.cache_size;
            open.records.add(object, line.len(), count_max);
        }
    }

    /// The latest records that are asked for, the latest first; `None` where nothing is written down.
    pub(crate) fn find(&self, query: &AuditQuery) -> Option<Vec<AuditObject>> {
        let state = self.state.lock();
        let latest = &state.as_ref()?.records.latest;
        let wanted = latest.iter().rev().map(|(object, _)| object).filter(|object| query.matches(object));
        Some(wanted.cloned().collect())
    }
}

/// The last records of the file and of the one before it. A line that is none, as one that was cut off, is left out.
fn read_latest(path: &Path, count_max: usize) -> Records {
    let mut before = path.to_owned().into_os_string();
    before.push(".1");
    let mut records = Records::default();
    for path in [Path::new(&before), path] {
        // A file that cannot be read has nothing to show.
        let text = read_end(path).unwrap_or_default();
        for line in text.lines() {
            if let Ok(object) = serde_json::from_str(line) {
                records.add(object, line.len() + 1, count_max);
            }
        }
    }
    records
}

/// The end of a file.
fn read_end(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let length = file.metadata()?.len();
    file.seek(SeekFrom::Start(length.saturating_sub(BYTES_MAX as u64)))?;
    let mut bytes = Vec::new();
    file.take(BYTES_MAX as u64).read_to_end(&mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_api::audit::{AuditFrom, AuditResult};

    fn settings(folder: &Path) -> AuditLog {
        AuditLog {
            enable: true,
            path: folder.join("audit.log"),
            rotation_count: 2,
            rotation_size_bytes: Some(1_000),
            cache_size: 10,
            ignores_frequent: true,
        }
    }

    fn entry(source: &str) -> AuditEntry {
        AuditEntry {
            from: AuditFrom::Cli,
            source: source.to_owned(),
            source_ip: String::new(),
            operation_id: "clients.kick".to_owned(),
            operation_type: "clients".to_owned(),
            operation_result: AuditResult::Success,
            http_status_code: None,
            http_method: None,
            http_request: None,
            args: None,
            failure: None,
            duration_ms: 1,
        }
    }

    fn sources(trail: &AuditTrail) -> Vec<String> {
        let found = trail.find(&AuditQuery::default()).expect("it is on");
        found.into_iter().map(|object| object.entry.source).collect()
    }

    #[test]
    fn the_latest_are_at_hand_and_after_a_restart_too() {
        let folder = tempfile::tempdir().unwrap();
        let trail = AuditTrail::default();
        trail.change(&settings(folder.path())).unwrap();
        for number in 0..12 {
            trail.write("n", number, entry(&number.to_string()));
        }
        let expected: Vec<String> = (2..12).rev().map(|number| number.to_string()).collect();
        assert_eq!(sources(&trail), expected);
        let path = folder.path().join("audit.log");
        let written = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, written + "{\"cut").unwrap();
        let again = AuditTrail::default();
        again.change(&settings(folder.path())).unwrap();
        let kept = sources(&again);
        assert!(!kept.is_empty() && expected.starts_with(&kept), "{kept:?}");
    }

    #[test]
    fn it_is_off_until_it_is_on() {
        let folder = tempfile::tempdir().unwrap();
        let trail = AuditTrail::default();
        trail.write("n", 1, entry("ann"));
        assert_eq!((trail.find(&AuditQuery::default()), trail.is_on(false)), (None, false));
        trail.change(&settings(folder.path())).unwrap();
        assert_eq!((trail.is_on(false), trail.is_on(true)), (true, false));
        trail.change(&AuditLog { ignores_frequent: false, ..settings(folder.path()) }).unwrap();
        assert!(trail.is_on(true));
        trail.change(&AuditLog { enable: false, ..settings(folder.path()) }).unwrap();
        assert!(!trail.is_on(false) && trail.find(&AuditQuery::default()).is_none());
    }
}
