//! `ldap`: rules in a directory.

use crate::section::Section;
use crate::settings::back_end::{LdapDirectory, LdapRuleAttributes};
use dunlin_auth_backend::ACTION_NAMES;

/// `ldap`: rules in a directory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ldap {
    /// How it is reached, and where clients are.
    pub directory: LdapDirectory,
    /// The attributes with rules: `mqttPublishTopic`, `mqttSubscriptionTopic`, `mqttPubSubTopic` and `mqttAclRule` unless others
    /// are named.
    pub rules: LdapRuleAttributes,
}

impl Ldap {
    pub(super) fn read(entry: &mut Section<'_>) -> Option<Self> {
        let rules = LdapRuleAttributes::read_of_source(entry);
        LdapDirectory::read(entry, &ACTION_NAMES).map(|directory| Self { directory, rules })
    }
}
