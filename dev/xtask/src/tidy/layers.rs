//! The layer law: which crate may depend on which. ARCHITECTURE.md draws it; this table is what is enforced.

use super::Findings;
use crate::workspace::{Manifest, Workspace};

/// Layers from the bottom up; a crate may depend on crates of lower layers. Crates to come have their place already.
const LAYERS: [&[&str]; 6] = [
    &["prefetch", "model", "topic", "codec", "telemetry", "hocon", "expression"],
    &["session", "router", "inbox", "access", "banned", "limits", "passwords", "rewrite", "rules", "schema"],
    &[
        "transport",
        "tls",
        "tls_psk",
        "websocket",
        "proxy_protocol",
        "quic",
        "opentelemetry",
        "storage",
        "retained",
        "delayed",
        "allocator",
        "cluster",
    ],
    &["broker", "layers", "connector", "gateway", "auth_backend", "auth_http_client", "mqtt_client"],
    &[
        "config",
        "api",
        "dashboard",
        "auth_built_in_database",
        "auth_mysql",
        "auth_postgresql",
        "auth_mongodb",
        "auth_redis",
        "auth_http",
        "auth_jwt",
        "auth_ldap",
    ],
    &["server", "bench"],
];

/// Arrows within a layer: everybody at the bottom may use the nouns, and whatever shakes hands fails in the words of TLS.
const WITHIN_LAYER: [(&str, &str); 8] = [
    ("model", "prefetch"),
    ("topic", "model"),
    ("codec", "model"),
    ("telemetry", "model"),
    ("quic", "tls"),
    ("tls_psk", "tls"),
    ("auth_http_client", "auth_backend"),
    ("expression", "topic"),
];

/// Layers below this one are pure: no socket, no file, no clock, no runtime.
const FIRST_IMPURE_LAYER: usize = 2;

/// Crates that bring what a pure layer must not have.
const IMPURE_CRATES: [&str; 18] = [
    "async-std",
    "crossbeam-channel",
    "futures",
    "hyper",
    "libc",
    "mio",
    "nix",
    "polling",
    "quinn",
    "rand",
    "reqwest",
    "rustix",
    "rustls",
    "signal-hook",
    "smol",
    "socket2",
    "tempfile",
    "tokio",
];

/// Names of the standard library that a pure layer must not have.
const IMPURE_NAMES: [&str; 9] = [
    "std::fs",
    "std::process",
    "std::thread",
    "std::env",
    "TcpStream",
    "TcpListener",
    "UdpSocket",
    "Instant::now",
    "SystemTime::now",
];

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) {
    for manifest in &workspace.manifests {
        let Some(folder) = crate_folder(&manifest.path) else { continue };
        let Some(layer) = layer_of(&folder) else {
            findings.error(&manifest.path, "has no layer: give it one in dev/xtask/src/tidy/layers.rs");
            continue;
        };
        for dependency in dependencies(manifest) {
            check_dependency(&folder, layer, &dependency, manifest, findings);
        }
    }
    check_sources(workspace, findings);
}

fn check_dependency(folder: &str, layer: usize, dependency: &Dependency, manifest: &Manifest, findings: &mut Findings) {
    let place = format!("{}:{}", manifest.path, dependency.line);
    let Some(other) = dependency.name.strip_prefix("dunlin-") else {
        if layer < FIRST_IMPURE_LAYER && !dependency.is_for_tests && IMPURE_CRATES.contains(&dependency.name.as_str()) {
            findings.error(&place, &format!("layer {layer} is pure and cannot use `{}`", dependency.name));
        }
        return;
    };
    // A folder has `_` where a package has `-`.
    let other = &*other.replace('-', "_");
    let is_lower = layer_of(other).is_some_and(|other| other < layer);
    let is_test_support = dependency.is_for_tests && ["testkit", "real_servers"].contains(&other);
    if !is_lower && !is_test_support && !WITHIN_LAYER.contains(&(folder, other)) {
        findings
            .error(&place, &format!("`{folder}` (layer {layer}) cannot depend on `{other}`: arrows point down only"));
    }
}

fn check_sources(workspace: &Workspace, findings: &mut Findings) {
    for source in &workspace.sources {
        let layer = source.path.split('/').nth(1).and_then(layer_of);
        if !source.path.starts_with("crates/") || layer.is_none_or(|layer| layer >= FIRST_IMPURE_LAYER) {
            continue;
        }
        for (number, line) in source.product_lines() {
            for name in IMPURE_NAMES.iter().filter(|name| line.code.contains(**name)) {
                findings.error(&format!("{}:{number}", source.path), &format!("a pure layer cannot use `{name}`"));
            }
        }
    }
}

/// By a folder's name or a package's, which have `_` and `-` in the same places.
fn layer_of(name: &str) -> Option<usize> {
    let name = name.replace('-', "_");
    LAYERS.iter().position(|layer| layer.iter().any(|known| known.replace('-', "_") == name))
}

