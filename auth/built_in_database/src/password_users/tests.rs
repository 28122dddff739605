//! Users with passwords against a map, over crashes.

use super::*;
use crate::{ImportFormat, PageQuery, PasswordForm};
use dunlin_passwords::{Digest, SaltPosition};
use dunlin_storage::disk::SimulatedDisk;
use proptest::prelude::*;
use std::collections::BTreeMap;

const SHA256: Algorithm = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);

fn open(disk: &SimulatedDisk) -> Arc<MetadataStore> {
    Arc::new(MetadataStore::open(Arc::new(disk.clone())).expect("the disk is sound").0)
}

fn users() -> PasswordUsers {
    PasswordUsers::new(open(&SimulatedDisk::new(1)), "mqtt:global", SHA256)
}

fn knows(users: &PasswordUsers, user_id: &str, password: &str) -> bool {
    users.stored(user_id).flatten().is_some_and(|user| {
        users.algorithm().verify(password.as_bytes(), user.password.hash.as_bytes(), user.password.salt.as_bytes())
    })
}

fn import(users: &PasswordUsers, text: &str, passwords: PasswordForm, on_existing: OnExisting) -> ImportReport {
    let file = ImportFile { format: ImportFormat::Csv, passwords, bytes: text.as_bytes() };
    users.import(&file, on_existing, |_| {}).unwrap()
}

#[test]
fn users_are_added_changed_and_removed() {
    let users = users();
    let alice = User { user_id: "alice".into(), is_superuser: true };
    assert_eq!(users.add("alice", "secret", true).unwrap(), alice);
    assert!(matches!(users.add("alice", "other", false), Err(DatabaseError::AlreadyExists)));
    assert_eq!((users.get("alice"), users.get("bob")), (Some(alice), None));
    assert!(knows(&users, "alice", "secret") && !knows(&users, "alice", "other"));
    let change = UserChange { password: None, is_superuser: Some(false) };
    assert!(!users.update("alice", change).unwrap().is_superuser);
    assert!(knows(&users, "alice", "secret"), "the password is the same");
    let change = UserChange { password: Some("new"), is_superuser: None };
    assert!(!users.update("alice", change).unwrap().is_superuser);
    assert!(knows(&users, "alice", "new") && !knows(&users, "alice", "secret"));
    assert!(matches!(users.update("bob", change), Err(DatabaseError::NotFound)));
    users.remove("alice").unwrap();
    assert!(matches!(users.remove("alice"), Err(DatabaseError::NotFound)));
    for user_id in ["", &"a".repeat(65_536)] {
        assert!(matches!(users.add(user_id, "p", false), Err(DatabaseError::InvalidUserId)));
    }
    let too_long = "p".repeat(65_536);
    assert!(matches!(users.add("bob", &too_long, false), Err(DatabaseError::Password(_))));
}

#[test]
fn groups_do_not_know_each_other() {
    let store = open(&SimulatedDisk::new(1));
    let group = |name| PasswordUsers::new(Arc::clone(&store), name, SHA256);
    group("mqtt:global").add("alice", "p", false).unwrap();
    group("tcp:default").add("alice", "q", false).unwrap();
    group("mqtt:global").remove_all().unwrap();
    assert_eq!(group("mqtt:global").get("alice"), None);
    assert!(knows(&group("tcp:default"), "alice", "q"));
}

#[test]
fn lists_come_in_pages() {
    let users = users();
    for number in 0..25 {
        users.add(&format!("device-{number:02}"), "p", number % 10 == 0).unwrap();
    }
    let list = |page, limit, like: &str, is_superuser| {
        let page = users.list(&UserQuery { page: PageQuery { page, limit, like: like.into() }, is_superuser });
        let ids = page.data.iter().map(|user| user.user_id.rsplit('-').next().unwrap().to_owned()).collect::<Vec<_>>();
        (ids.join(" "), page.count, page.has_next)
    };
    assert_eq!(list(1, 3, "", None), ("00 01 02".into(), Some(25), true));
    assert_eq!(list(0, 1, "", None), ("00".into(), Some(25), true));
    assert_eq!(list(5, 5, "", None), ("20 21 22 23 24".into(), Some(25), false));
    assert_eq!(list(9, 5, "", None), ("".into(), Some(25), false));
    assert_eq!(list(usize::MAX, usize::MAX, "", None), ("".into(), Some(25), false));
    assert_eq!(list(1, 9, "ice-2", None), ("20 21 22 23 24".into(), None, false));
    assert_eq!(list(1, 2, "", Some(true)), ("00 10".into(), None, true));
    assert_eq!(list(1, 9, "0", Some(false)), ("01 02 03 04 05 06 07 08 09".into(), None, false));
}

