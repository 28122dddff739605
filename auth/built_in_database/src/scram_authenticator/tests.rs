//! Whole exchanges, with a client of our own: RFC 5802 §3 from the other side.

use super::*;
use crate::{ImportError, ImportFile, ImportFormat, OnExisting, PasswordForm, User, UserChange};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use dunlin_access::ExchangeStep;
use dunlin_model::ReasonCode;
use dunlin_passwords::ScramMechanism;
use dunlin_storage::disk::SimulatedDisk;
use dunlin_storage::metadata::MetadataStore;
use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest as _, Sha256, Sha512};
use std::pin::pin;
use std::task::{Context, Poll, Waker};

const CLIENT_FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";

fn store(disk: &SimulatedDisk) -> Arc<MetadataStore> {
    Arc::new(MetadataStore::open(Arc::new(disk.clone())).unwrap().0)
}

fn scram(store: &Arc<MetadataStore>, mechanism: ScramMechanism) -> ScramAuthenticator {
    let users = ScramUsers::new(Arc::clone(store), "mqtt:global", mechanism, 16).unwrap();
    ScramAuthenticator::new(Arc::new(users)).unwrap()
}

/// HMAC and hash of a mechanism.
fn digests(mechanism: ScramMechanism, key: &[u8], message: &[u8]) -> (Vec<u8>, Vec<u8>) {
    fn mac<M: Mac + KeyInit>(key: &[u8], message: &[u8]) -> Vec<u8> {
        let mac = <M as KeyInit>::new_from_slice(key).expect("a key may have any length");
        mac.chain_update(message).finalize().into_bytes().to_vec()
    }
    match mechanism {
        ScramMechanism::Sha256 => (mac::<Hmac<Sha256>>(key, message), Sha256::digest(message).to_vec()),
        ScramMechanism::Sha512 => (mac::<Hmac<Sha512>>(key, message), Sha512::digest(message).to_vec()),
    }
}

/// What a client answers that thinks it knows the password.
fn answer(mechanism: ScramMechanism, password: &str, client_first: &str, question: &str) -> String {
    let hmac = |key: &[u8], message: &[u8]| digests(mechanism, key, message).0;
    let attribute = |name| question.split(',').find_map(|attribute| attribute.strip_prefix(name)).unwrap().to_owned();
    let salt = STANDARD.decode(attribute("s=")).unwrap();
    // PBKDF2 with one block (RFC 8018 §5.2), which is the Hi of RFC 5802 §2.2.
    let mut block = hmac(password.as_bytes(), &[&salt[..], &[0, 0, 0, 1]].concat());
    let mut salted = block.clone();
    for _ in 1..attribute("i=").parse::<u32>().unwrap() {
        block = hmac(password.as_bytes(), &block);
        salted.iter_mut().zip(&block).for_each(|(byte, other)| *byte ^= other);
    }
    let bare = client_first.strip_prefix("n,,").unwrap();
    let without_proof = format!("c=biws,r={}", attribute("r="));
    let client_key = hmac(&salted, b"Client Key");
    let stored_key = digests(mechanism, b"", &client_key).1;
    let signature = hmac(&stored_key, format!("{bare},{question},{without_proof}").as_bytes());
    let proof: Vec<u8> = client_key.iter().zip(signature).map(|(key, signature)| key ^ signature).collect();
    format!("{without_proof},p={}", STANDARD.encode(proof))
}

fn begin(scram: &ScramAuthenticator) -> Box<dyn Exchange> {
    scram.exchange(scram.users().mechanism().name(), &ClientInfo::default()).unwrap()
}

/// A step, which waits for nobody.
fn step(exchange: &mut Box<dyn Exchange>, data: &[u8]) -> ExchangeStep {
    match pin!(exchange.step(data)).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(said) => said,
        Poll::Pending => panic!("all is in memory"),
    }
}

/// What a client is asked, and whether it is known.
fn question(said: ExchangeStep) -> (String, bool) {
    let (question, is_known) = match said {
        ExchangeStep::Ask(question) => (question, true),
        ExchangeStep::Unknown(question) => (question, false),
        said => panic!("no question: {said:?}"),
    };
    (String::from_utf8(question).unwrap(), is_known)
}

