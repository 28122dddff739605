//! `authentication_settings`: what is in common whoever says who a client is.

use super::AnswerCache;
use crate::rule::Flag;
use crate::section::Section;

/// `authentication_settings`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuthenticationSettings {
    /// `node_cache`: answers of back ends that are kept for all clients of the node.
    pub node_cache: AnswerCache,
    /// `ignore_backend_failures`: an authenticator that cannot answer is passed over. Default false: the client is refused.
    pub ignore_backend_failures: bool,
}

impl AuthenticationSettings {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        Self {
            node_cache: section.child("node_cache", AnswerCache::read),
            ignore_backend_failures: section.value("ignore_backend_failures", &Flag, false),
        }
    }
}
