//! What every key of authenticators and of sources of rules accepts, refuses, is by default and changes.

use crate::entry_row::Entry;
use crate::{authenticator_keys, load_text, source_keys};
use dunlin_config::{Change, Config, Effect, Loaded, SourceNode, changes};
use dunlin_hocon::write;
use std::collections::BTreeSet;

pub(crate) fn entries() -> Vec<Entry> {
    authenticator_keys::entries().into_iter().chain(source_keys::entries()).collect()
}

fn load(text: &str) -> Loaded {
    load_text(text).unwrap_or_else(|errors| panic!("{text}: {errors}"))
}

/// What the one entry is called.
fn id_of<'a>(config: &'a Config, list: &str) -> Vec<&'a str> {
    match list {
        "authentication" => config.authentication.iter().map(|entry| entry.id()).collect(),
        _ => config.authorization.sources.iter().map(|entry| entry.id()).collect(),
    }
}

#[test]
fn what_has_to_be_written_is_enough() {
    for entry in entries() {
        let text = entry.text(&[]);
        let loaded = load(&text);
        assert_eq!(id_of(&loaded.config, entry.list), [entry.id], "{text}");
        for row in entry.rows.iter().filter(|row| row.default != "required") {
            assert_eq!((row.field)(&loaded.config), row.default, "{text}: {}", row.key);
        }
    }
}

#[test]
fn what_has_to_be_written_is_missed() {
    for entry in entries() {
        for (key, _) in entry.required {
            let text = entry.text_without(key, &[]);
            let error = load_text(&text).expect_err(&text).to_string();
            // Without it, an entry is one of another kind, which misses other keys.
            let is_choice = ["mechanism", "backend", "type", "use_jwks", "mongo_type"].contains(key);
            let path = entry.path_of(key);
            assert!(is_choice || error.starts_with(&format!("dunlin.conf:1: `{path}` is missing")), "{text}: {error}");
            assert!(!error.contains("unknown key") || *key == "use_jwks" || *key == "mongo_type", "{text}: {error}");
        }
        let required: BTreeSet<_> =
            entry.rows.iter().filter(|row| row.default == "required").map(|row| row.key).collect();
        let written: BTreeSet<_> = entry.required.iter().map(|(key, _)| *key).collect();
        assert_eq!(required.difference(&written).collect::<Vec<_>>(), [&""; 0], "{}", entry.id);
    }
}

#[test]
fn good_values_are_read() {
    for entry in entries() {
        for row in &entry.rows {
            for (value, expected) in row.accepted {
                let text = entry.text_with(row, value);
                assert_eq!((row.field)(&load(&text).config), *expected, "{text}");
            }
        }
    }
}

#[test]
fn bad_values_are_refused_with_key_and_place() {
    for entry in entries() {
        for row in &entry.rows {
            for value in row.refused {
                let text = format!("\n{}", entry.text_with(row, value));
                let error = load_text(&text).expect_err(&text).to_string();
                let beginning = format!("dunlin.conf:2: `{}", entry.path_of(row.key));
                let is_unknown = format!("dunlin.conf:2: unknown key `{}", entry.path_of(row.key));
                let is_about_it = |line: &str| line.starts_with(&beginning) || line.starts_with(&is_unknown);
                assert!(error.lines().next().is_some_and(is_about_it), "{text}: {error}");
                // What cannot be read is missed by what it has to stand beside.
                assert!(error.lines().count() <= 2, "{text}: {error}");
            }
        }
    }
}

#[test]
fn a_key_that_does_not_exist_is_an_error() {
    for entry in entries() {
        let text = entry.text(&[("enabel", "true")]);
        let (key, meant) = (entry.path_of("enabel"), entry.path_of("enable"));
        let expected = format!("dunlin.conf:1: unknown key `{key}`; did you mean `{meant}`?");
        assert_eq!(load_text(&text).expect_err(&text).to_string(), expected);
    }
}

