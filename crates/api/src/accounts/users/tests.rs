//! Users, against a store in a folder.

use super::*;

fn users() -> (tempfile::TempDir, Users) {
    let folder = tempfile::tempdir().unwrap();
    let metadata = Arc::new(MetadataStore::open_folder(folder.path()).unwrap().0);
    let default = DefaultUser { username: "admin".into(), password: Zeroizing::new("public".into()) };
    (folder, Users::new(metadata, default))
}

#[test]
fn the_default_user_is_there_until_its_password_is_changed() {
    let (_folder, users) = users();
    assert_eq!(users.all(), [shown_default("admin")]);
    assert!(matches!(users.check("admin", "public"), PasswordCheck::Right { is_default: true, .. }));
    assert!(matches!(users.set_password("admin", "public", 5), Err(UserError::NotAllowed(_))), "too short, and known");
    users.set_password("admin", "secret-1", 5).unwrap();
    assert_eq!(users.check("admin", "public"), PasswordCheck::Wrong);
    let expected = PasswordCheck::Right { is_default: false, changed_at: Some(5), totp: None };
    assert_eq!(users.check("admin", "secret-1"), expected);
    assert_eq!(users.all().len(), 1);
    assert!(matches!(users.remove("admin"), Err(UserError::Protected(_))));
    assert!(matches!(users.update("admin", Role::Viewer, ""), Err(UserError::Protected(_))));
}

#[test]
fn users_are_made_changed_and_removed() {
    let (_folder, users) = users();
    let ann = users.add("ann", "secret-1", Role::Viewer, "reads", 5).unwrap();
    assert_eq!((ann.role, &*ann.description, ann.mfa), (Role::Viewer, "reads", "none"));
    assert!(matches!(users.add("ann", "secret-1", Role::Viewer, "", 5), Err(UserError::AlreadyExists)));
    assert!(matches!(users.add("admin", "secret-1", Role::Viewer, "", 5), Err(UserError::AlreadyExists)));
    assert!(matches!(users.add("bob", "secret-1", Role::Publisher, "", 5), Err(UserError::NotAllowed(_))));
    assert_eq!(users.update("ann", Role::Administrator, "writes").unwrap().role, Role::Administrator);
    assert_eq!(users.find("ann").unwrap().description, "writes");
    users.remove("ann").unwrap();
    assert!(matches!(users.remove("ann"), Err(UserError::NotFound)));
    assert!(users.find("ann").is_none());
}

#[test]
fn a_second_factor_is_good_once() {
    let (_folder, users) = users();
    users.add("ann", "secret-1", Role::Viewer, "", 5).unwrap();
    users.begin_totp("ann").unwrap();
    assert!(matches!(users.begin_totp("ann"), Err(UserError::NotAllowed(_))));
    assert!(!users.use_totp("ann", "000000x", 1_000).unwrap());
    users.change("ann", |user| user.totp.as_mut().unwrap().secret = Hidden(b"12345678901234567890".to_vec())).unwrap();
    assert!(users.use_totp("ann", "287082", 59).unwrap() && !users.use_totp("ann", "287082", 59).unwrap());
    users.end_totp("ann").unwrap();
    assert_eq!(users.find("ann").unwrap().mfa, "disabled");
}
