//! Bans survive what happens to the process, and disk and memory say the same.

use super::*;
use dunlin_banned::{Ban, BanFilter, MAX_PATTERNS, NotBanned, Terms, Who, WhoKind};
use dunlin_storage::metadata::MetadataStore;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

const NOW: u64 = 1_000_000;

fn ban(kind: WhoKind, who: &str, until: Option<u64>) -> Ban {
    let terms = Terms { by: "me".into(), reason: "".into(), at: 7, until };
    Ban { who: Who::parse(kind, who).expect("somebody"), terms }
}

fn open(folder: &Path, now: u64) -> BanStore {
    let (metadata, _) = MetadataStore::open_folder(folder).expect("a store");
    BanStore::load(Arc::new(metadata), now)
}

fn names(store: &BanStore, now: u64) -> Vec<String> {
    let page = store.page(&BanFilter::default(), 0, usize::MAX, now);
    page.bans.iter().map(|ban| format!("{}:{}", ban.who.kind().as_str(), ban.who.text())).collect()
}

#[test]
fn what_was_changed_is_there_after_a_start() {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path(), NOW);
    for (kind, who) in [
        (WhoKind::ClientId, "c1"),
        (WhoKind::UserName, "c1"),
        (WhoKind::PeerHost, "192.0.2.1"),
        (WhoKind::ClientIdPattern, "^a:b"),
        (WhoKind::PeerNetwork, "2001:db8::/32"),
    ] {
        store.add(ban(kind, who, None), false, NOW).expect("added");
    }
    let again = store.add(ban(WhoKind::ClientId, "c1", None), false, NOW);
    assert!(matches!(again, Err(BanError::NotBanned(NotBanned::AlreadyBanned(_)))), "{again:?}");
    store.add(ban(WhoKind::ClientId, "c1", Some(NOW + 5)), true, NOW).expect("replaced");
    assert!(store.remove(&Who::UserName("c1".into())).expect("removed"));
    assert!(!store.remove(&Who::UserName("c1".into())).expect("it was not there"));
    let expected = ["clientid:c1", "peerhost:192.0.2.1", "clientid_re:^a:b", "peerhost_net:2001:db8::/32"];
    assert_eq!(names(&store, NOW), expected);
    drop(store);
    let store = open(folder.path(), NOW);
    assert_eq!(names(&store, NOW), expected);
    assert_eq!(store.clear().expect("cleared"), 4);
    drop(store);
    assert!(open(folder.path(), NOW).is_empty());
}

#[test]
fn what_is_over_goes_from_memory_and_disk() {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path(), NOW);
    for (who, until) in [("short", Some(NOW + 1)), ("long", Some(NOW + 100)), ("ever", None)] {
        store.add(ban(WhoKind::ClientId, who, until), false, NOW).expect("added");
    }
    store.remove_over(NOW + 1).expect("removed");
    assert_eq!(store.bans().read(dunlin_banned::BanTable::len), 2);
    drop(store);
    let store = open(folder.path(), NOW + 100);
    assert_eq!(names(&store, 0), ["clientid:ever"]);
    drop(store);
    assert_eq!(names(&open(folder.path(), 0), 0), ["clientid:ever"], "it went from the disk too");
}

#[test]
fn bans_of_the_broker_are_written_before_the_upkeep_ends() {
    let folder = TempDir::new().expect("a folder");
    let store = Arc::new(open(folder.path(), NOW));
    let upkeep = BanUpkeep::start(Arc::clone(&store)).expect("a thread");
    let [kept, removed] = ["kept", "removed"].map(|who| ban(WhoKind::ClientId, who, None));
    store.bans().change(|table| table.add(kept.clone(), NOW)).expect("room");
    upkeep.keeper().keep(&kept);
    // Somebody was quicker.
    upkeep.keeper().keep(&removed);
    drop(upkeep);
    drop(Arc::into_inner(store).expect("the thread has ended"));
    assert_eq!(names(&open(folder.path(), NOW), NOW), ["clientid:kept"]);
}

#[test]
fn what_there_is_no_room_for_changes_nothing() {
    let folder = TempDir::new().expect("a folder");
    let store = open(folder.path(), NOW);
    let pattern = |number: usize| ban(WhoKind::ClientIdPattern, &format!("a{number:04}"), None);
    let refused = store.fill((0..MAX_PATTERNS + 2).map(pattern).collect()).expect("written");
    assert_eq!(refused, 2);
    for (one_more, replaces) in [(MAX_PATTERNS, false), (MAX_PATTERNS + 1, true)] {
        let added = store.add(pattern(one_more), replaces, NOW);
        assert!(matches!(added, Err(BanError::NotBanned(NotBanned::TooMany))), "{added:?}");
    }
    let expected = names(&store, NOW);
    assert_eq!(expected.len(), MAX_PATTERNS);
    drop(store);
    assert_eq!(names(&open(folder.path(), NOW), NOW), expected);
}

#[test]
fn a_file_counts_only_while_nobody_is_banned() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("bans.csv");
    fs::write(&file, "as,who,until\nclientid,c1,\nnobody,x,\nusername,u1,1970-01-02T00:00:00Z\n").expect("written");
    let store = open(&folder.path().join("metadata"), NOW);
    load_bootstrap_file(&store, &folder.path().join("missing.csv"), NOW);
    assert!(store.is_empty());
    load_bootstrap_file(&store, &file, NOW);
    assert_eq!(names(&store, NOW), ["clientid:c1"]);
    fs::write(&file, "as,who\nclientid,c2\n").expect("written");
    load_bootstrap_file(&store, &file, NOW);
    assert_eq!(names(&store, NOW), ["clientid:c1"]);
    drop(store);
    assert_eq!(names(&open(&folder.path().join("metadata"), NOW), NOW), ["clientid:c1"]);
}
