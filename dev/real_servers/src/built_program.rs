//! Programs that `make servers` builds.

use std::env;
use std::ffi::OsString;
use std::path::PathBuf;

/// Where `make servers` has put a program; `None` where it has not.
pub(crate) fn built_program(name: &str) -> Option<String> {
    let cache = env::var_os("XDG_CACHE_HOME").map(PathBuf::from).unwrap_or_else(|| {
        PathBuf::from(env::var_os("HOME").unwrap_or_else(|| OsString::from("/root"))).join(".cache")
    });
    let built = cache.join("dunlin/tools/bin").join(name);
    built.exists().then(|| built.display().to_string())
}
