//! Archives as bytes: a tar that is compressed with gzip. What is read comes from anywhere: its size is bounded before anything is kept,
//! and no path in it leads out.

use super::contents::{Contents, FILE_BYTES_MAX, FILES_MAX, FOLDERS, Product};
use super::{BackupError, StoredRow, TableSet};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dunlin_hocon::{Reader, Value};
use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt::Display;
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};
use tar::{Archive, Builder, EntryType, Header};

/// Everything in an archive, unpacked, in bytes.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;

/// Entries of an archive.
const ENTRIES_MAX: usize = 10_000;

/// The configuration in it, in bytes.
const CONFIGURATION_BYTES_MAX: u64 = 16 << 20;

/// For the owner alone: there are secrets in it.
const MODE: u32 = 0o600;

/// A line of a table.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    table: String,
    key: String,
    value: String,
}

/// Writes an archive whose paths begin with `stem`.
pub(super) fn write_archive(stem: &str, contents: &Contents) -> Result<Vec<u8>, BackupError> {
    write(stem, contents).map_err(BackupError::of_file(stem))
}

fn write(stem: &str, contents: &Contents) -> io::Result<Vec<u8>> {
    let mut builder = Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    let mut add = |path: &Path, content: &[u8]| -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_entry_type(EntryType::Regular);
        header.set_size(content.len() as u64);
        header.set_mode(MODE);
        header.set_mtime(crate::calendar::now_millis() / 1000);
        builder.append_data(&mut header, Path::new(stem).join(path), content)
    };
    let about = format!("product = dunlin\nversion = \"{}\"\n", contents.version);
    add(Path::new("META.hocon"), about.as_bytes())?;
    if let Some(configuration) = &contents.configuration {
        add(Path::new("cluster.hocon"), configuration.as_bytes())?;
    }
    for set in TableSet::ALL {
        let mut text = String::new();
        for row in contents.rows.iter().filter(|row| row.set == set) {
            let (key, value) = (STANDARD.encode(&row.key), STANDARD.encode(&row.value));
            text += &serde_json::to_string(&Line { table: row.table.clone(), key, value })?;
            text.push('\n');
        }
        if !text.is_empty() {
            add(&Path::new("tables").join(format!("{}.ndjson", set.as_str())), text.as_bytes())?;
        }
    }
    for (path, content) in &contents.files {
        add(path, content)?;
    }
    builder.into_inner()?.finish()
}

/// Reads an archive of this product, or of EMQX 5 and newer.
pub(super) fn read_archive(bytes: &[u8]) -> Result<Contents, BackupError> {
    let mut reading = Reading::default();
    // One byte more than is allowed tells that there is more.
    let mut archive = Archive::new(GzDecoder::new(bytes).take(UNPACKED_BYTES_MAX + 1));
    for (count, entry) in archive.entries().map_err(malformed)?.enumerate() {
        let mut entry = entry.map_err(malformed)?;
        let size = entry.size();
        reading.bytes = reading.bytes.saturating_add(size);
        if count >= ENTRIES_MAX || reading.bytes > UNPACKED_BYTES_MAX {
            return Err(BackupError::TooLarge(format!(
                "more than {ENTRIES_MAX} entries, or {UNPACKED_BYTES_MAX} bytes unpacked"
            )));
        }
        let path = below_stem(&entry.path().map_err(malformed)?)?;
        match entry.header().entry_type() {
            EntryType::Regular => reading.take(&path, size, &mut entry)?,
            EntryType::Directory | EntryType::XGlobalHeader | EntryType::XHeader => {}
            kind => return Err(malformed(format!("{} is no file but {kind:?}", path.display()))),
        }
    }
    reading.finish()
}

/// The path behind the folder that everything is in. None leads out of it.
fn below_stem(path: &Path) -> Result<PathBuf, BackupError> {
    let bad = || malformed(format!("the path {:?}", path.display().to_string()));
    let mut parts = path.components().filter(|part| *part != Component::CurDir);
    let is_good = |part: &Component<'_>| matches!(part, Component::Normal(_));
    if !parts.next().is_some_and(|part| is_good(&part)) {
        return Err(bad());
    }
    let rest: Vec<_> = parts.collect();
    if rest.iter().all(is_good) { Ok(rest.iter().collect()) } else { Err(bad()) }
}

#[derive(Default)]
struct Reading {
    bytes: u64,
    about: Option<(Product, String)>,
    configuration: Option<String>,
    rows: Vec<StoredRow>,
    files: BTreeMap<PathBuf, Vec<u8>>,
    tables_of_emqx: Vec<String>,
    others: Vec<String>,
}

