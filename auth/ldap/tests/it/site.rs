//! A directory with a few clients in it, and what is asked about them.

use dunlin_access::{Authenticator, ClientInfo, Credentials, Outcome, Password};
use dunlin_auth_ldap::{LdapAuthenticator, LdapSettings, PasswordMethod, RuleAttributes, Server};
use dunlin_model::Millis;
use dunlin_passwords::{Algorithm, BcryptPassword};
use dunlin_real_servers::{Certificates, SlapdServer};
use std::sync::Arc;
use std::time::Duration;

pub(crate) const NOW: Millis = 1_700_000_000_000;

/// By uid: how its password `right` is stored.
const STORED: [(&str, &str); 9] = [
    ("clear", "{CLEARTEXT}"),
    ("md5", "{MD5}"),
    ("smd5", "{SMD5}"),
    ("sha", "{SHA}"),
    ("ssha", "{SSHA}"),
    ("ssha256", "{SSHA256}"),
    ("ssha384", "{SSHA384}"),
    ("ssha512", "{SSHA512}"),
    ("sha512", "{SHA512}"),
];

pub(crate) struct Site {
    pub(crate) server: SlapdServer,
    pub(crate) certificates: Certificates,
}

impl Site {
    pub(crate) fn new() -> Self {
        let certificates = Certificates::for_host("localhost");
        Self { server: SlapdServer::start(&entries(), &certificates), certificates }
    }

    pub(crate) fn servers(&self) -> Vec<Server> {
        vec![Server { host: "127.0.0.1".into(), port: self.server.port() }]
    }

    pub(crate) fn settings(&self) -> LdapSettings {
        LdapSettings {
            username: SlapdServer::ADMINISTRATOR.into(),
            password: SlapdServer::PASSWORD.into(),
            query_timeout: Duration::from_secs(30),
            ..LdapSettings::new(self.servers(), "uid=${username},dc=example,dc=org")
        }
    }

    /// Every way to be let in with the settings: by hash and by bind, by name and by filter.
    pub(crate) fn every_way(&self) -> Vec<LdapAuthenticator> {
        let by_filter = LdapSettings {
            base_dn: "dc=example,dc=org".into(),
            filter: "(&(objectClass=mqttUser)(uid=${username}))".into(),
            ..self.settings()
        };
        [self.settings(), by_filter]
            .iter()
            .flat_map(|settings| {
                [PasswordMethod::hash(), PasswordMethod::bind()].map(|method| authenticator(settings, method))
            })
            .collect()
    }
}

pub(crate) fn authenticator(settings: &LdapSettings, method: PasswordMethod) -> LdapAuthenticator {
    LdapAuthenticator::new(settings, method, "isSuperuser", Arc::new(|| NOW)).expect("settings")
}

pub(crate) fn with_rules(settings: LdapSettings) -> LdapSettings {
    let rules = RuleAttributes { acl_ttl: Some("mqttAclTtl".into()), ..RuleAttributes::for_rules() };
    LdapSettings { rules, ..settings }
}

pub(crate) fn client(username: &str) -> ClientInfo {
    ClientInfo { username: Some(username.into()), client_id: "c1".into(), ..ClientInfo::default() }
}

pub(crate) fn credentials(username: &str, password: &[u8]) -> Credentials {
    Credentials { client: client(username), password: Some(Password::new(password)) }
}

pub(crate) async fn ask(authenticator: &LdapAuthenticator, username: &str, password: &str) -> Outcome {
    authenticator.authenticate(&credentials(username, password.as_bytes())).await
}

pub(crate) fn stored_names() -> impl Iterator<Item = &'static str> {
    STORED.iter().map(|(name, _)| *name)
}

fn entries() -> String {
    let stored = STORED.iter().map(|(name, scheme)| {
        let hashed = if *name == "clear" { "right".into() } else { SlapdServer::hashed(scheme, "right") };
        entry(name, &format!("userPassword: {hashed}\n"))
    });
    let bcrypt = Algorithm::Bcrypt(BcryptPassword::new(5).expect("rounds"));
    let bcrypt = bcrypt.create(b"right", [7; 16]).expect("a hash").hash;
    let others = [
        entry("bcrypt", &format!("userPassword: {{CRYPT}}{bcrypt}\n")),
        entry("super", "userPassword: right\nisSuperuser: TRUE\n"),
        entry("disabled", "userPassword: right\nisEnabled: FALSE\n"),
        entry("unknown-scheme", "userPassword: {NOVEL}abc\n"),
        entry(
            "rules",
            "userPassword: right\nmqttPublishTopic: pub/${clientid}\nmqttSubscriptionTopic: sub/#\nmqttPubSubTopic: both/+\n\
             mqttAclRule: {\"permission\":\"deny\",\"action\":\"all\",\"topic\":\"both/secret\"}\nmqttAclTtl: 1h\n",
        ),
        entry("bad-rules", "userPassword: right\nmqttAclRule: allow everything\n"),
        entry("a,b+c=d", "userPassword: right\n").replace("uid=a,b+c=d", "uid=a\\,b\\+c\\=d"),
        entry("(star*)", "userPassword: right\n"),
    ];
    stored.chain(others).collect()
}

fn entry(name: &str, attributes: &str) -> String {
    format!(
        "dn: uid={name},dc=example,dc=org\nobjectClass: account\nobjectClass: simpleSecurityObject\nobjectClass: mqttUser\n\
         uid: {name}\n{attributes}\n"
    )
}
