//! Rules as people write them, what is wrong with some, and that what is written is read again.

use super::*;
use crate::{Action, ClientInfo, RuleList, RuleSettings, SecurityProfile, Verdict};
use dunlin_model::Qos;
use proptest::prelude::*;

const PUBLISH: Action = Action::Publish { qos: Qos::AtLeastOnce, retain: false };
const SUBSCRIBE: Action = Action::Subscribe { qos: Qos::AtLeastOnce };

fn list(text: &str) -> RuleList {
    RuleList::new(read_acl_file(text).unwrap_or_else(|error| panic!("{text}: {error}")), RuleSettings::default())
}

fn error(text: &str) -> AclFileError {
    read_acl_file(text).expect_err(text)
}

fn named(username: &str) -> ClientInfo {
    ClientInfo { username: Some(username.into()), client_id: "c1".into(), ..ClientInfo::default() }
}

/// The file as it is shipped with EMQX, with its comments.
#[test]
fn a_file_as_it_is_shipped_is_read() {
    let text = "%% -type(ipaddr() :: {ipaddr, string()}).\n\n\
                {allow, {username, {re, \"^dashboard$\"}}, subscribe, [\"$SYS/#\"]}.\n\n\
                {allow, {ipaddr, \"127.0.0.1\"}, all, [\"$SYS/#\", \"#\"]}.\n\n\
                {deny, all, subscribe, [\"$SYS/#\", {eq, \"#\"}, {eq, \"+/#\"}]}.\n\n\
                {allow, all}. %% the end";
    let rules = list(text);
    assert_eq!(rules.rules().len(), 4);
    let verdict = |name, action, topic| rules.verdict(&named(name), action, topic);
    assert_eq!(verdict("dashboard", SUBSCRIBE, "$SYS/#"), Verdict::Allow);
    assert_eq!(verdict("ann", SUBSCRIBE, "$SYS/#"), Verdict::Deny);
    assert_eq!(verdict("ann", SUBSCRIBE, "$SYS/brokers"), Verdict::Deny);
    assert_eq!(verdict("ann", SUBSCRIBE, "#"), Verdict::Deny);
    assert_eq!(verdict("ann", SUBSCRIBE, "+/#"), Verdict::Deny);
    assert_eq!(verdict("ann", SUBSCRIBE, "a/#"), Verdict::Allow);
    assert_eq!(verdict("ann", PUBLISH, "$SYS/x"), Verdict::Allow);
    let local = ClientInfo { peer: "127.0.0.1:9".parse().expect("an address"), ..named("ann") };
    assert_eq!(rules.verdict(&local, SUBSCRIBE, "#"), Verdict::Allow);
}

/// The file as it is shipped with Dunlin.
#[test]
fn the_file_of_this_repository_keeps_what_the_node_says_of_itself() {
    let rules = list(include_str!("../../../../deploy/acl.conf"));
    let verdict = |name, action, topic| rules.verdict(&named(name), action, topic);
    for topic in ["$SYS/#", "$SYS/brokers", "#", "+/#"] {
        assert_eq!(verdict("ann", SUBSCRIBE, topic), Verdict::Deny, "{topic}");
    }
    assert_eq!(verdict("dashboard", SUBSCRIBE, "$SYS/#"), Verdict::Allow);
    assert_eq!(verdict("ann", SUBSCRIBE, "a/#"), Verdict::Allow);
    assert_eq!(rules.scope(&named("ann")).publishing(), Some(Verdict::Allow));
}

#[test]
fn every_form_of_a_rule_is_understood() {
    for text in [
        "{allow, {user, \"dashboard\"}, subscribe, [\"$SYS/#\"]}.",
        "{allow, {client, \"c\"}, pubsub, all}.",
        "{allow, {security_profile, legacy}}.",
        "{deny, {security_profile, hardened}, all, all}.",
        "{allow, {ipaddrs, [\"10.0.0.0/8\", \"::1\", \"192.168.1.7\"]}, publish, []}.",
        "{allow, {client_attr, \"team\", {re, \"^r\"}}, all, [\"x\"]}.",
        "{allow, {client_attr, team, \"red\"}, all, [\"x\"]}.",
        "{deny, {'and', [{zone, \"a\"}, {'or', [{listener, \"tcp:default\"}, all]}]}, all, [\"x\"]}.",
        "{deny, all, {publish, [{qos, [0, 2]}, {retain, true}]}, [\"x\"]}.",
        "{deny, all, {subscribe, [{qos, 1}]}, [\"x\"]}.",
        "{deny, all, {subscribe, {qos, 1}}, [\"x\"]}.",
        "{deny, all, {all, [{qos, $\\x{1}}, {retain, all}]}, [\"x\"]}.",
        "{'deny', all}.%",
        "\u{feff}% nothing but this\n",
        "{allow,all}.{deny,all}.",
        "{allow, {username, <<\"ann\"/utf8>>}, publish, [<<\"t/#\">>, {eq, <<>>}, \"eq t\"]}.",
    ] {
        let rules = list(text);
        let written = write_acl_file(rules.rules());
        assert_eq!(list(&written), rules, "{written}");
    }
}

#[test]
fn texts_have_the_escapes_of_erlang() {
    let text = r#"{allow, all, all, ["a\x41\x{1F600}\101\n\t\"\\\s\d\^A\q" "joined" , "é"]}."#;
    let rules = read_acl_file(text).expect("rules");
    let crate::Topics::Listed(topics) = &rules[0].topics else { panic!("a list") };
    assert_eq!(topics[0].text(), "aA\u{1f600}A\n\t\"\\ \u{7f}\u{1}qjoined");
    assert_eq!(topics[1].text(), "é");
}

