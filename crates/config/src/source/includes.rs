//! Files that a text includes.

use dunlin_hocon::{IncludeRequest, Included, Limits};
use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// Reads a file beside the one that includes it.
pub(super) fn include(request: &IncludeRequest<'_>) -> Result<Option<Included>, String> {
    let folder = Path::new(request.from).parent().unwrap_or(Path::new(""));
    let path = folder.join(request.path);
    match read(&path) {
        Ok((path, text)) => Ok(Some(Included { name: path.display().to_string(), text })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(format!("{}: {error}", path.display())),
    }
}

/// The text of a file and the one name that it has by whatever way it is reached. Not more than the reader would take: a
/// device may never end.
fn read(path: &Path) -> std::io::Result<(PathBuf, String)> {
    let path = path.canonicalize()?;
    let limit = Limits::default().max_text_bytes as u64;
    let mut text = String::new();
    File::open(&path)?.take(limit + 1).read_to_string(&mut text)?;
    Ok((path, text))
}
