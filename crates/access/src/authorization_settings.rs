//! What `authorization` says beside its sources.

use crate::{Permission, RuleSettings, VerdictCacheSettings};

/// `authorization.deny_action`: what happens to a client that wanted what it may not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DenyAction {
    /// `ignore`: its packet has no effect, and it is told where the protocol has words for that.
    #[default]
    Ignore,
    /// `disconnect`: its connection is closed.
    Disconnect,
}

/// What `authorization` says beside its sources. By default, what no rule is about and what a back end could not answer is
/// denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuthorizationSettings {
    /// `no_match`: what no rule is about.
    pub no_match: Permission,
    /// `deny_action`.
    pub deny_action: DenyAction,
    /// `cache`; `None` where it is not enabled.
    pub cache: Option<VerdictCacheSettings>,
    /// `cache.excludes`: filters of topics whose verdicts are not kept.
    pub cache_excludes: Vec<String>,
    /// `topic_template_allow` and the security profile.
    pub rules: RuleSettings,
    /// `ignore_backend_failures`: a source that could not answer counts as one that has no rule about it. Off, it denies.
    pub ignore_backend_failures: bool,
    /// `include_mountpoint`: sources see topics with the mountpoint of the client in front.
    pub include_mountpoint: bool,
}

impl Default for AuthorizationSettings {
    fn default() -> Self {
        Self {
            no_match: Permission::Deny,
            deny_action: DenyAction::Ignore,
            cache: Some(VerdictCacheSettings::default()),
            cache_excludes: Vec::new(),
            rules: RuleSettings::default(),
            ignore_backend_failures: false,
            include_mountpoint: false,
        }
    }
}

impl AuthorizationSettings {
    /// The cache for a topic, if verdicts on it are kept.
    pub(crate) fn cache_for(&self, topic: &str) -> Option<VerdictCacheSettings> {
        self.cache.filter(|_| !self.cache_excludes.iter().any(|filter| dunlin_topic::matches(filter, topic)))
    }
}
