//! `mechanism` and `backend`: which kind of authenticator an entry is.

use crate::rule::OneOf;
use crate::section::Section;

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

const MECHANISMS: &[(&str, Mechanism)] = &[
    ("password_based", Mechanism::PasswordBased),
    ("jwt", Mechanism::Jwt),
    ("scram", Mechanism::Scram),
    ("cinfo", Mechanism::ClientInfo),
];
/// What EMQX has beside them.
const MISSING: [(&str, &str); 2] = [("gssapi", "Kerberos"), ("gcp_device", "keys of devices of GCP")];
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
        if let Some(node) = entry.peek("mechanism")
            && let Some((_, name)) = MISSING.iter().find(|(word, _)| node.value.as_text() == Some(word))
        {
            let message = format!(
                "authentication by {name} is not supported yet, and what cannot be asked must not stand in the list as if it \
                 were; take the entry away"
            );
            entry.conflict("mechanism", &node.origin, message);
            return None;
        }
        match entry.required("mechanism", &OneOf(MECHANISMS))? {
            Mechanism::PasswordBased => entry.required("backend", &OneOf(PASSWORD_BACKENDS)),
            Mechanism::Scram => entry.required("backend", &OneOf(SCRAM_BACKENDS)),
            Mechanism::Jwt => Some(Self::Jwt),
            Mechanism::ClientInfo => Some(Self::ClientInfo),
        }
    }
}
