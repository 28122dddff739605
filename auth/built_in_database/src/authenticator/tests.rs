//! Who comes in by a password, and who is somebody else's to know.

use super::*;
use crate::{DatabaseError, ImportFile, ImportFormat, OnExisting, PasswordForm, UserChange};
use dunlin_access::{Admission, BackendStatus, ClientInfo, Password};
use dunlin_passwords::{Algorithm, BcryptPassword, Digest, Pbkdf2Password, SaltPosition, StoredPassword};
use dunlin_storage::disk::SimulatedDisk;
use dunlin_storage::metadata::MetadataStore;

fn authenticator(algorithm: Algorithm, user_id_type: UserIdType) -> BuiltInAuthenticator {
    let (store, _) = MetadataStore::open(Arc::new(SimulatedDisk::new(1))).unwrap();
    let users = PasswordUsers::new(Arc::new(store), "mqtt:global", algorithm);
    users.add("alice", "secret", false).unwrap();
    users.add("root", "secret", true).unwrap();
    BuiltInAuthenticator::new(Arc::new(users), user_id_type)
}

async fn outcome(authenticator: &BuiltInAuthenticator, name: Option<&str>, password: Option<&[u8]>) -> Outcome {
    let (username, client_id) = match authenticator.user_id_type {
        UserIdType::Username => (name.map(Into::into), "c".into()),
        UserIdType::ClientId => (Some("u".into()), name.unwrap_or_default().into()),
    };
    let client = ClientInfo { username, client_id, ..ClientInfo::default() };
    authenticator.authenticate(&Credentials { client, password: password.map(Password::new) }).await
}

#[tokio::test]
async fn the_password_decides() {
    let bcrypt = Algorithm::Bcrypt(BcryptPassword::new(4).unwrap());
    for algorithm in [Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix), bcrypt] {
        for user_id_type in [UserIdType::Username, UserIdType::ClientId] {
            let authenticator = authenticator(algorithm, user_id_type);
            let ask = |name, password| outcome(&authenticator, name, password);
            assert_eq!(ask(Some("alice"), Some(b"secret")).await, Outcome::Allow(Box::default()));
            let root = Admission { is_superuser: true, ..Admission::default() };
            assert_eq!(ask(Some("root"), Some(b"secret")).await, Outcome::Allow(Box::new(root)));
            let denied = Outcome::Deny(ReasonCode::BadUserNameOrPassword);
            assert_eq!(ask(Some("alice"), Some(b"Secret")).await, denied);
            assert_eq!(ask(Some("alice"), Some(b"\xff\0")).await, denied);
            assert_eq!(ask(Some("alice"), None).await, denied);
            assert_eq!(ask(Some("Alice"), Some(b"secret")).await, Outcome::Ignore);
            assert_eq!(ask(None, Some(b"secret")).await, Outcome::Ignore);
        }
    }
}

/// Also where a hash came with more rounds than new ones have.
#[tokio::test]
async fn who_does_not_exist_costs_as_much_as_who_does() {
    let bcrypt = |rounds| Algorithm::Bcrypt(BcryptPassword::new(rounds).unwrap());
    let pbkdf2 = Algorithm::Pbkdf2(Pbkdf2Password::new(Digest::Sha256, 100, None).unwrap());
    let sha256 = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);
    for (algorithm, stored) in [(sha256, sha256), (pbkdf2, pbkdf2), (bcrypt(4), bcrypt(4)), (bcrypt(4), bcrypt(6))] {
        let authenticator = authenticator(algorithm, UserIdType::Username);
        let StoredPassword { hash, salt } = stored.create(b"secret", [7; 16]).unwrap();
        let file = format!("user_id,password_hash,salt,is_superuser\nann,{hash},{salt},false\n");
        let file = ImportFile { bytes: file.as_bytes(), format: ImportFormat::Csv, passwords: PasswordForm::Hash };
        authenticator.users().import(&file, OnExisting::Keep, |_| {}).unwrap();
        assert_eq!(outcome(&authenticator, Some("ann"), Some(b"secret")).await, Outcome::Allow(Box::default()));
        for name in [Some("ann"), Some("nobody"), None] {
            let before = authenticator.password_check().work();
            assert_ne!(outcome(&authenticator, name, Some(b"wrong")).await, Outcome::Allow(Box::default()));
            assert_eq!(authenticator.password_check().work() - before, stored.work(), "{name:?} {stored:?}");
        }
    }
}

#[tokio::test]
async fn a_change_counts_at_once() {
    let authenticator = authenticator(Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix), UserIdType::Username);
    authenticator.users().remove("alice").unwrap();
    assert_eq!(outcome(&authenticator, Some("alice"), Some(b"secret")).await, Outcome::Ignore);
    assert_eq!(authenticator.id(), "password_based:built_in_database");
    assert_eq!(authenticator.status(), BackendStatus::Connected);
}

/// Neither yes nor no: what that means is for the chain to say.
#[tokio::test]
async fn what_another_version_stored_is_a_failure() {
    let store = Arc::new(MetadataStore::open(Arc::new(SimulatedDisk::new(1))).unwrap().0);
    let algorithm = Algorithm::Digest(Digest::Sha256, SaltPosition::Prefix);
    let users = Arc::new(PasswordUsers::new(Arc::clone(&store), "mqtt:global", algorithm));
    store
        .change::<_, DatabaseError>(|_, batch| {
            batch.set("users/password/mqtt:global", b"alice", b"\x21?");
            Ok(())
        })
        .unwrap();
    let authenticator = BuiltInAuthenticator::new(Arc::clone(&users), UserIdType::Username);
    let failed = outcome(&authenticator, Some("alice"), Some(b"secret")).await;
    assert!(matches!(failed, Outcome::Failed(BackendFailure::BadAnswer(_))), "{failed:?}");
    let change = UserChange { password: Some("secret"), is_superuser: None };
    assert!(matches!(users.update("alice", change), Err(DatabaseError::Unreadable)));
    users.remove("alice").unwrap();
}
