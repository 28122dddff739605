//! Names and passwords that want to be more than that.

use crate::site::{Site, ask, authenticator, client, credentials};
use dunlin_access::{Authenticator, BackendStatus, Credentials, Outcome, Password};
use dunlin_auth_ldap::{LdapSettings, PasswordMethod};
use dunlin_model::ReasonCode;

#[tokio::test]
async fn no_name_changes_the_question() {
    let site = Site::new();
    for way in site.every_way() {
        for name in [
            "*",
            "ssh*",
            "ssha)(uid=*",
            "ssha))(|(uid=*",
            "*)(objectClass=*",
            "\\2a",
            "\\",
            "ssha,dc=example,dc=org",
            "ssha+cn=x",
            "x,uid=ssha",
            "ssha\0",
            "\0",
            "#ssha",
            "\"ssha\"",
            "ssha;x",
            "<>=,+\"\\;#",
            "é",
            "\u{10ffff}",
        ] {
            assert_eq!(ask(&way, name, "right").await, Outcome::Ignore, "{name:?} {way:?}");
        }
        assert_eq!(way.status(), BackendStatus::Connected);
        for name in ["a,b+c=d", "(star*)"] {
            assert_eq!(ask(&way, name, "right").await, Outcome::Allow(Box::default()), "{name:?} {way:?}");
        }
    }
}

/// Which names are equal is up to the directory: for `uid`, case and spaces around make no difference (RFC 4518).
#[tokio::test]
async fn a_name_is_compared_as_the_directory_does() {
    let site = Site::new();
    for way in site.every_way() {
        for name in ["SSHA", " ssha "] {
            assert_eq!(ask(&way, name, "right").await, Outcome::Allow(Box::default()), "{name:?} {way:?}");
            assert_eq!(ask(&way, name, "wrong").await, Outcome::Deny(ReasonCode::BadUserNameOrPassword), "{name:?}");
        }
    }
}

#[tokio::test]
async fn who_has_no_name_is_nobody() {
    let site = Site::new();
    for way in site.every_way() {
        assert_eq!(ask(&way, "", "right").await, Outcome::Ignore);
        let mut nameless = credentials("", b"right");
        nameless.client.username = None;
        assert_eq!(way.authenticate(&nameless).await, Outcome::Ignore);
    }
}

#[tokio::test]
async fn the_longest_names_and_passwords_harm_nobody() {
    let site = Site::new();
    for way in site.every_way() {
        for letter in ["a", ",", "*"] {
            let outcome = ask(&way, &letter.repeat(65_535), "right").await;
            assert!(!matches!(outcome, Outcome::Allow(_)), "{letter}");
        }
        let long = Credentials { client: client("ssha"), password: Some(Password::new(&[b'a'; 65_535])) };
        assert!(!matches!(way.authenticate(&long).await, Outcome::Allow(_)));
        assert_eq!(ask(&way, "ssha", "right").await, Outcome::Allow(Box::default()));
    }
}

#[tokio::test]
async fn a_password_is_bytes() {
    let site = Site::new();
    for way in site.every_way() {
        for password in [&b"right\0"[..], b"\0", b"\xff\xfe", b"RIGHT", b" right"] {
            let outcome = way.authenticate(&credentials("ssha", password)).await;
            assert_eq!(outcome, Outcome::Deny(ReasonCode::BadUserNameOrPassword), "{password:?}");
        }
    }
}

#[tokio::test]
async fn a_bind_with_nothing_is_never_made() {
    let site = Site::new();
    let settings = LdapSettings { ..site.settings() };
    let method = PasswordMethod::Bind { bind_password: "${client_attrs.pin}".into() };
    let way = authenticator(&settings, method);
    assert_eq!(ask(&way, "ssha", "right").await, Outcome::Deny(ReasonCode::BadUserNameOrPassword));
}
