//! `authorization`: what a client may do.

use super::authorization_sources::{Source, read_sources};
use crate::rule::{Bytes, Flag, OneOf, Span, Whole, topic_filter};
use crate::section::Section;
use std::time::Duration;

/// `authorization`.
#[derive(Clone, Debug, PartialEq)]
pub struct Authorization {
    /// `sources`: who is asked, in order; one of each type. Default: `acl.conf`, see [`Source`].
    pub sources: Vec<Source>,
    /// `no_match`: whether what no rule is about is allowed. Default false, written `deny`.
    pub no_match_allows: bool,
    /// `deny_action`, default `ignore`.
    pub deny_action: DenyAction,
    /// `cache`: verdicts that are kept for each connection.
    pub cache: VerdictCache,
    /// `node_cache`: answers of back ends that are kept for all clients of the node.
    pub node_cache: AnswerCache,
    /// `include_mountpoint`: rules are about topics with the mountpoint in front, default false.
    pub include_mountpoint: bool,
    /// `topic_template_allow`: what the value of a placeholder may bring into the topic of a rule.
    pub topic_template_allow: TopicTemplateAllow,
    /// `ignore_backend_failures`: a source that cannot answer is passed over. Default false: it denies.
    pub ignore_backend_failures: bool,
}

/// `deny_action`: what happens to a client that wanted what it may not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DenyAction {
    /// `ignore`: its packet has no effect.
    Ignore,
    /// `disconnect`: its connection is closed.
    Disconnect,
}

/// `authorization.cache`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct VerdictCache {
    /// `enable`, default true.
    pub enable: bool,
    /// `max_size`: verdicts for one connection, 1 to 1,048,576, default 32.
    pub max_size: u32,
    /// `ttl`: how long a verdict holds, 1 s to 1 day, default 1 min.
    pub ttl: Duration,
    /// `excludes`, a list or one text with commas: filters of topics whose verdicts are not kept, default empty.
    pub excludes: Vec<String>,
}

/// `node_cache` of authentication and of authorization.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AnswerCache {
    /// `enable`, default true.
    pub enable: bool,
    /// `cache_ttl`: how long an answer holds, 1 s to 1 day, default 1 min.
    pub cache_ttl: Duration,
    /// `max_count`: answers that are kept, at least 1, default 1,000,000.
    pub max_count: u64,
    /// `max_memory` in bytes, default 100 MB.
    pub max_memory_bytes: u64,
}

/// `authorization.topic_template_allow`: each is false by default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TopicTemplateAllow {
    /// `plus`: `+`.
    pub plus: bool,
    /// `hash`: `#`.
    pub hash: bool,
    /// `slash`: `/`.
    pub slash: bool,
}

const NO_MATCH: &[(&str, bool)] = &[("deny", false), ("allow", true)];
const DENY_ACTIONS: &[(&str, DenyAction)] = &[("ignore", DenyAction::Ignore), ("disconnect", DenyAction::Disconnect)];
const SECOND: Duration = Duration::from_secs(1);
const DAY: Duration = Duration::from_secs(86_400);

impl Default for Authorization {
    fn default() -> Self {
        Self {
            sources: vec![Source::default()],
            no_match_allows: false,
            deny_action: DenyAction::Ignore,
            cache: VerdictCache::default(),
            node_cache: AnswerCache::default(),
            include_mountpoint: false,
            topic_template_allow: TopicTemplateAllow::default(),
            ignore_backend_failures: false,
        }
    }
}

impl Default for VerdictCache {
    fn default() -> Self {
        Self { enable: true, max_size: 32, ttl: Duration::from_secs(60), excludes: Vec::new() }
    }
}

impl Default for AnswerCache {
    fn default() -> Self {
        Self { enable: true, cache_ttl: Duration::from_secs(60), max_count: 1_000_000, max_memory_bytes: 100 << 20 }
    }
}

impl Authorization {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // How often EMQX counts the rules of its own database.
        section.ignored(&["builtin_record_count_refresh_interval"]);
        Self {
            sources: read_sources(section),
            no_match_allows: section.value("no_match", &OneOf(NO_MATCH), default.no_match_allows),
            deny_action: section.value("deny_action", &OneOf(DENY_ACTIONS), default.deny_action),
            cache: section.child("cache", VerdictCache::read),
            node_cache: section.child("node_cache", AnswerCache::read),
            include_mountpoint: section.value("include_mountpoint", &Flag, default.include_mountpoint),
            topic_template_allow: section.child("topic_template_allow", |allow| TopicTemplateAllow {
                plus: allow.value("plus", &Flag, false),
                hash: allow.value("hash", &Flag, false),
                slash: allow.value("slash", &Flag, false),
            }),
            ignore_backend_failures: section.value("ignore_backend_failures", &Flag, default.ignore_backend_failures),
        }
    }
}

impl VerdictCache {
    fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        Self {
            enable: section.value("enable", &Flag, default.enable),
            max_size: section.value("max_size", &Whole(1..=1_048_576), default.max_size),
            ttl: section.value("ttl", &Span::in_millis(SECOND..=DAY), default.ttl),
            excludes: section.texts("excludes", &topic_filter(), default.excludes),
        }
    }
}

impl AnswerCache {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // What is too old goes when there is no room, and what is counted is counted at once.
        section.ignored(&["cleanup_interval", "stat_update_interval"]);
        section.alias("max_size", "max_count");
        Self {
            enable: section.value("enable", &Flag, default.enable),
            cache_ttl: section.value("cache_ttl", &Span::in_millis(SECOND..=DAY), default.cache_ttl),
            max_count: section.value("max_count", &Whole(1..=u64::MAX), default.max_count),
            max_memory_bytes: section.value("max_memory", &Bytes(1..=u64::MAX), default.max_memory_bytes),
        }
    }
}
