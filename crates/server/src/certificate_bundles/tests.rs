//! Bundles are kept whole, for their owner alone, and only where they can be used.

use super::{BundleError, BundleFolder, BundleId};
use dunlin_tls::BundleFile::{self, Authorities, Chain, Key, KeyPassword};
use dunlin_tls::SelfSigned;
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use tempfile::TempDir;

fn pair() -> [(BundleFile, String); 2] {
    let made = SelfSigned::generate(&["localhost".into()], crate::calendar::now()).unwrap();
    [(Chain, made.certificate_pem), (Key, made.key_pem)]
}

fn folder() -> (TempDir, BundleFolder) {
    let data_dir = tempfile::tempdir().unwrap();
    let folder = BundleFolder::below(data_dir.path());
    (data_dir, folder)
}

fn id(name: &str) -> BundleId<'_> {
    BundleId::new(None, name).unwrap()
}

#[test]
fn a_bundle_is_kept_for_its_owner_only() {
    let (data_dir, folder) = folder();
    assert_eq!(folder.list(None).unwrap(), [""; 0]);
    assert!(matches!(folder.files(id("a")), Err(BundleError::NotFound)));
    folder.put(id("b"), &BTreeMap::from(pair())).unwrap();
    folder.put(id("a"), &BTreeMap::from(pair())).unwrap();
    let of_namespace = BundleId::new(Some("site"), "a").unwrap();
    folder.put(of_namespace, &BTreeMap::from(pair())).unwrap();
    assert_eq!(
        (folder.list(None).unwrap(), folder.list(Some("site")).unwrap()),
        (vec!["a".into(), "b".into()], vec!["a".to_owned()])
    );
    assert_eq!(folder.list(Some("other")).unwrap(), [""; 0]);
    let files = folder.files(id("a")).unwrap();
    assert_eq!(files.keys().copied().collect::<Vec<_>>(), [Key, Chain]);
    assert_eq!(files[&Key], data_dir.path().join("certs2/global/a/key.pem"));
    for path in files.values() {
        assert_eq!(fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(fs::metadata(path.parent().unwrap()).unwrap().permissions().mode() & 0o777, 0o700);
    }
    folder.delete(id("a"), None).unwrap();
    folder.delete(id("a"), None).unwrap();
    assert_eq!(folder.list(None).unwrap(), ["b"]);
}

#[test]
fn parts_take_the_place_of_parts_and_the_others_stay() {
    let (data_dir, folder) = folder();
    let [chain, key] = pair();
    folder.put(id("a"), &BTreeMap::from([chain.clone(), key.clone()])).unwrap();
    folder.put(id("a"), &BTreeMap::from([(Authorities, chain.1)])).unwrap();
    let files = folder.files(id("a")).unwrap();
    assert_eq!(files.keys().copied().collect::<Vec<_>>(), [Key, Chain, Authorities]);
    assert_eq!(fs::read_to_string(&files[&Key]).unwrap(), key.1);
    // Half of another pair is refused, and nothing has changed.
    let [other_chain, other_key] = pair();
    let error = folder.put(id("a"), &BTreeMap::from([other_key.clone()])).unwrap_err().to_string();
    assert!(error.starts_with("key: the key in the request is not the key of the certificate in "), "{error}");
    assert_eq!(fs::read_to_string(&files[&Key]).unwrap(), key.1);
    folder.put(id("a"), &BTreeMap::from([other_chain, other_key.clone()])).unwrap();
    assert_eq!(fs::read_to_string(&files[&Key]).unwrap(), other_key.1);
    folder.delete(id("a"), Some(Authorities)).unwrap();
    folder.delete(id("a"), Some(KeyPassword)).unwrap();
    assert_eq!(folder.files(id("a")).unwrap().keys().copied().collect::<Vec<_>>(), [Key, Chain]);
    let left: Vec<_> = fs::read_dir(data_dir.path().join("certs2/global")).unwrap().flatten().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_cannot_be_used_is_not_kept() {
    let (data_dir, folder) = folder();
    let refused = |parts: &[(BundleFile, &str)]| {
        let parts = parts.iter().map(|(file, text)| (*file, (*text).to_owned())).collect();
        folder.put(id("a"), &parts).unwrap_err().to_string()
    };
    assert!(refused(&[(Key, "MIIE")]).starts_with("key: the request holds no private key"));
    assert!(refused(&[(Chain, "MIIE")]).starts_with("chain: the request holds no certificate"));
    assert!(refused(&[(Authorities, "")]).starts_with("ca: the request holds no certificate"));
    let large = "x".repeat((1 << 20) + 1);
    assert_eq!(refused(&[(Chain, &large)]), "chain.pem: 1048577 bytes, where 1048576 are allowed");
    assert!(!data_dir.path().join("certs2").exists());
    for name in ["", ".", "..", "a/b", ".a", "-a", "a b", &"a".repeat(201)] {
        assert!(matches!(BundleId::new(None, name), Err(BundleError::BadName(_))), "{name}");
        assert!(BundleId::new(Some(name), "a").is_err() && folder.list(Some(name)).is_err(), "{name}");
    }
}
