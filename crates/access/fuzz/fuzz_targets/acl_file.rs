//! Any text: no panic, errors have a place, what is read can be written and read again, and a scope says what the rules say.
#![no_main]

use dunlin_access::{Action, ClientInfo, RuleList, RuleSettings, Verdict, read_acl_file, write_acl_file};
use dunlin_model::Qos;
use libfuzzer_sys::fuzz_target;

// A file, a user name and a topic, with a null character between them.
fuzz_target!(|input: &str| {
    let mut parts = input.splitn(3, '\0');
    let mut next = || parts.next().unwrap_or("a/b");
    let (text, name, topic) = (next(), next(), next());
    let rules = match read_acl_file(text) {
        Ok(rules) => rules,
        Err(error) => {
            assert!(error.line > 0 && error.column > 0 && error.to_string().lines().count() == 1);
            return;
        }
    };
    let written = write_acl_file(&rules);
    assert_eq!(read_acl_file(&written).as_ref(), Ok(&rules), "{written}");
    let list = RuleList::new(rules, RuleSettings::default());
    let client = ClientInfo { username: Some(name.into()), client_id: topic.into(), ..ClientInfo::default() };
    let scope = list.scope(&client);
    for action in [Action::Publish { qos: Qos::AtLeastOnce, retain: true }, Action::Subscribe { qos: Qos::AtMostOnce }]
    {
        let verdict = list.verdict(&client, action, topic);
        assert_eq!(list.verdict_within(&scope, &client, action, topic), verdict);
        if let (Action::Publish { .. }, Some(said)) = (action, scope.publishing()) {
            assert_eq!(said, verdict);
        }
        assert!(verdict == Verdict::NoMatch || scope.rule_count() > 0);
    }
});
