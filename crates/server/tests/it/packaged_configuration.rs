//! The configuration file that packages and images install says the truth about defaults.

use dunlin_config::{Config, Loaded, load};
use std::path::PathBuf;

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../deploy/dunlin.conf");

/// A line that is a key with its default: `#mqtt.max_inflight = 32`. Prose has a space behind the `#`.
fn shown_default(line: &str) -> Option<&str> {
    let shown = line.strip_prefix('#')?;
    (!shown.starts_with(' ') && !shown.is_empty()).then_some(shown)
}

fn read(text: &str) -> Loaded {
    let mut loaded = load(text, "dunlin.conf", []).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.warnings, [], "{text}");
    // Where a file is, is nothing that it says.
    loaded.config.etc_dir = None;
    loaded
}

/// The defaults with the values that packages choose themselves.
fn expected() -> Config {
    let mut config = Config::default();
    config.node.data_dir = PathBuf::from("/var/lib/dunlin");
    config.dashboard.http.bind = Some(([0, 0, 0, 0], 18083).into());
    // Which is where the log is, too.
    for file in config.log.files.values_mut() {
        file.path = config.node.data_dir.join("log/dunlin.log");
    }
    config.log.audit.path = config.node.data_dir.join("log/audit.log");
    config
}

#[test]
fn as_it_is_it_changes_the_data_folder_and_the_address_of_the_api_and_nothing_else() {
    let text = std::fs::read_to_string(FILE).unwrap();
    assert_eq!(read(&text).config, expected());
}

#[test]
fn every_key_it_shows_exists_and_has_that_default() {
    let text = std::fs::read_to_string(FILE).unwrap();
    let shown: Vec<&str> = text.lines().filter_map(shown_default).collect();
    assert!(shown.len() > 30, "{shown:?}");
    for line in &shown {
        // An unknown key would be an error, one that nothing acts upon a warning.
        assert_eq!(read(line).config, Config::default(), "{line}");
    }
    let all: String = text.lines().map(|line| shown_default(line).unwrap_or(line).to_owned() + "\n").collect();
    assert_eq!(read(&all).config, expected());
    let wrong = all.replace("mqtt.max_inflight = 32", "mqtt.max_inflight = 31");
    assert_ne!(read(&wrong).config, expected(), "the comparison sees a wrong default");
}