#[test]
fn imports_add_keep_and_replace() {
    use OnExisting::{Keep, Replace};
    let users = users();
    users.add("alice", "old", false).unwrap();
    let text = "user_id,password,is_superuser\nalice,new,true\nbob,b,false\nbob,c,true";
    let report = import(&users, text, PasswordForm::Plain, Keep);
    assert_eq!(report, ImportReport { total: 3, added: 1, kept: 2, ..ImportReport::default() });
    assert!(knows(&users, "alice", "old") && knows(&users, "bob", "b"));
    let report = import(&users, text, PasswordForm::Plain, Replace);
    assert_eq!(report, ImportReport { total: 3, replaced: 3, ..ImportReport::default() });
    assert!(knows(&users, "alice", "new") && knows(&users, "bob", "c"), "the last one counts");

    let stored = SHA256.create(b"secret", [1; 16]).unwrap();
    let text = format!("user_id,password_hash,salt\ncarol,{},{}", stored.hash, stored.salt);
    let reports = [Replace, Replace, Keep].map(|on_existing| import(&users, &text, PasswordForm::Hash, on_existing));
    assert_eq!(reports.map(|report| (report.added, report.unchanged)), [(1, 0), (0, 1), (0, 1)]);
    assert!(knows(&users, "carol", "secret"));

    let file = ImportFile {
        format: ImportFormat::Csv,
        passwords: PasswordForm::Plain,
        bytes: b"user_id,password\ndave,p\n,p",
    };
    assert!(matches!(users.import(&file, Replace, |_| {}), Err(ImportError::InvalidRow(_))));
    assert_eq!(users.get("dave"), None, "a file with such a row is not used");
    assert_eq!(import(&users, "user_id,password\n", PasswordForm::Plain, Replace), ImportReport::default());
}

#[test]
fn many_users_come_in_portions_that_are_on_disk() {
    let disk = SimulatedDisk::new(1);
    let users = PasswordUsers::new(open(&disk), "mqtt:global", SHA256);
    let rows: String = (0..2_500).map(|number| format!("\n{number},p")).collect();
    // One of an earlier portion comes again.
    let text = format!("user_id,password{rows}\n7,q");
    let file = ImportFile { format: ImportFormat::Csv, passwords: PasswordForm::Plain, bytes: text.as_bytes() };
    let mut heard = Vec::new();
    let report =
        users.import(&file, OnExisting::Replace, |so_far| heard.push((so_far.added, so_far.replaced))).unwrap();
    assert_eq!(heard, [(1_000, 0), (2_000, 0), (2_500, 1)]);
    assert_eq!((report.total, report.added, report.replaced), (2_501, 2_500, 1));
    disk.crash();
    let users = PasswordUsers::new(open(&disk), "mqtt:global", SHA256);
    assert_eq!(users.list(&UserQuery::default()).count, Some(2_500));
    assert!(knows(&users, "7", "q") && knows(&users, "2499", "p"));
}

#[test]
fn a_bootstrap_file_can_be_read_at_every_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("users.json");
    std::fs::write(&file, r#"[{"user_id": "alice", "password": "p"}, {"user_id": "bob", "password": "p"}]"#).unwrap();
    let users = users();
    users.add("alice", "mine", true).unwrap();
    let report = users.bootstrap(&file, PasswordForm::Plain).unwrap();
    assert_eq!((report.added, report.kept), (1, 1));
    assert!(knows(&users, "alice", "mine") && knows(&users, "bob", "p"));
    assert_eq!(users.bootstrap(&file, PasswordForm::Plain).unwrap().kept, 2);

    let error = |name: &str| users.bootstrap(&folder.path().join(name), PasswordForm::Hash).unwrap_err().to_string();
    assert!(error("users.txt").contains("ends neither in .csv nor in .json"));
    assert!(error("none.csv").contains("none.csv: No such file"));
    assert!(
        error("users.json").ends_with("users.json: entry 1: `password_hash` is missing"),
        "{}",
        error("users.json")
    );
}

