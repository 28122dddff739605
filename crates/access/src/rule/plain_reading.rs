//! For tests: rules, clients and topics of all kinds, and what rules say of them by the plain reading.

use super::{ActionKind, ActionPattern, QosSet, Rule, RuleSettings, TextPattern, TopicPattern, Topics, Who};
use crate::{Action, ClientInfo, Permission, Verdict};
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

pub(crate) fn any_rule() -> impl Strategy<Value = Rule> {
    (any_permission(), any_who(), any_action_pattern(), any_topics())
        .prop_map(|(permission, who, action, topics)| Rule { permission, who, action, topics })
}

pub(crate) fn any_client() -> impl Strategy<Value = ClientInfo> {
    (prop::option::of("[ab+#/]{0,2}"), "[ab/]{0,2}").prop_map(|(username, client_id)| ClientInfo {
        username: username.map(|name| name.as_str().into()),
        client_id: client_id.as_str().into(),
        ..ClientInfo::default()
    })
}

pub(crate) fn any_action() -> impl Strategy<Value = Action> {
    prop_oneof![
        (any_qos(), any::<bool>()).prop_map(|(qos, retain)| Action::Publish { qos, retain }),
        any_qos().prop_map(|qos| Action::Subscribe { qos }),
    ]
}

/// Names and filters of few letters, so that many are the same or nearly.
pub(crate) fn any_topic() -> impl Strategy<Value = String> {
    "[ab+#$]?(/x?[ab+#]){0,3}"
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

/// What the first rule says that is about it, by the plain reading.
pub(crate) fn plain_verdict(rules: &[Rule], client: &ClientInfo, action: Action, topic: &str) -> Verdict {
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
