//! Whole exchanges: those of the standards, with a client of our own, and those that must fail.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use super::*;
use crate::{MAX_ITERATIONS, PasswordError};

const SERVER_NONCE: &str = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0";
const CLIENT_FIRST: &str = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO";

fn credentials(mechanism: ScramMechanism) -> ScramCredentials {
    ScramCredentials::derive(mechanism, "pencil", &STANDARD.decode("W22ZaJ0SNY7soEsUEjb6gQ==").unwrap(), 4096).unwrap()
}

fn challenge() -> ScramChallenge {
    let first = ScramClientFirst::parse(CLIENT_FIRST.as_bytes()).unwrap();
    first.challenge(credentials(ScramMechanism::Sha256), SERVER_NONCE).unwrap()
}

/// The client's last message for a challenge: RFC 5802 §3 from the other side.
fn answer(mechanism: ScramMechanism, password: &str, client_first: &str, server_first: &str) -> String {
    let digest = mechanism.digest();
    let attribute =
        |name: &str| server_first.split(',').find_map(|attribute| attribute.strip_prefix(name)).unwrap().to_owned();
    let salt = STANDARD.decode(attribute("s=")).unwrap();
    let salted = digest.pbkdf2(password.as_bytes(), &salt, attribute("i=").parse().unwrap(), digest.output_bytes());
    let bare_at = client_first.find("n=").unwrap();
    let (header, bare) = client_first.split_at(bare_at);
    let without_proof = format!("c={},r={}", STANDARD.encode(header), attribute("r="));
    let client_key = digest.hmac(&salted, b"Client Key");
    let signed = format!("{bare},{server_first},{without_proof}");
    let signature = digest.hmac(&digest.hash(&[&client_key]), signed.as_bytes());
    let proof: Vec<u8> = client_key.iter().zip(signature.iter()).map(|(key, signature)| key ^ signature).collect();
    format!("{without_proof},p={}", STANDARD.encode(proof))
}

#[test]
fn the_exchange_of_rfc_7677_succeeds() {
    let challenge = challenge();
    assert_eq!(
        challenge.message(),
        "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
    );
    let last = "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,\
                p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=";
    assert_eq!(challenge.finish(last.as_bytes()).as_deref(), Ok("v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="));
}

/// Figures of another implementation: no standard has an example with SHA-512.
#[test]
fn the_exchange_succeeds_with_sha_512() {
    let salt = STANDARD.decode("Yzzp4XKwtnn/vW/2dRzPQw==").unwrap();
    let credentials = ScramCredentials::derive(ScramMechanism::Sha512, "pencil", &salt, 4096).unwrap();
    let first = ScramClientFirst::parse(b"n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL").unwrap();
    let challenge = first.challenge(credentials, "3rfcNHYJY1ZVvWVs7j0123456789").unwrap();
    let last = "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j0123456789,p=bMdHCYqHALpdYBG+f/Jjt20R4dGRQIoaph\
                1tkgVHOB5WgovcW6oZfRzDaAsJfAPqjeEa+ooa/XwzsQYm/0g50Q==";
    assert_eq!(
        challenge.finish(last.as_bytes()).as_deref(),
        Ok("v=xEhJSY3Bunp7Y59kpISpssWyFEMP9VoJCCm7axogsRLBl8gGT9Of5X8F4E7pG1FcWXpSu5R0zsyqNBl+TDnrqw==")
    );
}