#[test]
fn a_change_of_any_key_counts_at_once() {
    for entry in entries() {
        for row in &entry.rows {
            let Ok(before) = load_text(&entry.text(row.beside)) else {
                assert!(!row.beside.is_empty(), "{}: they need each other", row.key);
                continue;
            };
            let before = before.config;
            assert_eq!(changes(&before, &before), []);
            for (value, _) in row.accepted {
                let after = load(&entry.text_with(row, value)).config;
                let change = Change { key: entry.list.to_owned(), effect: Effect::Live };
                let expected = if after == before { vec![] } else { vec![change] };
                assert_eq!(changes(&before, &after), expected, "{} {} {value}", entry.id, row.key);
            }
        }
    }
}

/// The one entry of a list, as it is shown.
fn shown<'a>(loaded: &'a Loaded, list: &str) -> &'a SourceNode {
    let path: Vec<_> = list.split('.').chain(["1"]).collect();
    loaded.effective.get(&path).unwrap_or_else(|| panic!("{list} is not shown"))
}

#[test]
fn what_is_shown_of_an_entry_is_what_is_in_effect() {
    for entry in entries() {
        for row in &entry.rows {
            for (value, expected) in row.accepted {
                let text = entry.text_with(row, value);
                let loaded = load(&text);
                let written = write(&loaded.effective);
                // Secrets and keys are not shown, so that they are others then, and so are headers.
                let is_hidden = ["Secret(***", "Inline(***"].iter().any(|hidden| expected.contains(hidden))
                    || ["secret", "headers"].iter().any(|key| text.contains(&format!("{key} = ")))
                    || ["password = p", "password = abc"].iter().any(|password| text.contains(password));
                let again = load(&written);
                assert!(is_hidden || again.config == loaded.config, "{text}\n{written}");
                assert_eq!(again.warnings.len(), loaded.warnings.len(), "{written}");
            }
        }
    }
}

#[test]
fn every_key_of_an_entry_that_is_shown_has_a_row() {
    for entry in entries() {
        let loaded = load(&entry.text(&[]));
        let rows: Vec<_> = entry.rows.iter().map(|row| row.key).collect();
        for (path, _) in shown(&loaded, entry.list).leaves() {
            let key = path.join(".");
            let has_row = rows.iter().any(|row| key == *row || key.starts_with(&format!("{row}.")));
            assert!(has_row || ["mechanism", "backend", "type"].contains(&key.as_str()), "{}: {key}", entry.id);
        }
        let missing: Vec<_> = entry.rows.iter().filter(|row| !has_no_default(row.default)).map(|row| row.key).collect();
        for key in missing {
            let path: Vec<_> = key.split('.').collect();
            assert!(shown(&loaded, entry.list).get(&path).is_some(), "{}: {key} is not shown", entry.id);
        }
    }
}

/// What is left out where nobody writes it, and where it is not there.
fn has_no_default(default: &str) -> bool {
    ["None", "required", "Host", "Path(Default", "Default(", "Hash {", "ReplicaSet {", "Single", "(false, ["]
        .iter()
        .any(|beginning| default.starts_with(beginning))
}

#[test]
fn every_key_of_an_entry_is_in_the_manual() {
    let manual = include_str!("../../../../docs/access-control-keys.md");
    let example = manual.split("```").nth(1).and_then(|block| block.strip_prefix("hocon")).expect("an example");
    assert_eq!(load(example).warnings, []);
    for entry in entries() {
        for row in &entry.rows {
            assert!(manual.contains(&format!("`{}`", row.key)), "{}: {}", entry.id, row.key);
        }
    }
}

#[test]
fn the_examples_of_the_guide_load() {
    let guide = include_str!("../../../../docs/access-control.md");
    let examples: Vec<_> = guide.split("```hocon\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    assert_eq!(examples.len(), 2);
    for example in examples {
        assert_eq!(load(example).warnings, []);
    }
}