/// How an exchange ends.
fn exchange(scram: &ScramAuthenticator, password: &str, client_first: &str) -> ExchangeStep {
    let mut exchange = begin(scram);
    let (question, _) = question(step(&mut exchange, client_first.as_bytes()));
    step(&mut exchange, answer(scram.users().mechanism(), password, client_first, &question).as_bytes())
}

const NOT_AUTHORIZED: ExchangeStep = ExchangeStep::Deny(ReasonCode::NotAuthorized);

/// [MQTT-4.12.0-2], [MQTT-4.12.0-4]
#[test]
fn who_knows_the_password_comes_in() {
    for mechanism in [ScramMechanism::Sha256, ScramMechanism::Sha512] {
        let scram = scram(&store(&SimulatedDisk::new(1)), mechanism);
        scram.users().add("user", "pencil", true).unwrap();
        let ExchangeStep::Allow(success) = exchange(&scram, "pencil", CLIENT_FIRST) else {
            panic!("it is the password")
        };
        assert!(success.data.starts_with(b"v=") && success.admission.is_superuser);
        assert_eq!(success.username, "user");
        assert_eq!(exchange(&scram, "pencils", CLIENT_FIRST), NOT_AUTHORIZED);
        let change = UserChange { password: Some("pen"), is_superuser: Some(false) };
        scram.users().update("user", change).unwrap();
        assert_eq!(exchange(&scram, "pencil", CLIENT_FIRST), NOT_AUTHORIZED);
        let ExchangeStep::Allow(success) = exchange(&scram, "pen", CLIENT_FIRST) else { panic!("it is the password") };
        assert!(!success.admission.is_superuser);
    }
}

/// [MQTT-4.12.0-1]
#[test]
fn other_methods_are_not_begun() {
    let scram = scram(&store(&SimulatedDisk::new(1)), ScramMechanism::Sha256);
    for method in ["", "SCRAM-SHA-512", "scram-sha-256", "SCRAM-SHA-1", "GS2-KRB5"] {
        assert!(scram.exchange(method, &ClientInfo::default()).is_none(), "{method}");
    }
}

#[test]
fn nobody_learns_who_exists() {
    let disk = SimulatedDisk::new(1);
    let ask = |scram: &ScramAuthenticator, name: &str| {
        let (question, is_known) = question(step(&mut begin(scram), format!("n,,n={name},r=abc").as_bytes()));
        assert_eq!(is_known, name == "user", "the chain is told");
        question.split_once(",s=").map(|(nonce, rest)| (nonce.len(), rest.to_owned())).unwrap()
    };
    let store_before = store(&disk);
    let scram_before = scram(&store_before, ScramMechanism::Sha256);
    scram_before.users().add("user", "pencil", false).unwrap();
    let (user, nobody) = (ask(&scram_before, "user"), ask(&scram_before, "nobody"));
    assert_eq!((user.0, user.1.len()), (nobody.0, nobody.1.len()), "both look alike");
    assert_eq!((&user, &nobody), (&ask(&scram_before, "user"), &ask(&scram_before, "nobody")), "and stay the same");
    drop((scram_before, store_before));
    disk.crash();
    let scram_after = scram(&store(&disk), ScramMechanism::Sha256);
    assert_eq!((user, nobody), (ask(&scram_after, "user"), ask(&scram_after, "nobody")), "after a restart too");
    assert_eq!(exchange(&scram_after, "pencil", "n,,n=nobody,r=abc"), NOT_AUTHORIZED);
}

#[test]
fn what_is_no_exchange_fails_and_stays_failed() {
    let scram = scram(&store(&SimulatedDisk::new(1)), ScramMechanism::Sha256);
    scram.users().add("user", "pencil", false).unwrap();
    for first in [&b""[..], b"n,,n=user", b"p=x,,n=user,r=a", b"n,,n=\xff,r=a"] {
        let mut exchange = begin(&scram);
        assert_eq!(step(&mut exchange, first), NOT_AUTHORIZED, "{first:?}");
        assert_eq!(step(&mut exchange, CLIENT_FIRST.as_bytes()), NOT_AUTHORIZED);
    }
    let mut exchange = begin(&scram);
    let (question, _) = question(step(&mut exchange, CLIENT_FIRST.as_bytes()));
    let last = answer(ScramMechanism::Sha256, "pencil", CLIENT_FIRST, &question);
    assert_eq!(step(&mut exchange, b""), NOT_AUTHORIZED);
    assert_eq!(step(&mut exchange, last.as_bytes()), NOT_AUTHORIZED, "there is one try");
}