impl Reading {
    fn take(&mut self, path: &Path, size: u64, entry: &mut impl Read) -> Result<(), BackupError> {
        let name = path.display().to_string();
        let first = path.components().next().map(|part| part.as_os_str().to_string_lossy().into_owned());
        match (name.as_str(), first.as_deref()) {
            ("META.hocon", _) => self.about = Some(read_about(&text(entry, size, CONFIGURATION_BYTES_MAX)?)?),
            ("cluster.hocon", _) => self.configuration = Some(text(entry, size, CONFIGURATION_BYTES_MAX)?),
            (_, Some("tables")) => {
                let set = name.strip_prefix("tables/").and_then(|name| name.strip_suffix(".ndjson"));
                let set = set.ok_or_else(|| malformed(format!("the path {name:?}")))?;
                self.rows.extend(read_rows(TableSet::parse(set)?, &text(entry, size, UNPACKED_BYTES_MAX)?)?);
            }
            (_, Some("mnesia")) => self.tables_of_emqx.push(name.trim_start_matches("mnesia/").to_owned()),
            (_, Some(folder)) if FOLDERS.contains(&folder) => {
                if self.files.len() >= FILES_MAX {
                    return Err(BackupError::TooLarge(format!("more than {FILES_MAX} files")));
                }
                self.files.insert(path.to_owned(), bytes(entry, size, FILE_BYTES_MAX)?);
            }
            _ => self.others.push(name),
        }
        Ok(())
    }

    fn finish(self) -> Result<Contents, BackupError> {
        let Self { about, configuration, rows, files, mut tables_of_emqx, others, bytes: _ } = self;
        let (product, version) = about.ok_or_else(|| malformed("there is no META.hocon in it"))?;
        let mut left_out = Vec::new();
        if !tables_of_emqx.is_empty() {
            tables_of_emqx.sort();
            left_out.push(format!(
                "tables in the format of Erlang: {}; export them over EMQX's API and import them here",
                tables_of_emqx.join(", ")
            ));
        }
        if !others.is_empty() {
            left_out.push(format!("files that nothing is known of: {}", others.join(", ")));
        }
        Ok(Contents { product, version, configuration, rows, files, left_out })
    }
}

fn read_about(text: &str) -> Result<(Product, String), BackupError> {
    let tree = Reader::new().read("META.hocon", text).map_err(malformed)?;
    let word = |key: &str| match tree.get(&[key]).map(|node| &node.value) {
        Some(Value::Text(text)) => Some(text.to_string()),
        _ => None,
    };
    let version = word("version").ok_or_else(|| malformed("META.hocon says no version"))?;
    let product = if word("product").as_deref() == Some("dunlin") { Product::Dunlin } else { Product::Emqx };
    let major = version.split('.').next().and_then(|major| major.parse::<u32>().ok());
    match (product, major) {
        (_, None) => Err(malformed(format!("META.hocon says version {version:?}"))),
        (Product::Emqx, Some(..5)) => Err(BackupError::Refused(format!("{version} is older than EMQX 5"))),
        (Product::Dunlin, _) if is_newer(&version) => Err(BackupError::Refused(format!(
            "the archive is of version {version}, and this node of {}: import it into a newer one",
            env!("CARGO_PKG_VERSION")
        ))),
        _ => Ok((product, version)),
    }
}

/// Whether major and minor are above those of this node.
fn is_newer(version: &str) -> bool {
    let parts = |version: &str| -> Vec<u32> {
        version.split('.').take(2).map(|part| part.parse().unwrap_or(u32::MAX)).collect()
    };
    parts(version) > parts(env!("CARGO_PKG_VERSION"))
}

fn read_rows(set: TableSet, text: &str) -> Result<Vec<StoredRow>, BackupError> {
    let row = |line: &str| -> Result<StoredRow, BackupError> {
        let Line { table, key, value } = serde_json::from_str(line).map_err(malformed)?;
        if !set.has(&table) {
            return Err(malformed(format!("the table {table:?} is none of {}", set.as_str())));
        }
        let decoded = |text: &str| STANDARD.decode(text).map_err(malformed);
        Ok(StoredRow { set, key: decoded(&key)?, value: decoded(&value)?, table })
    };
    text.lines().filter(|line| !line.is_empty()).map(row).collect()
}

fn text(entry: &mut impl Read, size: u64, bytes_max: u64) -> Result<String, BackupError> {
    String::from_utf8(bytes(entry, size, bytes_max)?).map_err(malformed)
}

fn bytes(entry: &mut impl Read, size: u64, bytes_max: u64) -> Result<Vec<u8>, BackupError> {
    if size > bytes_max {
        return Err(BackupError::TooLarge(format!("a file of {size} bytes, where {bytes_max} are allowed")));
    }
    let mut content = Vec::new();
    entry.take(bytes_max).read_to_end(&mut content).map_err(malformed)?;
    if content.len() as u64 == size { Ok(content) } else { Err(malformed("it ends too early")) }
}

fn malformed(why: impl Display) -> BackupError {
    BackupError::Malformed(why.to_string())
}

#[cfg(test)]
mod tests;
