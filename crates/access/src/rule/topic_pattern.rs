//! A topic of a rule: a filter, an exact text, and what is filled in for each client.

use super::cover::covers;
use super::filled_topic::FilledTopic;
use super::rule_settings::{PlaceholderMay, RuleSettings};
use crate::{ClientInfo, Permission};

/// A topic of a rule.
///
/// `${username}`, `${clientid}`, `${cert_common_name}`, `${zone}` and `${client_attrs.NAME}` are filled in for each client;
/// other names in braces stand for themselves. `eq ` in front makes it an exact text, in which wildcards stand for
/// themselves: `eq a/#` covers the filter `a/#` and nothing else.
///
/// A client often chooses its own names, so they are not trusted:
/// - A rule that **allows** is not about a client whose name brings `+`, `#` or `/` into the topic, unless
///   [`PlaceholderMay`](super::PlaceholderMay) says so, nor about one that has no such name: there is no topic of its own.
/// - A rule that **denies** must not be escaped by a strange name. It is filled in with whatever the name is; a wildcard in
///   it only denies more, to nobody else but this client. Where there is no name, the whole level stands for any: what
///   could not be filled in is denied wherever it might have meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopicPattern {
    /// Without `eq `.
    text: Box<str>,
    is_exact: bool,
    /// The bytes that a topic has to begin with, whoever the client is.
    prefix_bytes: usize,
    /// Empty where nothing is filled in.
    pieces: Box<[Piece]>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(Box<str>),
    Placeholder(Placeholder),
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Placeholder {
    Username,
    ClientId,
    CertificateCommonName,
    Zone,
    Attribute(Box<str>),
}

impl TopicPattern {
    /// Reads a topic of a rule. There is no wrong one: what no topic is equal to covers none.
    #[must_use]
    pub fn new(text: &str) -> Self {
        match text.strip_prefix("eq ") {
            Some(exact) => Self::exact(exact),
            None => Self::with(text, false),
        }
    }

    /// A text in which wildcards stand for themselves.
    #[must_use]
    pub fn exact(text: &str) -> Self {
        Self::with(text, true)
    }

    /// Like [`Self::new`], for places where `%u` and `%c` are understood still: user name and client id.
    #[must_use]
    pub fn with_old_placeholders(text: &str) -> Self {
        Self::new(&text.replace("%u", "${username}").replace("%c", "${clientid}"))
    }

    fn with(text: &str, is_exact: bool) -> Self {
        let pieces = pieces_of(text);
        let prefix_bytes = match pieces.first() {
            // The level in which something is filled in may become any level, and that level a `#`.
            Some(Piece::Text(first)) => literal_prefix(&first[..first.rfind('/').unwrap_or(0)]),
            Some(Piece::Placeholder(_)) => 0,
            None if is_exact => text.len(),
            None => literal_prefix(text),
        };
        Self { text: text.into(), is_exact, prefix_bytes, pieces }
    }

    /// The text, without `eq `.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether wildcards stand for themselves.
    #[must_use]
    pub const fn is_exact(&self) -> bool {
        self.is_exact
    }

    /// Whether a topic, a name or a filter, is one of those meant by a rule with this permission.
    pub(crate) fn covers(
        &self,
        permission: Permission,
        settings: &RuleSettings,
        client: &ClientInfo,
        topic: &str,
    ) -> bool {
        let topic = topic.as_bytes();
        if !topic.starts_with(&self.text.as_bytes()[..self.prefix_bytes]) {
            return false;
        }
        if self.pieces.is_empty() {
            return is_covered(permission, self.text.as_bytes(), self.is_exact, topic);
        }
        let is_strict = permission == Permission::Allow && settings.placeholder_may == PlaceholderMay::default();
        if is_strict && !self.may_begin(client, topic) {
            return false;
        }
        match self.fill_in(permission, settings, client) {
            None => false,
            Some(filled) if filled.is_too_long() => permission == Permission::Deny,
            Some(filled) => is_covered(permission, filled.as_bytes(), self.is_exact && !filled.has_open_level(), topic),
        }
    }