#[derive(Clone, Debug)]
enum Operation {
    Add(u8, u8, bool),
    Update(u8, Option<u8>, Option<bool>),
    Remove(u8),
    Import(Vec<(u8, u8)>, bool),
    Crash,
    CutPower(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
    let (user, password) = (0..6_u8, 0..3_u8);
    prop_oneof![
        4 => (user.clone(), password.clone(), any::<bool>()).prop_map(|(u, p, s)| Operation::Add(u, p, s)),
        3 => (user.clone(), prop::option::of(password.clone()), prop::option::of(any::<bool>()))
            .prop_map(|(u, p, s)| Operation::Update(u, p, s)),
        2 => user.clone().prop_map(Operation::Remove),
        2 => (prop::collection::vec((user, password), 0..5), any::<bool>()).prop_map(|(u, r)| Operation::Import(u, r)),
        2 => Just(Operation::Crash),
        1 => (1..6_u64).prop_map(Operation::CutPower),
    ]
}

/// Password and superuser of each user.
type Model = BTreeMap<u8, (u8, bool)>;

/// What an operation makes of a model; `None` where it must be refused.
fn apply(model: &Model, operation: &Operation) -> Option<Model> {
    let mut after = model.clone();
    match operation {
        Operation::Add(user, password, is_superuser) => {
            if after.insert(*user, (*password, *is_superuser)).is_some() {
                return None;
            }
        }
        Operation::Update(user, password, is_superuser) => {
            let user = after.get_mut(user)?;
            *user = (password.unwrap_or(user.0), is_superuser.unwrap_or(user.1));
        }
        Operation::Remove(user) => drop(after.remove(user)?),
        Operation::Import(list, replace) => {
            for (user, password) in list {
                if *replace || !after.contains_key(user) {
                    after.insert(*user, (*password, false));
                }
            }
        }
        Operation::Crash | Operation::CutPower(_) => {}
    }
    Some(after)
}

fn run(users: &PasswordUsers, operation: &Operation) -> Result<(), String> {
    let name = |user: u8| user.to_string();
    match operation {
        Operation::Add(user, password, is_superuser) => {
            users.add(&name(*user), &name(*password), *is_superuser).map(drop).map_err(|error| error.to_string())
        }
        Operation::Update(user, password, is_superuser) => {
            let password = password.map(name);
            let change = UserChange { password: password.as_deref(), is_superuser: *is_superuser };
            users.update(&name(*user), change).map(drop).map_err(|error| error.to_string())
        }
        Operation::Remove(user) => users.remove(&name(*user)).map_err(|error| error.to_string()),
        Operation::Import(list, replace) => {
            let rows = list.iter().map(|(user, password)| format!("\n{user},{password}")).collect::<String>();
            let text = format!("user_id,password{rows}");
            let on_existing = if *replace { OnExisting::Replace } else { OnExisting::Keep };
            let file = ImportFile { format: ImportFormat::Csv, passwords: PasswordForm::Plain, bytes: text.as_bytes() };
            users.import(&file, on_existing, |_| {}).map(drop).map_err(|error| error.to_string())
        }
        Operation::Crash | Operation::CutPower(_) => Ok(()),
    }
}

fn is_model(users: &PasswordUsers, model: &Model) -> bool {
    let listed = users.list(&UserQuery::default()).data;
    let is_listed = |(user, (password, is_superuser)): (&u8, &(u8, bool))| {
        let expected = User { user_id: user.to_string(), is_superuser: *is_superuser };
        listed.contains(&expected)
            && (0..3_u8).all(|other| knows(users, &expected.user_id, &other.to_string()) == (other == *password))
    };
    listed.len() == model.len() && model.iter().all(is_listed)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn users_are_what_a_map_would_be(seed: u64, operations in prop::collection::vec(operation(), 1..40)) {
        let disk = SimulatedDisk::new(seed);
        let group = |disk| PasswordUsers::new(open(disk), "mqtt:global", SHA256);
        let (mut users, mut model) = (group(&disk), Model::new());
        for operation in operations {
            let after = apply(&model, &operation);
            let is_done = run(&users, &operation).is_ok();
            match &operation {
                Operation::Crash => {
                    disk.crash();
                    users = group(&disk);
                }
                Operation::CutPower(nth) => disk.cut_power_at(*nth),
                _ if !is_done && disk.is_without_power() => {
                    disk.crash();
                    users = group(&disk);
                    let after = after.unwrap_or_else(|| model.clone());
                    prop_assert!(is_model(&users, &model) || is_model(&users, &after), "{:?}", operation);
                    model = if is_model(&users, &after) { after } else { model };
                }
                _ => {
                    prop_assert_eq!(is_done, after.is_some(), "{:?}", operation);
                    model = after.unwrap_or(model);
                }
            }
            prop_assert!(is_model(&users, &model), "{:?}", operation);
        }
    }
}
