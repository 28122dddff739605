//! A scope says what the rules say, whatever they are.

use super::*;
use crate::{ActionKind, ActionPattern, QosSet, TextPattern, TopicPattern, Who};
use dunlin_model::Qos;
use proptest::prelude::*;

fn any_permission() -> impl Strategy<Value = Permission> {
    prop_oneof![Just(Permission::Allow), Just(Permission::Deny)]
}

fn any_who() -> impl Strategy<Value = Who> {
    let leaf = prop_oneof![
        3 => Just(Who::All),
        1 => "[ab]".prop_map(|name| Who::Username(TextPattern::exact(&name))),
        1 => "[ab]".prop_map(|name| Who::ClientId(TextPattern::regex(&name).expect("a letter"))),
    ];
    leaf.prop_recursive(2, 6, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(|all| Who::And(all.into())),
            prop::collection::vec(inner, 0..3).prop_map(|any| Who::Or(any.into())),
        ]
    })
}

fn any_qos() -> impl Strategy<Value = Qos> {
    prop::sample::select(vec![Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce])
}

fn any_action_pattern() -> impl Strategy<Value = ActionPattern> {
    let kind = prop::sample::select(vec![ActionKind::Publish, ActionKind::Subscribe, ActionKind::All]);
    let qos = prop_oneof![
        3 => Just(QosSet::ALL),
        1 => prop::collection::vec(any_qos(), 0..3).prop_map(|levels| levels.into_iter().fold(QosSet::NONE, QosSet::with)),
    ];
    (kind, qos, prop::option::weighted(0.2, any::<bool>())).prop_map(|(kind, qos, retain)| ActionPattern {
        kind,
        qos,
        retain,
    })
}

fn any_topics() -> impl Strategy<Value = Topics> {
    let pattern = "(eq )?([ab+#]|\\$\\{username\\})(/([ab+#]|x\\$\\{clientid\\})){0,2}";
    prop_oneof![
        1 => Just(Topics::All),
        3 => prop::collection::vec(pattern.prop_map(|text| TopicPattern::new(&text)), 0..3)
            .prop_map(|topics| Topics::Listed(topics.into())),
    ]
}

fn any_rule() -> impl Strategy<Value = Rule> {
    (any_permission(), any_who(), any_action_pattern(), any_topics())
        .prop_map(|(permission, who, action, topics)| Rule { permission, who, action, topics })
}

fn any_client() -> impl Strategy<Value = ClientInfo> {
    (prop::option::of("[ab+#/]{0,2}"), "[ab/]{0,2}").prop_map(|(username, client_id)| ClientInfo {
        username: username.map(|name| name.as_str().into()),
        client_id: client_id.as_str().into(),
        ..ClientInfo::default()
    })
}

fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (any_qos(), any::<bool>()).prop_map(|(qos, retain)| Action::Publish { qos, retain }),
        any_qos().prop_map(|qos| Action::Subscribe { qos }),
    ]
}

/// The topic of a rule for one client by the plain reading, with texts instead of anything compiled: what allows is filled
/// in or is nothing, what denies is filled in with whatever there is, and a level without a name is any level.
fn plain_covers(rule: &Rule, pattern: &TopicPattern, client: &ClientInfo, topic: &str) -> bool {
    let mut text = pattern.text().to_owned();
    let mut is_exact = pattern.is_exact();
    let names = [("${username}", client.username.as_deref()), ("${clientid}", Some(&*client.client_id))];
    for (placeholder, value) in names {
        if !text.contains(placeholder) {
            continue;
        }
        match (value.filter(|value| !value.is_empty()), rule.permission) {
            (None, Permission::Allow) => return false,
            (Some(value), Permission::Allow) if value.contains(['+', '#', '/']) => return false,
            (Some(value), _) => text = text.replace(placeholder, value),
            (None, Permission::Deny) => {
                is_exact = false;
                let levels = text.split('/').map(|level| if level.contains(placeholder) { "+" } else { level });
                text = levels.collect::<Vec<_>>().join("/");
            }
        }
    }
    if is_exact {
        return text == topic;
    }
    if topic.starts_with('$') && text.starts_with(['+', '#']) {
        return false;
    }
    let (filter, levels): (Vec<_>, Vec<_>) = (text.split('/').collect(), topic.split('/').collect());
    let depth = filter.iter().position(|level| *level == "#");
    let is_deep_enough = depth.map_or(levels.len() == filter.len(), |depth| levels.len() >= depth);
    is_deep_enough
        && filter.iter().take(depth.unwrap_or(filter.len())).zip(&levels).all(|(expected, level)| {
            expected == level || *expected == "+" && (*level != "#" || rule.permission == Permission::Deny)
        })
}

fn plain_verdict(rules: &[Rule], client: &ClientInfo, action: Action, topic: &str) -> Verdict {
    for rule in rules {
        let covers_topic = match &rule.topics {
            Topics::All => true,
            Topics::Listed(patterns) => patterns.iter().any(|pattern| plain_covers(rule, pattern, client, topic)),
        };
        if rule.action.is_about(action) && rule.who.is(&RuleSettings::default(), client) && covers_topic {
            return rule.permission.into();
        }
    }
    Verdict::NoMatch
}

proptest! {
    #[test]
    fn a_scope_says_what_the_rules_say(
        rules in prop::collection::vec(any_rule(), 0..8),
        client in any_client(),
        action in any_action(),
        topics in prop::collection::vec("[ab+#$]?(/x?[ab+#]){0,3}", 1..8),
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
