//! Keys, against a store in a folder.

use super::*;

fn keys() -> (tempfile::TempDir, ApiKeys) {
    let folder = tempfile::tempdir().unwrap();
    let metadata = Arc::new(MetadataStore::open_folder(folder.path()).unwrap().0);
    (folder, ApiKeys::new(metadata))
}

fn new(name: &str) -> NewApiKey {
    let scopes = Some(vec![Scope::Publish]);
    NewApiKey {
        name: name.into(),
        enable: true,
        expired_at: Some(100),
        desc: String::new(),
        role: Role::Viewer,
        scopes,
    }
}

#[test]
fn a_key_is_good_with_its_secret_while_it_is_enabled_and_has_not_ended() {
    let (_folder, keys) = keys();
    let (key, secret) = keys.create(new("a")).unwrap();
    assert_eq!(keys.check(&key.api_key, &secret, 100).as_ref(), Some(&key));
    for (api_key, secret, now) in [(&*key.api_key, "x", 100), ("x", &*secret, 100), (&*key.api_key, &*secret, 101)] {
        assert_eq!(keys.check(api_key, secret, now), None, "{api_key} {now}");
    }
    let change = ApiKeyChange { enable: Some(false), expired_at: Some(None), ..ApiKeyChange::default() };
    assert_eq!(keys.update("a", change).unwrap().expired_at, None);
    assert_eq!(keys.check(&key.api_key, &secret, 100), None);
    keys.update("a", ApiKeyChange { enable: Some(true), ..ApiKeyChange::default() }).unwrap();
    assert!(keys.check(&key.api_key, &secret, 1_000_000).is_some_and(|key| key.scopes == Some(vec![Scope::Publish])));
    keys.remove("a").unwrap();
    assert_eq!(keys.check(&key.api_key, &secret, 100), None);
    assert!(matches!(keys.remove("a"), Err(ApiKeyError::NotFound)));
}

#[test]
fn there_are_at_most_a_hundred() {
    let (_folder, keys) = keys();
    for name in ["1a", "", "a b", &"a".repeat(257)] {
        assert!(matches!(keys.create(new(name)), Err(ApiKeyError::BadName)), "{name}");
    }
    for number in 0..KEYS_MAX {
        keys.create(new(&format!("k{number}"))).unwrap();
    }
    assert!(matches!(keys.create(new("k0")), Err(ApiKeyError::AlreadyExists)));
    assert!(matches!(keys.create(new("more")), Err(ApiKeyError::TooMany)));
    assert_eq!(keys.all().len(), KEYS_MAX);
}

#[test]
fn what_a_file_says_counts() {
    let (folder, keys) = keys();
    let path = folder.path().join("keys");
    std::fs::write(&path, "known:first").unwrap();
    assert_eq!(keys.load_file(&path).unwrap(), 1);
    std::fs::write(&path, "known:second:viewer\n").unwrap();
    assert_eq!(keys.load_file(&path).unwrap(), 1);
    assert_eq!((keys.all().len(), keys.all()[0].role), (1, Role::Viewer));
    assert!(keys.check("known", "first", 1).is_none() && keys.check("known", "second", 1).is_some());
}
