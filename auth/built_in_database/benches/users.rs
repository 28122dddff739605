//! Many users: how long an import and a start take, what they take in memory, and how fast one is asked for.
//!
//! `cargo bench -p dunlin-auth-built-in-database`; with a number after `--` that many users instead of 200,000.
#![allow(clippy::disallowed_methods, reason = "a bench reads the clock; nothing else in this crate does")]

use dunlin_access::{Authenticator, ClientInfo, Credentials, Outcome, Password};
use dunlin_auth_built_in_database::{
    BuiltInAuthenticator, ImportFile, ImportFormat, OnExisting, PasswordForm, PasswordUsers, UserIdType,
};
use dunlin_passwords::{Algorithm, Digest, SaltPosition};
use dunlin_storage::metadata::MetadataStore;
use std::fmt::Write as _;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;

const SHA256: Algorithm = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);

/// Names the folder to the process that opens it.
const FOLDER: &str = "DUNLIN_USERS_FOLDER";

fn main() {
    let count = std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(200_000);
    if let Some(folder) = std::env::var_os(FOLDER) {
        return ask(Path::new(&folder), count);
    }
    let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("the folder can be written");
    let mut text = "user_id,password_hash,salt\n".to_owned();
    for number in 0..count {
        let salt = format!("{number:032x}");
        let hash = SHA256.hash(b"secret", salt.as_bytes()).expect("it can be hashed");
        writeln!(text, "device-{number:08},{hash},{salt}").expect("a string takes it");
    }
    let users = open(folder.path());
    let file = ImportFile { format: ImportFormat::Csv, passwords: PasswordForm::Hash, bytes: text.as_bytes() };
    let start = Instant::now();
    let report = users.import(&file, OnExisting::Replace, |_| {}).expect("all of them are users");
    println!("import of {} users in {:.2?}", report.added, start.elapsed());
    let start = Instant::now();
    for number in 0..100 {
        users.add(&format!("new-{number}"), "secret", false).expect("it is new");
    }
    println!("one more user: {:.2?}", start.elapsed() / 100);
    drop(users);
    // In a process of its own, which has no memory from the import.
    let this = std::env::current_exe().expect("it runs");
    let status = std::process::Command::new(this).arg(count.to_string()).env(FOLDER, folder.path()).status();
    assert!(status.expect("it can be started").success());
}

fn open(folder: &Path) -> Arc<PasswordUsers> {
    let (store, _) = MetadataStore::open_folder(folder).expect("the folder is free");
    Arc::new(PasswordUsers::new(Arc::new(store), "mqtt:global", SHA256))
}

fn ask(folder: &Path, count: u64) {
    let before_bytes = resident_bytes();
    let start = Instant::now();
    let users = open(folder);
    let opened = start.elapsed();
    let bytes = resident_bytes().saturating_sub(before_bytes);
    println!("opened in {opened:.2?}, {:.1} MB, {} bytes each with 15 of a name", bytes as f64 / 1e6, bytes / count);
    let authenticator = BuiltInAuthenticator::new(users, UserIdType::Username);
    let credentials: Vec<_> = (0..1_000)
        .map(|number| {
            let username = Some(format!("device-{:08}", number * 7_919 % count).into());
            let client = ClientInfo { username, ..ClientInfo::default() };
            Credentials { client, password: Some(Password::new(b"secret")) }
        })
        .collect();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("it can be built");
    let start = Instant::now();
    runtime.block_on(async {
        for credentials in credentials.iter().cycle().take(200_000) {
            let outcome = authenticator.authenticate(black_box(credentials)).await;
            assert!(matches!(outcome, Outcome::Allow(_)));
        }
    });
    println!("one login: {:.0} ns", start.elapsed().as_secs_f64() * 1e9 / 200_000.0);
}

fn resident_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<u64>().ok()).unwrap_or_default() * 1024
}
