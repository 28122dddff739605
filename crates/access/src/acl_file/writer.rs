//! Rules as they stand in an `acl.conf`.

use crate::{ActionPattern, QosSet, Rule, TextPattern, TopicPattern, Topics, Who};
use std::fmt;

/// As it stands in an `acl.conf`, without the dot.
impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{{{}, {}", self.permission, Written(&self.who))?;
        let is_short = self.action == ActionPattern::ALL
            && self.topics == Topics::All
            && matches!(self.who, Who::All | Who::SecurityProfile(_));
        if !is_short {
            write!(f, ", {}, {}", Written(&self.action), Written(&self.topics))?;
        }
        f.write_str("}")
    }
}

/// A part of a rule as it stands in an `acl.conf`.
struct Written<'a, T: ?Sized>(&'a T);

impl fmt::Display for Written<'_, Who> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Who::All => f.write_str("all"),
            Who::Username(pattern) => write!(f, "{{username, {}}}", Written(pattern)),
            Who::ClientId(pattern) => write!(f, "{{clientid, {}}}", Written(pattern)),
            Who::Address(networks) => match &**networks {
                [network] => write!(f, "{{ipaddr, \"{network}\"}}"),
                several => {
                    write!(f, "{{ipaddrs, [")?;
                    separated(f, several, |f, network| write!(f, "\"{network}\""))?;
                    f.write_str("]}")
                }
            },
            Who::Attribute { name, value } => {
                write!(f, "{{client_attr, {}, {}}}", Written(&**name), Written(value))
            }
            Who::Zone(pattern) => write!(f, "{{zone, {}}}", Written(pattern)),
            Who::Listener(pattern) => write!(f, "{{listener, {}}}", Written(pattern)),
            Who::SecurityProfile(profile) => write!(f, "{{security_profile, {}}}", profile.as_str()),
            // Both words are operators of Erlang.
            Who::And(all) => several(f, "'and'", all),
            Who::Or(any) => several(f, "'or'", any),
        }
    }
}

fn several(f: &mut fmt::Formatter<'_>, name: &str, clients: &[Who]) -> fmt::Result {
    write!(f, "{{{name}, [")?;
    separated(f, clients, |f, who| write!(f, "{}", Written(who)))?;
    f.write_str("]}")
}

impl fmt::Display for Written<'_, TextPattern> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            TextPattern::Exact(text) => write!(f, "{}", Written(&**text)),
            TextPattern::Regex(regex) => write!(f, "{{re, {}}}", Written(regex.as_str())),
        }
    }
}

impl fmt::Display for Written<'_, ActionPattern> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ActionPattern { kind, qos, retain } = *self.0;
        if qos == QosSet::ALL && retain.is_none() {
            return f.write_str(kind.as_str());
        }
        write!(f, "{{{}, [", kind.as_str())?;
        if qos != QosSet::ALL {
            f.write_str("{qos, [")?;
            separated(f, &qos.iter().collect::<Vec<_>>(), |f, qos| write!(f, "{}", qos.as_u8()))?;
            f.write_str("]}")?;
        }
        if let Some(retain) = retain {
            write!(f, "{}{{retain, {retain}}}", if qos == QosSet::ALL { "" } else { ", " })?;
        }
        f.write_str("]}")
    }
}

impl fmt::Display for Written<'_, Topics> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Topics::All => f.write_str("all"),
            Topics::Listed(topics) => {
                f.write_str("[")?;
                separated(f, topics, |f, topic| write!(f, "{}", Written(topic)))?;
                f.write_str("]")
            }
        }
    }
}

impl fmt::Display for Written<'_, TopicPattern> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = Written(self.0.text());
        if self.0.is_exact() { write!(f, "{{eq, {text}}}") } else { write!(f, "{text}") }
    }
}

/// A text in quotes.
impl fmt::Display for Written<'_, str> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("\"")?;
        for character in self.0.chars() {
            match character {
                '"' | '\\' => write!(f, "\\{character}")?,
                '\n' => f.write_str("\\n")?,
                '\r' => f.write_str("\\r")?,
                '\t' => f.write_str("\\t")?,
                control if control.is_control() => write!(f, "\\x{{{:X}}}", u32::from(control))?,
                other => write!(f, "{other}")?,
            }
        }
        f.write_str("\"")
    }
}

fn separated<T>(
    f: &mut fmt::Formatter<'_>,
    values: &[T],
    write_one: impl Fn(&mut fmt::Formatter<'_>, &T) -> fmt::Result,
) -> fmt::Result {
    for (index, value) in values.iter().enumerate() {
        if index > 0 {
            f.write_str(", ")?;
        }
        write_one(f, value)?;
    }
    Ok(())
}