/// `session` for `crates/session/Cargo.toml`, `auth_http` for `auth/http/Cargo.toml`. What stands deeper is a workspace of its
/// own (fuzz targets), and dev/ is free.
fn crate_folder(path: &str) -> Option<String> {
    let (parent, folder) = path.strip_suffix("/Cargo.toml")?.split_once('/')?;
    match parent {
        "crates" if !folder.contains('/') => Some(folder.to_owned()),
        "auth" if !folder.contains('/') => Some(format!("auth_{folder}")),
        _ => None,
    }
}

#[derive(Debug, PartialEq)]
struct Dependency {
    name: String,
    line: usize,
    is_for_tests: bool,
}

/// The dependencies of a manifest, in either spelling: a line under `[dependencies]`, or `[dependencies.name]`.
fn dependencies(manifest: &Manifest) -> Vec<Dependency> {
    let mut found = Vec::new();
    let mut section = None;
    for (index, line) in manifest.text.lines().enumerate() {
        let line = line.trim();
        let mut name = None;
        if let Some(header) = line.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            let (table, own_name) = match header.rsplit_once("dependencies.") {
                Some((table, own_name)) => (format!("{table}dependencies"), Some(own_name)),
                None => (header.to_owned(), None),
            };
            section = table.ends_with("dependencies").then(|| table.ends_with("dev-dependencies"));
            name = own_name.filter(|_| section.is_some());
        } else if section.is_some() && !line.starts_with('#') {
            name = line.split(['=', '.']).next().filter(|_| line.contains('='));
        }
        if let (Some(name), Some(is_for_tests)) = (name, section) {
            let name = name.trim().trim_matches('"').to_owned();
            found.push(Dependency { name, line: index + 1, is_for_tests });
            // The keys of `[dependencies.name]` are no dependencies.
            section = section.filter(|_| !line.starts_with('['));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(path: &str, text: &str) -> Manifest {
        Manifest { path: path.into(), text: text.into() }
    }

    fn errors(path: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        let root = std::path::PathBuf::new();
        let workspace = Workspace { root, sources: Vec::new(), manifests: vec![manifest(path, text)] };
        check(&workspace, &mut findings);
        findings.errors
    }

    #[test]
    fn dependencies_are_found_in_every_spelling() {
        let text = "[package]\nname = \"x\"\n[dependencies]\na.workspace = true\nb = \"1\"\n\n[dependencies.c]\n\
                    version = \"1\"\n[target.'cfg(unix)'.dependencies]\nd = { version = \"1\" }\n[dev-dependencies]\ne = \"1\"\n";
        let found: Vec<_> =
            dependencies(&manifest("", text)).into_iter().map(|d| (d.name, d.line, d.is_for_tests)).collect();
        let expected = [("a", 4, false), ("b", 5, false), ("c", 7, false), ("d", 10, false), ("e", 12, true)];
        assert_eq!(found, expected.map(|(name, line, tests)| (name.to_owned(), line, tests)));
    }

    #[test]
    fn arrows_point_down() {
        let path = "crates/session/Cargo.toml";
        assert_eq!(errors(path, "[dependencies]\ndunlin-model.workspace = true\n"), [""; 0]);
        assert_eq!(errors(path, "[dev-dependencies]\ndunlin-testkit.workspace = true\ntokio = \"1\"\n"), [""; 0]);
        for refused in ["dunlin-router", "dunlin-broker", "dunlin-testkit", "mio"] {
            assert_eq!(errors(path, &format!("[dependencies]\n{refused} = \"1\"\n")).len(), 1, "{refused}");
        }
        assert_eq!(
            errors("crates/broker/Cargo.toml", "[dependencies]\nmio = \"1\"\ndunlin-session = \"1\"\n"),
            [""; 0]
        );
        assert_eq!(errors("crates/codec/Cargo.toml", "[dependencies]\ndunlin-model = \"1\"\n"), [""; 0]);
        assert_eq!(errors("crates/codec/fuzz/Cargo.toml", "[dependencies]\ndunlin-broker = \"1\"\n"), [""; 0]);
        assert_eq!(
            errors("crates/layers/Cargo.toml", "[dependencies]\ndunlin-proxy-protocol = \"1\"\n"),
            [""; 0],
            "a package has `-` where its folder has `_`"
        );
        assert_eq!(errors("crates/proxy_protocol/Cargo.toml", "[dependencies]\ndunlin-layers = \"1\"\n").len(), 1);
        assert_eq!(errors("crates/strange/Cargo.toml", "").len(), 1);
        let back_end = "[dependencies]\ndunlin-auth-backend = \"1\"\n[dev-dependencies]\ndunlin-real-servers = \"1\"\n";
        assert_eq!(errors("auth/mysql/Cargo.toml", back_end), [""; 0]);
        assert_eq!(errors("auth/mysql/Cargo.toml", "[dependencies]\ndunlin-auth-postgresql = \"1\"\n").len(), 1);
        assert_eq!(errors("auth/strange/Cargo.toml", "").len(), 1);
    }
}