#[test]
fn first_messages_are_read_or_refused_with_a_reason() {
    use ScramError::*;
    let name = |message: &str| ScramClientFirst::parse(message.as_bytes()).map(|first| first.username().to_owned());
    assert_eq!(name(CLIENT_FIRST).as_deref(), Ok("user"));
    assert_eq!(name("y,,n=user,r=x").as_deref(), Ok("user"));
    assert_eq!(name("n,,n=us=2Cer=3D,r=x,ext=1").as_deref(), Ok("us,er="));
    assert_eq!(name("n,a=us=2Cer,n=us=2Cer,r=x").as_deref(), Ok("us,er"));
    assert_eq!(name("n,,n=I\u{ad}X,r=x").as_deref(), Ok("IX"));
    let refused = [
        ("", Malformed("no header")),
        ("n", Malformed("no header")),
        ("n,", Malformed("no header")),
        ("x,,n=user,r=x", Malformed("the header is none")),
        ("n,b,n=user,r=x", Malformed("the header is none")),
        ("n,,", Malformed("no name")),
        ("n,,r=x,n=user", Malformed("no name")),
        ("n,,n=user", Malformed("no nonce")),
        ("n,,n=user,r=", Malformed("the nonce is none")),
        ("n,,n=user,r=a b", Malformed("the nonce is none")),
        ("n,,n=,r=x", Username),
        ("n,,n=a=2cb,r=x", Username),
        ("n,,n=a=,r=x", Username),
        ("n,,n=\u{7},r=x", Username),
        ("n,a=admin,n=user,r=x", AuthorizationIdentity),
        ("p=tls-unique,,n=user,r=x", ChannelBinding),
        ("n,,m=ext,n=user,r=x", Extension),
        ("n,,n=us\0er,r=x", Encoding),
    ];
    for (message, expected) in refused {
        assert_eq!(name(message), Err(expected), "{message:?}");
    }
    assert_eq!(ScramClientFirst::parse(b"n,,n=\xff,r=x"), Err(Encoding));
    assert_eq!(ScramClientFirst::parse(&vec![b'n'; MAX_SCRAM_MESSAGE_BYTES + 1]), Err(Encoding));
}

#[test]
fn last_messages_of_another_exchange_are_refused() {
    use ScramError::*;
    let valid = answer(ScramMechanism::Sha256, "pencil", CLIENT_FIRST, challenge().message());
    assert!(challenge().finish(valid.as_bytes()).is_ok());
    let wrong_password = answer(ScramMechanism::Sha256, "pencils", CLIENT_FIRST, challenge().message());
    let (without_proof, _) = valid.rsplit_once(",p=").unwrap();
    let refused = [
        (wrong_password, Proof),
        (valid.replace("c=biws", "c=eSws"), ChannelBindingChanged),
        (valid.replace("c=biws", "c=!"), Malformed("the channel binding is none")),
        (valid.replace("r=rOpr", "r=aOpr"), Nonce),
        (valid.replace("$k0,", "$k,"), Nonce),
        (valid.replace("c=biws,", ""), Malformed("no channel binding")),
        (valid.replace("c=biws", "m=x,c=biws"), Extension),
        (valid.replace("$k0,p", "$k0,x=1,p"), Proof),
        (without_proof.to_owned(), Malformed("no proof")),
        (format!("{without_proof},p=!"), Malformed("the proof is none")),
        (format!("{without_proof},p="), Proof),
        (format!("{without_proof},p=AAAA"), Proof),
        (String::new(), Malformed("no proof")),
    ];
    for (message, expected) in refused {
        assert_eq!(challenge().finish(message.as_bytes()), Err(expected), "{message}");
    }
}

#[test]
fn an_unknown_user_gets_a_steady_question_and_no_way_in() {
    let ask = |username: &str| {
        let decoy = ScramCredentials::decoy(ScramMechanism::Sha256, username, b"secret", 4096);
        ScramClientFirst::parse(CLIENT_FIRST.as_bytes()).unwrap().challenge(decoy, SERVER_NONCE).unwrap()
    };
    assert_eq!(ask("nobody").message(), ask("nobody").message());
    assert_ne!(ask("nobody").message(), ask("no one").message());
    assert_eq!(ask("nobody").message().len(), challenge().message().len());
    let last = answer(ScramMechanism::Sha256, "pencil", CLIENT_FIRST, ask("nobody").message());
    assert_eq!(ask("nobody").finish(last.as_bytes()), Err(ScramError::Proof));
}

