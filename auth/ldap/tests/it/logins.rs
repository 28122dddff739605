//! Right, wrong and unknown, in every way.

use crate::site::{NOW, Site, ask, authenticator, client, credentials, stored_names, with_rules};
use dunlin_access::{Admission, Authenticator, BackendStatus, Credentials, Outcome};
use dunlin_auth_ldap::{Encryption, LdapSettings, PasswordMethod, Server};
use dunlin_model::ReasonCode;
use dunlin_real_servers::SlapdServer;

const DENIED: Outcome = Outcome::Deny(ReasonCode::BadUserNameOrPassword);

fn allowed() -> Outcome {
    Outcome::Allow(Box::default())
}

#[tokio::test]
async fn every_scheme_by_hash_and_by_bind() {
    let site = Site::new();
    for way in site.every_way() {
        for name in stored_names() {
            assert_eq!(ask(&way, name, "right").await, allowed(), "{name} {way:?}");
            assert_eq!(ask(&way, name, "wrong").await, DENIED, "{name} {way:?}");
            assert_eq!(ask(&way, name, "").await, DENIED, "{name}: an empty password is nobody's");
        }
        assert_eq!(ask(&way, "nobody", "right").await, Outcome::Ignore);
        let superuser = Admission { is_superuser: true, ..Admission::default() };
        assert_eq!(ask(&way, "super", "right").await, Outcome::Allow(Box::new(superuser)));
        assert_eq!(ask(&way, "disabled", "right").await, DENIED);
        let without_password = Credentials { password: None, client: client("ssha") };
        assert_eq!(way.authenticate(&without_password).await, DENIED);
        assert_eq!(way.status(), BackendStatus::Connected);
    }
}

#[tokio::test]
async fn a_hash_nobody_knows_is_a_failure_of_the_directory() {
    let site = Site::new();
    let way = authenticator(&site.settings(), PasswordMethod::hash());
    assert!(matches!(ask(&way, "unknown-scheme", "right").await, Outcome::Failed(_)));
    assert_eq!(ask(&way, "ssha", "right").await, allowed(), "and nobody else's");
}

/// Time must not tell who exists: a hash is computed, or somebody binds, for those too who do not.
#[tokio::test]
async fn who_does_not_exist_costs_as_much_as_who_does() {
    let site = Site::new();
    let by_hash = || authenticator(&site.settings(), PasswordMethod::hash());
    let ways = site.every_way().into_iter().map(|way| (way, &["ssha"][..]));
    for (way, names) in ways.chain([(by_hash(), &["bcrypt", "ssha", "sha512", "bcrypt"][..])]) {
        for name in names {
            assert_eq!(ask(&way, name, "right").await, allowed(), "{name} {way:?}");
            let mut done = Vec::new();
            for (name, expected) in [(*name, DENIED), ("nobody", Outcome::Ignore), ("n,o=b+o dy", Outcome::Ignore)] {
                let before = way.work();
                assert_eq!(ask(&way, name, "wrong").await, expected, "{name} {way:?}");
                done.push(way.work() - before);
            }
            assert!(done[0] > 0 && done.iter().all(|work| *work == done[0]), "{name} {way:?}: {done:?}");
        }
        let before = way.work();
        assert_eq!(ask(&way, "disabled", "right").await, DENIED);
        assert_eq!(way.work() - before, 1, "who is disabled may not be told from who has another password");
    }
}

#[tokio::test]
async fn rules_come_with_the_login() {
    let site = Site::new();
    for method in [PasswordMethod::hash(), PasswordMethod::bind()] {
        let way = authenticator(&with_rules(site.settings()), method);
        let Outcome::Allow(admission) = ask(&way, "rules", "right").await else { panic!("it is let in") };
        let acl = admission.acl.expect("rules");
        assert!(acl.starts_with(r#"[{"action":"all","permission":"deny","topic":"both/secret"}"#), "{acl}");
        assert_eq!((admission.acl_expires_at, admission.expires_at), (Some(NOW + 3_600_000), None));
        assert!(matches!(ask(&way, "bad-rules", "right").await, Outcome::Failed(_)), "nobody knows what it may do");
        assert_eq!(ask(&way, "ssha", "right").await, allowed());
    }
}

#[tokio::test]
async fn several_entries_are_nobody() {
    let site = Site::new();
    let settings = LdapSettings { base_dn: "dc=example,dc=org".into(), ..site.settings() };
    let way = authenticator(&settings, PasswordMethod::hash());
    assert!(matches!(ask(&way, "ssha", "right").await, Outcome::Failed(_)));
}

#[tokio::test]
async fn over_tls_and_after_start_tls() {
    let site = Site::new();
    let trusting = site.certificates.trusting();
    for (port, encryption) in [
        (site.server.tls_port(), Encryption::Tls(trusting.clone())),
        (site.server.port(), Encryption::StartTls(trusting.clone())),
    ] {
        let settings = LdapSettings {
            servers: vec![Server { host: "127.0.0.1".into(), port }],
            encryption,
            server_name: Some("localhost".into()),
            ..site.settings()
        };
        for method in [PasswordMethod::hash(), PasswordMethod::bind()] {
            let way = authenticator(&settings, method.clone());
            for _ in 0..3 {
                assert_eq!(ask(&way, "ssha", "right").await, allowed(), "{settings:?}");
                assert_eq!(ask(&way, "ssha", "wrong").await, DENIED);
            }
            let strangers = LdapSettings { server_name: Some("other.example".into()), ..settings.clone() };
            let outcome = ask(&authenticator(&strangers, method), "ssha", "right").await;
            assert!(matches!(outcome, Outcome::Failed(_)), "the certificate is of somebody else");
        }
    }
    let without_tls = LdapSettings {
        servers: vec![Server { host: "127.0.0.1".into(), port: site.server.tls_port() }],
        ..site.settings()
    };
    assert!(matches!(
        ask(&authenticator(&without_tls, PasswordMethod::hash()), "ssha", "right").await,
        Outcome::Failed(_)
    ));
}

#[tokio::test]
async fn a_searcher_who_may_not_is_a_failure() {
    let site = Site::new();
    let settings = LdapSettings { password: "wrong".into(), ..site.settings() };
    let way = authenticator(&settings, PasswordMethod::bind());
    assert!(matches!(ask(&way, "ssha", "right").await, Outcome::Failed(_)));
    let status = way.status().failure().expect("it cannot be asked").to_string();
    assert!(status.contains(SlapdServer::ADMINISTRATOR) && !status.contains("wrong"), "{status}");
    let nobody = LdapSettings { username: String::new(), ..settings };
    assert_eq!(ask(&authenticator(&nobody, PasswordMethod::bind()), "ssha", "right").await, allowed());
}

#[tokio::test]
async fn the_next_server_is_asked_where_the_first_is_gone() {
    let site = Site::new();
    let mut settings = site.settings();
    settings.servers.insert(0, Server { host: "127.0.0.1".into(), port: dunlin_real_servers::free_port() });
    let way = authenticator(&settings, PasswordMethod::bind());
    assert_eq!(way.authenticate(&credentials("ssha", b"right")).await, allowed());
}
