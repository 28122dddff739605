//! Any JSON, as a row, as rules of a client and as a field of Redis: no panic, and a rule that is read can be asked.
#![no_main]

use dunlin_access::{Action, ClientAcl, ClientInfo, Rule, RuleSettings};
use dunlin_model::Qos;
use libfuzzer_sys::fuzz_target;

const PUBLISH: Action = Action::Publish { qos: Qos::AtMostOnce, retain: false };

// JSON and a topic, with a null character between them.
fuzz_target!(|input: &str| {
    let (text, topic) = input.split_once('\0').unwrap_or((input, "a/b"));
    let (client, settings) = (ClientInfo::default(), RuleSettings::default());
    if let Ok(acl) = ClientAcl::parse(text, None) {
        acl.verdict(&settings, &client, PUBLISH, topic, 0);
    }
    if let Ok(rule) = Rule::from_redis(topic, text) {
        rule.is_about(&settings, &client, PUBLISH, topic);
    }
    if let Ok(value) = serde_json::from_str(text)
        && let Ok(rules) = Rule::from_json(&value)
    {
        Rule::first_verdict(&rules, &settings, &client, PUBLISH, topic);
    }
});