#[test]
fn credentials_are_kept_and_read_again() {
    for mechanism in [ScramMechanism::Sha256, ScramMechanism::Sha512] {
        assert_eq!(ScramMechanism::from_name(&mechanism.to_string()), Some(mechanism));
        let made = credentials(mechanism);
        let (salt, stored, server) = (made.salt().to_vec(), made.stored_key().to_vec(), made.server_key().to_vec());
        let read = ScramCredentials::from_parts(mechanism, salt.clone(), 4096, stored.clone(), server.clone());
        assert_eq!(read, Ok(made));
        let short = ScramCredentials::from_parts(mechanism, salt.clone(), 4096, stored[1..].to_vec(), server.clone());
        assert!(matches!(short, Err(PasswordError::Length { .. })));
        let idle = ScramCredentials::from_parts(mechanism, salt, MAX_ITERATIONS + 1, stored, server);
        assert!(matches!(idle, Err(PasswordError::Iterations(_))));
    }
    assert_eq!(ScramMechanism::from_name("SCRAM-SHA-1"), None);
    let derive = |password, salt| ScramCredentials::derive(ScramMechanism::Sha256, password, salt, 1);
    assert_eq!(derive("pencil", b"").err(), Some(PasswordError::Empty));
    assert_eq!(derive("", b"salt").err(), Some(PasswordError::Empty));
    assert_eq!(derive("pen\u{ad}cil", b"salt"), derive("pencil", b"salt"));
}

#[test]
fn a_nonce_of_the_server_must_be_one() {
    for nonce in ["", "short", "sixteen, or more", "sixteen or more!", "sixteenOrMoreÄÄÄÄ"] {
        let first = ScramClientFirst::parse(CLIENT_FIRST.as_bytes()).unwrap();
        let error = first.challenge(credentials(ScramMechanism::Sha256), nonce).err();
        assert_eq!(error, Some(ScramError::ServerNonce), "{nonce}");
    }
}

#[test]
fn debug_output_shows_no_key() {
    assert_eq!(format!("{:?}", credentials(ScramMechanism::Sha256)), "ScramCredentials { mechanism: Sha256, .. }");
    assert!(!format!("{:?}", challenge()).contains("credentials"));
}

proptest! {
    #[test]
    fn no_message_makes_it_panic(
        first in "[nyp]?(=[a-z]*)?,?(a=\\PC*)?,?(n=\\PC*)?,?(r=\\PC*)?",
        last in "\\PC*(c=biws)?,?\\PC*(p=\\PC*)?",
    ) {
        if let Ok(first) = ScramClientFirst::parse(first.as_bytes()) {
            prop_assert!(!first.username().is_empty());
        }
        let decoy = ScramCredentials::decoy(ScramMechanism::Sha256, "user", b"secret", 4096);
        let challenge = ScramClientFirst::parse(CLIENT_FIRST.as_bytes()).unwrap().challenge(decoy, SERVER_NONCE).unwrap();
        prop_assert!(challenge.finish(last.as_bytes()).is_err());
    }

    #[test]
    fn whoever_knows_the_password_gets_in(
        password in "[ -~]{1,20}",
        other in "[ -~]{1,20}",
        salt in proptest::collection::vec(any::<u8>(), 1..40),
        nonce in "[!-+.-~]{1,40}",
    ) {
        for mechanism in [ScramMechanism::Sha256, ScramMechanism::Sha512] {
            let client_first = format!("n,,n=user,r={nonce}");
            let ask = || {
                let credentials = ScramCredentials::derive(mechanism, &password, &salt, 2).unwrap();
                ScramClientFirst::parse(client_first.as_bytes()).unwrap().challenge(credentials, SERVER_NONCE).unwrap()
            };
            let last = answer(mechanism, &password, &client_first, ask().message());
            prop_assert!(ask().finish(last.as_bytes()).is_ok());
            let last = answer(mechanism, &other, &client_first, ask().message());
            prop_assert_eq!(ask().finish(last.as_bytes()).is_ok(), password == other);
        }
    }
}
