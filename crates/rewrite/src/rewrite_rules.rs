//! Rules, as they are asked.

use crate::{RewriteError, RewriteRule, destination::Destination};
use dunlin_topic::{SubscriptionFilter, has_wildcard, matches, validate_filter, validate_name};
use regex::{Regex, RegexBuilder};

/// Bytes that an expression may take when it is compiled.
const PATTERN_BYTES_MAX: usize = 1 << 20;

/// Rules, as they are asked.
#[derive(Clone, Debug, Default)]
pub struct RewriteRules {
    /// The first that is asked stands first.
    of_messages: Vec<Rule>,
    of_filters: Vec<Rule>,
}

#[derive(Clone, Debug)]
struct Rule {
    source: String,
    pattern: Regex,
    destination: Destination,
}

/// The names of a client that stand in the place of `${clientid}` and `${username}`.
#[derive(Clone, Copy, Debug, Default)]
pub struct ClientNames<'a> {
    /// Its client id.
    pub client_id: &'a str,
    /// Its user name, where one is known.
    pub username: Option<&'a str>,
}

/// What became of a topic or filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rewritten {
    /// It stays as it is: no rule is about it.
    Unchanged,
    /// It is another one.
    To(String),
    /// It stays as it is, because what the rule makes of it is no topic or filter, or a name of the client has a wildcard in it.
    Unusable,
}

impl RewriteRules {
    /// Reads rules in the order in which they are written.
    ///
    /// # Errors
    /// The place of the first one that makes no sense, and why.
    pub fn new(rules: &[RewriteRule]) -> Result<Self, (usize, RewriteError)> {
        let mut all = Self::default();
        // A later rule is tried first.
        for (place, written) in rules.iter().enumerate().rev() {
            let rule = Rule::new(written).map_err(|error| (place, error))?;
            if written.action.is_about_messages() {
                all.of_messages.push(rule.clone());
            }
            if written.action.is_about_filters() {
                all.of_filters.push(rule);
            }
        }
        Ok(all)
    }

    /// Whether there is no rule.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.of_messages.is_empty() && self.of_filters.is_empty()
    }

    /// Whether rules are about messages.
    #[must_use]
    pub fn rewrites_messages(&self) -> bool {
        !self.of_messages.is_empty()
    }

    /// What the topic of a message becomes. `client` is asked where a rule is about it.
    pub fn topic<'a>(&self, topic: &str, client: impl FnOnce() -> ClientNames<'a>) -> Rewritten {
        rewrite(&self.of_messages, topic, client, |rewritten| validate_name(rewritten).is_ok())
    }

    /// What a filter becomes; what stands before it, as `$share/{group}/`, stays.
    #[must_use]
    pub fn filter(&self, filter: &str, client: ClientNames<'_>) -> Rewritten {
        // What is no filter is refused where all are.
        let Ok(parsed) = SubscriptionFilter::parse(filter) else { return Rewritten::Unchanged };
        let own = parsed.filter();
        let prefix = filter.strip_suffix(own).unwrap_or_default();
        let whole = |rewritten: &str| format!("{prefix}{rewritten}");
        let is_good = |rewritten: &str| {
            SubscriptionFilter::parse(&whole(rewritten)).is_ok_and(|parsed| parsed.filter() == rewritten)
        };
        match rewrite(&self.of_filters, own, || client, is_good) {
            Rewritten::To(rewritten) => Rewritten::To(whole(&rewritten)),
            other => other,
        }
    }
}

impl Rule {
    fn new(written: &RewriteRule) -> Result<Self, RewriteError> {
        let RewriteRule { action, source_topic, dest_topic, pattern } = written;
        validate_filter(source_topic).map_err(RewriteError::Source)?;
        if dest_topic.is_empty() {
            return Err(RewriteError::EmptyDestination);
        }
        if action.is_about_messages() && has_wildcard(dest_topic) {
            return Err(RewriteError::WildcardInDestination);
        }
        let built = RegexBuilder::new(pattern).size_limit(PATTERN_BYTES_MAX).build();
        let pattern = built.map_err(|error| RewriteError::Pattern(error.to_string()))?;
        let destination = Destination::parse(dest_topic, pattern.captures_len().saturating_sub(1));
        Ok(Self { source: source_topic.clone(), pattern, destination })
    }
}

