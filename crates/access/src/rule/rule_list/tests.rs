//! A scope says what the rules say, whatever they are.

use super::*;
use crate::rule::plain_reading::{any_action, any_client, any_rule, any_topic, plain_verdict};
use crate::{ActionKind, ActionPattern, TextPattern, TopicPattern, Who};
use proptest::prelude::*;

proptest! {
    #[test]
    fn a_scope_says_what_the_rules_say(
        rules in prop::collection::vec(any_rule(), 0..8),
        client in any_client(),
        action in any_action(),
        topics in prop::collection::vec(any_topic(), 1..8),
    ) {
        let list = RuleList::new(rules, RuleSettings::default());
        let scope = list.scope(&client);
        for topic in &topics {
            let expected = plain_verdict(list.rules(), &client, action, topic);
            prop_assert_eq!(list.verdict(&client, action, topic), expected, "{}", topic);
            prop_assert_eq!(list.verdict_within(&scope, &client, action, topic), expected, "{}", topic);
            if let (Some(verdict), Action::Publish { .. }) = (scope.publishing(), action) {
                prop_assert_eq!(verdict, expected, "{} for whatever topic", topic);
            }
        }
    }
}

fn rule(permission: Permission, kind: ActionKind, topics: Topics) -> Rule {
    Rule { permission, who: Who::All, action: ActionPattern::of(kind), topics }
}

#[test]
fn publishing_is_decided_once_where_it_can_be() {
    let some = || Topics::Listed([TopicPattern::new("a/#")].into());
    let publishing = |rules| {
        let list = RuleList::new(rules, RuleSettings::default());
        list.scope(&ClientInfo::default()).publishing()
    };
    use ActionKind::{Publish, Subscribe};
    use Permission::{Allow, Deny};
    assert_eq!(publishing(vec![]), Some(Verdict::NoMatch));
    assert_eq!(publishing(vec![rule(Deny, Subscribe, Topics::All)]), Some(Verdict::NoMatch));
    let shipped = vec![rule(Deny, Subscribe, some()), Rule::about_everything(Allow, Who::All)];
    assert_eq!(publishing(shipped), Some(Verdict::Allow));
    assert_eq!(publishing(vec![rule(Allow, Publish, some()), rule(Allow, Publish, Topics::All)]), Some(Verdict::Allow));
    assert_eq!(publishing(vec![rule(Deny, Publish, some()), rule(Allow, Publish, Topics::All)]), None);
    assert_eq!(publishing(vec![rule(Allow, Publish, some())]), None);
}

#[test]
fn a_scope_of_many_rules_has_each_of_them() {
    let who =
        |index: usize| if index.is_multiple_of(3) { Who::All } else { Who::Username(TextPattern::exact("nobody")) };
    let rules = (0..200).map(|index| Rule::about_everything(Permission::Deny, who(index))).collect();
    let list = RuleList::new(rules, RuleSettings::default());
    let scope = list.scope(&ClientInfo::default());
    assert_eq!(scope.indexes().collect::<Vec<_>>(), (0..200).step_by(3).collect::<Vec<_>>());
    assert_eq!(scope.rule_count(), 67);
}