    /// Whether a topic begins as this does for a client, up to the first wildcard: nearly all that are not covered are found
    /// out by that. Only for rules that allow, and where a name brings no wildcards and no levels.
    fn may_begin(&self, client: &ClientInfo, topic: &[u8]) -> bool {
        let mut rest = topic;
        for piece in &self.pieces {
            let text = match piece {
                Piece::Text(text) => text,
                Piece::Placeholder(placeholder) => match placeholder.value(client) {
                    Some(value) => value,
                    None => return false,
                },
            };
            let literal_bytes = literal_prefix(text);
            let (literal, after) = text.as_bytes().split_at(literal_bytes);
            match rest.strip_prefix(literal) {
                Some(stripped) if after.is_empty() => rest = stripped,
                matched => return matched.is_some(),
            }
        }
        true
    }

    /// Whether it takes long to say what is covered: something is filled in.
    pub(crate) fn has_placeholders(&self) -> bool {
        !self.pieces.is_empty()
    }

    fn fill_in(&self, permission: Permission, settings: &RuleSettings, client: &ClientInfo) -> Option<FilledTopic> {
        let mut filled = FilledTopic::default();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => filled.add(text),
                Piece::Placeholder(placeholder) => match (placeholder.value(client), permission) {
                    (Some(value), Permission::Allow) if !settings.placeholder_may.bring(value) => return None,
                    (Some(value), _) => filled.add(value),
                    (None, Permission::Allow) => return None,
                    (None, Permission::Deny) => filled.open_level(),
                },
            }
            if filled.is_too_long() {
                break;
            }
        }
        Some(filled)
    }
}

impl Placeholder {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "username" => Self::Username,
            "clientid" => Self::ClientId,
            "cert_common_name" => Self::CertificateCommonName,
            "zone" => Self::Zone,
            _ => Self::Attribute(name.strip_prefix("client_attrs.").filter(|name| !name.is_empty())?.into()),
        })
    }

    /// What stands for it; `None` where the client has nothing of the kind, or nothing in it.
    fn value<'a>(&self, client: &'a ClientInfo) -> Option<&'a str> {
        let value = match self {
            Self::Username => client.username.as_deref(),
            Self::ClientId => Some(client.client_id.as_str()),
            Self::CertificateCommonName => client.certificate.as_ref().and_then(|shown| shown.common_name.as_deref()),
            Self::Zone => Some(client.zone.as_str()),
            Self::Attribute(name) => client.attributes.get(&**name).map(String::as_str),
        };
        value.filter(|value| !value.is_empty())
    }
}

fn is_covered(permission: Permission, filter: &[u8], is_exact: bool, topic: &[u8]) -> bool {
    if is_exact { filter == topic } else { covers(permission, filter, topic) }
}

/// Empty where nothing is to be filled in.
fn pieces_of(text: &str) -> Box<[Piece]> {
    let (mut pieces, mut rest, mut done) = (Vec::new(), text, 0);
    while let Some(offset) = rest.find("${") {
        let Some((name, after)) = rest[offset + 2..].split_once('}') else { break };
        match Placeholder::from_name(name) {
            Some(placeholder) => {
                let start = text.len() - rest.len() + offset;
                if start > done {
                    pieces.push(Piece::Text(text[done..start].into()));
                }
                pieces.push(Piece::Placeholder(placeholder));
                rest = after;
                done = text.len() - rest.len();
            }
            None => rest = &rest[offset + 2..],
        }
    }
    if !pieces.is_empty() && done < text.len() {
        pieces.push(Piece::Text(text[done..].into()));
    }
    pieces.into()
}

/// How many bytes every topic begins with that a filter covers.
fn literal_prefix(filter: &str) -> usize {
    match filter.find(['+', '#']) {
        // "a/#" covers "a" too.
        Some(wildcard) if filter[wildcard..].starts_with('#') => filter[..wildcard].trim_end_matches('/').len(),
        Some(wildcard) => wildcard,
        None => filter.len(),
    }
}

#[cfg(test)]
mod tests;
