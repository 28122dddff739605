//! `password_based:ldap`: users in a directory.

use crate::rule::{OneOf, filled_text, secret};
use crate::secret::Secret;
use crate::section::Section;
use crate::settings::back_end::{LdapDirectory, LdapRuleAttributes, warn_of_unknown_placeholders};
use dunlin_auth_backend::CREDENTIAL_NAMES;

/// `password_based:ldap`: users in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ldap {
    /// How it is reached, and where clients are.
    pub directory: LdapDirectory,
    /// `method`, default `hash`.
    pub method: LdapMethod,
    /// `method.is_superuser_attribute`, default `isSuperuser`.
    pub is_superuser_attribute: String,
    /// Attributes with rules for the client, none by default.
    pub rules: LdapRuleAttributes,
}

/// `method`: how a password is checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LdapMethod {
    /// `hash`: what an attribute holds is compared.
    Hash {
        /// `password_attribute`, default `userPassword`.
        password_attribute: String,
    },
    /// `bind`: the directory is asked, by a bind as the entry.
    Bind {
        /// `bind_password`, a text with placeholders; default `${password}`.
        bind_password: Secret,
    },
}

#[derive(Clone, Copy, PartialEq)]
enum MethodWord {
    Hash,
    Bind,
}

const METHODS: &[(&str, MethodWord)] = &[("hash", MethodWord::Hash), ("bind", MethodWord::Bind)];

impl Ldap {
    /// With `method`. EMQX 5.0 to 5.3 had no such object: what is in it today stood beside it.
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        let old = ["password_attribute", "is_superuser_attribute"].into_iter().any(|key| entry.peek(key).is_some());
        let (method, is_superuser_attribute) = if old && entry.peek("method").is_none() {
            read_method(entry, MethodWord::Hash)
        } else {
            entry.child("method", |method| {
                let word = method.value("type", &OneOf(METHODS), MethodWord::Hash);
                read_method(method, word)
            })
        };
        Self::read_with(entry, method, is_superuser_attribute)
    }

    /// `ldap_bind`, which is `bind` without `method`.
    pub(super) fn read_bind(entry: &mut Section<'_>) -> Option<Self> {
        let (method, is_superuser_attribute) = read_method(entry, MethodWord::Bind);
        Self::read_with(entry, method, is_superuser_attribute)
    }

    fn read_with(entry: &mut Section<'_>, method: LdapMethod, is_superuser_attribute: String) -> Option<Self> {
        let rules = LdapRuleAttributes::read_of_authenticator(entry);
        let directory = LdapDirectory::read(entry, &CREDENTIAL_NAMES)?;
        Some(Self { directory, method, is_superuser_attribute, rules })
    }
}

fn read_method(section: &mut Section<'_>, word: MethodWord) -> (LdapMethod, String) {
    let method = match word {
        MethodWord::Hash => {
            let attribute = section.value("password_attribute", &filled_text(), "userPassword".into());
            LdapMethod::Hash { password_attribute: attribute }
        }
        MethodWord::Bind => {
            warn_of_unknown_placeholders(section, "bind_password", &CREDENTIAL_NAMES);
            let bind_password = section.value("bind_password", &secret(), Secret::new("${password}"));
            LdapMethod::Bind { bind_password }
        }
    };
    (method, section.value("is_superuser_attribute", &filled_text(), "isSuperuser".into()))
}
