//! `banned.bootstrap_file`: who is kept out from the beginning.

use super::BanStore;
use dunlin_banned::read_ban_list;
use std::fs::File;
use std::io::{self, Read};
use std::path::Path;
use tracing::{error, info, warn};

/// The largest file that is read, in bytes.
const FILE_BYTES_MAX: u64 = 256 << 20;

/// Bans whom a file names, if nobody is banned yet. A file that cannot be used does not keep a node from starting, as in EMQX.
pub(crate) fn load_bootstrap_file(store: &BanStore, file: &Path, now: u64) {
    if !store.is_empty() {
        return;
    }
    if let Err(reason) = load(store, file, now) {
        error!(msg = "load_banned_bootstrap_file_failed", reason, file = %file.display());
    }
}

fn load(store: &BanStore, file: &Path, now: u64) -> Result<(), String> {
    let table = read(file).map_err(|error| error.to_string())?;
    let list = read_ban_list(&table, now).map_err(|error| error.to_string())?;
    for row in &list.unusable {
        warn!(msg = "invalid_banned_items", file = %file.display(), line = row.line, problem = row.problem);
    }
    let (count, invalid) = (list.bans.len(), list.unusable_count);
    let refused = store.fill(list.bans).map_err(|error| error.to_string())?;
    if refused > 0 {
        warn!(msg = "too_many_banned_items", file = %file.display(), refused);
    }
    info!(msg = "load_banned_bootstrap_file_succeeded", file = %file.display(), count = count - refused, invalid);
    Ok(())
}

fn read(file: &Path) -> io::Result<Vec<u8>> {
    let mut table = Vec::new();
    File::open(file)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut table)?;
    if table.len() as u64 > FILE_BYTES_MAX {
        return Err(io::Error::other(format!("it is larger than {FILE_BYTES_MAX} bytes")));
    }
    Ok(table)
}