#[test]
fn names_are_compared_as_saslprep_spells_them() {
    let scram = scram(&store(&SimulatedDisk::new(1)), ScramMechanism::Sha256);
    let user = User { user_id: "IX".into(), is_superuser: false };
    assert_eq!(scram.users().add("I\u{ad}X", "pencil", false).unwrap(), user);
    assert!(matches!(scram.users().add("\u{2168}", "pencil", false), Err(DatabaseError::AlreadyExists)));
    assert_eq!(scram.users().get("\u{2168}"), Some(user));
    assert!(matches!(exchange(&scram, "pencil", "n,,n=\u{2168},r=abc"), ExchangeStep::Allow(_)));
    for user_id in ["", "\u{ad}", "\u{7}"] {
        assert!(
            matches!(scram.users().add(user_id, "pencil", false), Err(DatabaseError::InvalidUserId)),
            "{user_id:?}"
        );
    }
    assert!(matches!(scram.users().add("user", "", false), Err(DatabaseError::Password(_))));
    scram.users().remove("I\u{ad}X").unwrap();
    assert!(matches!(scram.users().remove("IX"), Err(DatabaseError::NotFound)));
}

/// Another `algorithm` makes strangers of all users, until they get a password anew.
#[test]
fn users_of_another_mechanism_are_nobody() {
    let store = store(&SimulatedDisk::new(1));
    scram(&store, ScramMechanism::Sha256).users().add("user", "pencil", false).unwrap();
    let scram = scram(&store, ScramMechanism::Sha512);
    assert_eq!(exchange(&scram, "pencil", CLIENT_FIRST), NOT_AUTHORIZED);
    scram.users().update("user", UserChange { password: Some("pencil"), is_superuser: None }).unwrap();
    assert!(matches!(exchange(&scram, "pencil", CLIENT_FIRST), ExchangeStep::Allow(_)));
    assert!(ScramUsers::new(store, "g", ScramMechanism::Sha256, 0).is_err());
}

#[test]
fn users_are_imported_with_passwords_and_never_with_hashes() {
    let scram = scram(&store(&SimulatedDisk::new(1)), ScramMechanism::Sha256);
    let users = scram.users();
    users.add("bob", "mine", false).unwrap();
    let text = "user_id,password,is_superuser\nuser,pencil,true\nbob,other,\nI\u{ad}X,p,";
    let file = ImportFile { format: ImportFormat::Csv, passwords: PasswordForm::Plain, bytes: text.as_bytes() };
    let report = users.import(&file, OnExisting::Keep, |_| {}).unwrap();
    assert_eq!((report.total, report.added, report.kept), (3, 2, 1));
    assert_eq!(users.get("user"), Some(User { user_id: "user".into(), is_superuser: true }));
    assert_eq!(users.get("IX").map(|user| user.user_id).as_deref(), Some("IX"), "as SASLprep spells it");
    let kept = users.stored("bob");
    assert_eq!(users.import(&file, OnExisting::Replace, |_| {}).unwrap().replaced, 3);
    assert_ne!(users.stored("bob"), kept);
    let hashes = ImportFile { passwords: PasswordForm::Hash, bytes: b"user_id,password_hash\neve,h", ..file };
    assert!(matches!(users.import(&hashes, OnExisting::Keep, |_| {}), Err(ImportError::HashesForScram)));
    let forbidden = ImportFile { bytes: "user_id,password\neve,p\na\u{7}b,p".as_bytes(), ..file };
    assert!(users.import(&forbidden, OnExisting::Keep, |_| {}).is_err());
    assert_eq!(users.get("eve"), None);
}