#[test]
fn a_profile_switches_the_tail() {
    let rules = read_acl_file("{allow, {security_profile, legacy}}. {deny, all}.").expect("rules");
    let verdict = |security_profile| {
        let settings = RuleSettings { security_profile, ..RuleSettings::default() };
        RuleList::new(rules.clone(), settings).verdict(&named("ann"), PUBLISH, "a")
    };
    assert_eq!(verdict(SecurityProfile::Legacy), Verdict::Allow);
    assert_eq!(verdict(SecurityProfile::Hardened), Verdict::Deny);
}

#[test]
fn errors_say_where_what_and_what_would_be_right() {
    for (text, line, column, problem) in [
        ("{allow, all}", 1, 13, "the last rule has no end"),
        ("\n{allow, all}\n{deny, all}.", 3, 1, "the rule before this has no end"),
        ("{allow, all}.\n  {permit, all}.", 2, 4, "this is no permission"),
        ("{allow, everyone}.", 1, 9, "this names no clients"),
        ("{allow, {usr, \"a\"}, all, all}.", 1, 9, "this names no clients"),
        ("{allow, {username, \"a\"}}.", 1, 9, "a rule about some clients"),
        ("{allow, all, read, all}.", 1, 14, "this is no action"),
        ("{allow, all, all, \"t\"}.", 1, 19, "this is no list of topics"),
        ("{allow, all, all, [t]}.", 1, 20, "this is no topic"),
        ("{allow, all, {publish, [{qos, 3}]}, all}.", 1, 31, "no level of quality of service"),
        ("{allow, all, {publish, [{retain, 1}]}, all}.", 1, 34, "no value of `retain`"),
        ("{allow, all, {subscribe, [{retain, true}]}, all}.", 1, 27, "nobody subscribes"),
        ("{allow, {ipaddr, \"10.0.0.0/33\"}, all, all}.", 1, 18, "no address"),
        ("{allow, {username, {re, \"(?=a)\"}}, all, all}.", 1, 25, "no regular expression"),
        ("{allow, {'and', all}, all, all}.", 1, 17, "a list of clients is expected"),
        ("{allow, all, all, [\"t]}.", 1, 20, "this quote is never closed"),
        ("{allow, all, all, [\"t\".", 1, 19, "this bracket is never closed"),
        ("{allow, all all}.", 1, 13, "neither goes on nor ends"),
        ("{allow, }.", 1, 9, "a value is missing"),
        ("{allow, All}.", 1, 9, "`All` is a variable"),
        ("{é, all}.", 1, 2, "has no meaning here"),
        ("{allow, all, {publish, [{qos, 1.5}]}, all}.", 1, 31, "no whole number"),
        ("{allow, all, {publish, [{qos, 99999999999999999999}]}, all}.", 1, 31, "no whole number"),
        ("allow.", 1, 1, "this is no rule"),
        ("{allow, all, all}.", 1, 1, "this is no rule"),
        ("{allow, <\"a\">}.", 1, 9, "no binary"),
        (r#"{allow, {username, "\x{110000}"}, all, all}."#, 1, 22, "no hexadecimal digits"),
    ] {
        let error = error(text);
        assert_eq!((error.line, error.column), (line, column), "{text}: {error}");
        assert!(error.problem.contains(problem), "{text}: {error}");
        assert!(!error.remedy.is_empty() && error.to_string().lines().count() == 1, "{text}: {error}");
    }
}

#[test]
fn depth_and_size_are_bounded() {
    let nested = |depth: usize| format!("{{deny, {}all{}, all, all}}.", "{'and', [".repeat(depth), "]}".repeat(depth));
    assert!(read_acl_file(&nested(10)).is_ok());
    assert!(error(&nested(200_000 / 10)).problem.contains("nested deeper"));
    assert!(error(&" ".repeat(MAX_ACL_FILE_BYTES + 1)).problem.contains("bytes"));
    assert_eq!(read_acl_file(&" ".repeat(MAX_ACL_FILE_BYTES)), Ok(vec![]));
}

/// Pieces of which texts are put together that come near to being rules.
fn almost_rules() -> impl Strategy<Value = String> {
    let pieces = vec![
        "{",
        "}",
        "[",
        "]",
        ",",
        ".",
        " ",
        "\n",
        "%",
        "allow",
        "deny",
        "all",
        "publish",
        "{qos, 1}",
        "'and'",
        "\"a/+\"",
        "<<",
        ">>",
        "\\",
        "\"",
        "'",
        "$",
        "16#ff",
        "-",
        "re",
        "username",
        "é",
        "X",
        "\\x{",
        "eq",
        "client_attr",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn no_text_is_too_strange(text in prop_oneof![any::<String>(), almost_rules()]) {
        match read_acl_file(&text) {
            Ok(rules) => prop_assert_eq!(read_acl_file(&write_acl_file(&rules)), Ok(rules)),
            Err(error) => prop_assert!(error.line > 0 && error.column > 0),
        }
    }

    #[test]
    fn what_is_written_is_read_again(name in any::<String>(), topic in any::<String>(), address in any::<[u8; 4]>()) {
        let rule = Rule {
            permission: crate::Permission::Allow,
            who: crate::Who::And([
                crate::Who::Username(crate::TextPattern::exact(&name)),
                crate::Who::Attribute { name: topic.as_str().into(), value: crate::TextPattern::exact(&name) },
                crate::Who::Address([std::net::IpAddr::from(address).into()].into()),
            ].into()),
            action: crate::ActionPattern::ALL,
            topics: crate::Topics::Listed([crate::TopicPattern::new(&topic), crate::TopicPattern::exact(&name)].into()),
        };
        let rules = vec![rule];
        prop_assert_eq!(read_acl_file(&write_acl_file(&rules)), Ok(rules));
    }
}
