//! `mechanism` and `backend`: which kind of authenticator an entry is.

use crate::rule::{OneOf, Parsed, Shown, Written};
use crate::section::Section;
use dunlin_hocon::Value;

/// Which kind of authenticator an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Backend {
    BuiltInDatabase,
    Mysql,
    Postgresql,
    Mongodb,
    Redis,
    Ldap,
    /// `ldap_bind`, which EMQX had before `ldap` had `method`.
    LdapBind,
    Http,
    Jwt,
    ScramBuiltInDatabase,
    ScramHttp,
    ClientInfo,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Mechanism {
    PasswordBased,
    Jwt,
    Scram,
    ClientInfo,
}

const MECHANISMS: [(&str, Mechanism); 4] = [
    ("password_based", Mechanism::PasswordBased),
    ("jwt", Mechanism::Jwt),
    ("scram", Mechanism::Scram),
    ("cinfo", Mechanism::ClientInfo),
];
const PASSWORD_BACKENDS: &[(&str, Backend)] = &[
    ("built_in_database", Backend::BuiltInDatabase),
    ("mysql", Backend::Mysql),
    ("postgresql", Backend::Postgresql),
    ("mongodb", Backend::Mongodb),
    ("redis", Backend::Redis),
    ("ldap", Backend::Ldap),
    ("ldap_bind", Backend::LdapBind),
    ("http", Backend::Http),
];
const SCRAM_BACKENDS: &[(&str, Backend)] =
    &[("built_in_database", Backend::ScramBuiltInDatabase), ("http", Backend::ScramHttp)];

impl Backend {
    /// Reads `mechanism`, and `backend` where there are several.
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        match entry.required("mechanism", &mechanism())? {
            Mechanism::PasswordBased => entry.required("backend", &OneOf(PASSWORD_BACKENDS)),
            Mechanism::Scram => entry.required("backend", &OneOf(SCRAM_BACKENDS)),
            Mechanism::Jwt => Some(Self::Jwt),
            Mechanism::ClientInfo => Some(Self::ClientInfo),
        }
    }
}

impl Written for Mechanism {
    fn written(&self) -> Value {
        let word = MECHANISMS.iter().find(|(_, mechanism)| mechanism == self).map_or("", |(word, _)| word);
        Value::Text(word.to_owned())
    }
}

fn mechanism() -> impl Shown<Value = Mechanism> {
    let parse = |text: &str| MECHANISMS.into_iter().find(|(word, _)| *word == text).map(|(_, mechanism)| mechanism);
    Parsed::new(
        parse,
        "one of `password_based`, `jwt`, `scram`, `cinfo`; Kerberos (`gssapi`) and devices of GCP (`gcp_device`) are not \
         supported yet, and what cannot be asked must not stand in the list as if it were",
    )
}
