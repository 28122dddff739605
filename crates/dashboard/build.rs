//! Writes down what is in `dashboard/dist`, so that it gets into the binary. Without it, which is how a checkout comes, there is
//! nothing, and the crate says how to build it: Rust alone is enough to build the broker.

use std::fmt::Write as _;
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::{env, fs, io};

/// Files beside others that are the same, packed.
const PACKED: &str = "gz";

fn main() -> io::Result<()> {
    let manifest = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let folder = manifest.join("../../dashboard/dist");
    println!("cargo::rerun-if-changed={}", folder.display());
    let mut files = Vec::new();
    if folder.is_dir() {
        collect(&folder, &mut files)?;
    }
    files.sort();
    let mut code = String::from("&[\n");
    for file in &files {
        add(&mut code, &folder, file)?;
    }
    code.push(']');
    let target = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default()).join("assets.rs");
    fs::write(target, code)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let is_hidden = path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'));
        if path.is_dir() {
            collect(&path, files)?;
        } else if !is_hidden && path.extension().is_none_or(|extension| extension != PACKED) {
            files.push(path);
        }
    }
    Ok(())
}

fn add(code: &mut String, folder: &Path, file: &Path) -> io::Result<()> {
    let file = fs::canonicalize(file)?;
    let folder = fs::canonicalize(folder)?;
    let path = file.strip_prefix(&folder).unwrap_or(&file).to_string_lossy().into_owned();
    let mut packed = file.clone().into_os_string();
    packed.push(".");
    packed.push(PACKED);
    let packed = PathBuf::from(packed);
    let packed = if packed.is_file() { format!("Some(include_bytes!({packed:?}))") } else { "None".to_owned() };
    let mut hasher = DefaultHasher::new();
    hasher.write(&fs::read(&file)?);
    let tag = format!("\"{:016x}\"", hasher.finish());
    let line = writeln!(
        code,
        "    Asset {{ path: {path:?}, bytes: include_bytes!({file:?}), packed: {packed}, entity_tag: {tag:?} }},"
    );
    line.map_err(io::Error::other)
}
