//! `log.audit`: who changed what, in a file of its own and for `GET /audit`.

use super::handler::take_keys_without_effect;
use crate::rule::{Bytes, Flag, OrWord, Whole, path};
use crate::section::Section;
use std::path::{Path, PathBuf};

/// `log.audit`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditLog {
    /// `enable` (also `enabled`), default off.
    pub enable: bool,
    /// `path`, default `audit.log` where the log is. Its lines are JSON.
    pub path: PathBuf,
    /// `rotation_count`: files that are kept, the present one included, 1 to 128, default 10.
    pub rotation_count: u8,
    /// `rotation_size` in bytes at which the file is put aside, default 50 MB. `None` = never (written `infinity`).
    pub rotation_size_bytes: Option<u64>,
    /// `cache_size` (also `max_filter_size`): the latest records that the API shows, 10 to 30,000, default 5,000.
    pub cache_size: usize,
    /// `ignore_high_frequency_request`: leaves out what programs do all the time, as publishing; default on.
    pub ignores_frequent: bool,
}

impl AuditLog {
    pub(super) fn default_in(folder: &Path) -> Self {
        Self {
            enable: false,
            path: folder.join("audit.log"),
            rotation_count: 10,
            rotation_size_bytes: Some(50 << 20),
            cache_size: 5_000,
            ignores_frequent: true,
        }
    }

    pub(super) fn read(section: &mut Section<'_>, default: Self) -> Self {
        section.alias("enabled", "enable");
        section.alias("max_filter_size", "cache_size");
        take_keys_without_effect(section);
        // Every record is written, in one shape.
        section.ignored(&["formatter", "level", "time_offset", "timestamp_format"]);
        let rotation_size = OrWord("infinity", Bytes(1..=u64::MAX));
        let cache_size = u32::try_from(default.cache_size).unwrap_or(u32::MAX);
        let cache_size = section.value("cache_size", &Whole(10..=30_000), cache_size);
        Self {
            enable: section.value("enable", &Flag, default.enable),
            path: section.value("path", &path(), default.path),
            rotation_count: section.value("rotation_count", &Whole(1..=128), default.rotation_count),
            rotation_size_bytes: section.value("rotation_size", &rotation_size, default.rotation_size_bytes),
            cache_size: usize::try_from(cache_size).unwrap_or(usize::MAX),
            ignores_frequent: section.value("ignore_high_frequency_request", &Flag, default.ignores_frequent),
        }
    }
}
