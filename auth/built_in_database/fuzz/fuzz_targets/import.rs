//! Any bytes, as CSV and as JSON, with passwords and with hashes: no panic, and errors of one line that show no secret.
#![no_main]

use dunlin_auth_built_in_database::{ImportError, ImportFile, ImportFormat, PasswordForm};
use libfuzzer_sys::fuzz_target;

// The first byte chooses what the others are.
fuzz_target!(|input: &[u8]| {
    let Some((choice, bytes)) = input.split_first() else { return };
    let format = if choice & 1 == 0 { ImportFormat::Csv } else { ImportFormat::Json };
    let passwords = if choice & 2 == 0 { PasswordForm::Plain } else { PasswordForm::Hash };
    match (ImportFile { format, passwords, bytes }).check() {
        Ok(count) => assert!(count <= bytes.len()),
        Err(ImportError::InvalidRow(row)) => {
            // Only the name of a column that comes twice is shown.
            let is_short = row.to_string().len() < 120 || row.problem.starts_with("has the name");
            assert!(is_short, "{row}");
        }
        Err(error) => panic!("{error}"),
    }
});