fn rewrite<'a>(
    rules: &[Rule],
    topic: &str,
    client: impl FnOnce() -> ClientNames<'a>,
    is_good: impl FnOnce(&str) -> bool,
) -> Rewritten {
    let Some(rule) = rules.iter().find(|rule| matches(&rule.source, topic)) else { return Rewritten::Unchanged };
    let Some(captures) = rule.pattern.captures(topic) else { return Rewritten::Unchanged };
    match rule.destination.render(&captures, client()).filter(|rewritten| is_good(rewritten)) {
        Some(rewritten) if rewritten == topic => Rewritten::Unchanged,
        Some(rewritten) => Rewritten::To(rewritten),
        None => Rewritten::Unusable,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RewriteAction::{self, All, Publish, Subscribe};

    fn rule(action: RewriteAction, source: &str, pattern: &str, dest: &str) -> RewriteRule {
        RewriteRule { action, source_topic: source.into(), dest_topic: dest.into(), pattern: pattern.into() }
    }

    const ANN: ClientNames<'_> = ClientNames { client_id: "c1", username: Some("ann") };

    fn to(topic: &str) -> Rewritten {
        Rewritten::To(topic.to_owned())
    }

    #[test]
    fn a_later_rule_is_tried_first_and_the_first_that_is_about_the_topic_decides() {
        let rules = RewriteRules::new(&[
            rule(All, "y/+/z/#", "^y/(.+)/z/(.+)$", "y/z/$2"),
            rule(All, "x/#", "^x/y/(.+)$", "z/y/x/$1"),
            rule(All, "x/y/+", "^x/y/(\\d+)$", "z/y/$1"),
        ]);
        let rules = rules.unwrap();
        for (topic, expected) in [
            ("x/y/2", to("z/y/2")),
            ("x/y/z", Rewritten::Unchanged),
            ("x/y/z/1", to("z/y/x/z/1")),
            ("x/1/2", Rewritten::Unchanged),
            ("y/a/z/b", to("y/z/b")),
            ("y/def", Rewritten::Unchanged),
        ] {
            assert_eq!(rules.topic(topic, || ANN), expected, "{topic}");
            assert_eq!(rules.filter(topic, ANN), expected, "{topic}");
        }
    }

    #[test]
    fn rules_are_about_messages_or_filters() {
        let rules =
            RewriteRules::new(&[rule(Publish, "a", "^a$", "published"), rule(Subscribe, "a", "^a$", "subscribed/#")]);
        let rules = rules.unwrap();
        assert_eq!((rules.topic("a", || ANN), rules.filter("a", ANN)), (to("published"), to("subscribed/#")));
        assert!(rules.rewrites_messages() && !rules.is_empty() && RewriteRules::default().is_empty());
    }

    #[test]
    fn what_stands_before_a_filter_stays() {
        let rules = RewriteRules::new(&[rule(Subscribe, "a/#", "^a/(.*)$", "b/$1")]).unwrap();
        for (filter, expected) in [
            ("$share/g/a/+/c", to("$share/g/b/+/c")),
            ("$queue/a/#", to("$queue/b/#")),
            ("$exclusive/a/1", to("$exclusive/b/1")),
            ("$share/g/c", Rewritten::Unchanged),
            ("a/#/b", Rewritten::Unchanged),
        ] {
            assert_eq!(rules.filter(filter, ANN), expected, "{filter}");
        }
    }

    #[test]
    fn names_of_the_client_bring_no_wildcards() {
        let rules = RewriteRules::new(&[rule(All, "own/#", "^own/(.+)$", "t/${clientid}/%u/$1")]).unwrap();
        let named = |client_id, username| rules.topic("own/x", || ClientNames { client_id, username });
        assert_eq!(named("c1", Some("ann")), to("t/c1/ann/x"));
        assert_eq!(named("c1", None), to("t/c1/${username}/x"), "as EMQX leaves it");
        for bad in ["+", "#", "a/#", "c+"] {
            assert_eq!(named(bad, Some("ann")), Rewritten::Unusable, "{bad}");
            assert_eq!(named("c1", Some(bad)), Rewritten::Unusable, "{bad}");
            assert_eq!(rules.filter("own/x", ClientNames { client_id: bad, username: None }), Rewritten::Unusable);
        }
        assert_eq!(rules.filter("own/+", ANN), to("t/c1/ann/+"), "what the client writes itself is its own matter");
    }

    #[test]
    fn captures_are_put_in_once() {
        let rules = RewriteRules::new(&[rule(All, "#", "^(.)(.)/(.*)$", "$2$1/$3/$4/$10/$")]).unwrap();
        assert_eq!(rules.topic("ab/$1", || ANN), to("ba/$1/$4/a0/$"));
    }

    #[test]
    fn what_is_no_topic_is_not_made() {
        let rules = RewriteRules::new(&[rule(All, "#", "^x(.*)$", "$1")]).unwrap();
        assert_eq!((rules.topic("x", || ANN), rules.filter("x", ANN)), (Rewritten::Unusable, Rewritten::Unusable));
        let rules = RewriteRules::new(&[rule(Subscribe, "+", "^(.)$", "$1/#/b")]).unwrap();
        assert_eq!(rules.filter("x", ANN), Rewritten::Unusable);
        let rules = RewriteRules::new(&[rule(Subscribe, "+", "^(.)$", "$share/g/$1")]).unwrap();
        assert_eq!(rules.filter("x", ANN), Rewritten::Unusable, "a group is nothing that a rule gives");
    }

    #[test]
    fn rules_that_make_no_sense_are_refused() {
        let good = rule(All, "a", "a", "b");
        for (bad, error) in [
            (rule(All, "a/#/b", "a", "b"), "source_topic"),
            (rule(All, "a", "(", "b"), "re is no regular expression"),
            (rule(All, "a", "a", "b/#"), "wildcard"),
            (rule(Publish, "a", "a", "b/+"), "wildcard"),
            (rule(Subscribe, "a", "a", ""), "empty"),
        ] {
            let (place, found) = RewriteRules::new(&[good.clone(), bad]).unwrap_err();
            assert!(place == 1 && found.to_string().contains(error), "{found}");
        }
    }
}
