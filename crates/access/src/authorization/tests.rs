//! Who is asked, in which order, and what follows.

use super::*;
use crate::rule::plain_reading::{any_action, any_client, any_rule, any_topic, plain_verdict};
use crate::{
    ActionKind, ActionPattern, Answer, Rule, RuleList, RuleSettings, RuleSource, VerdictCacheSettings, read_acl_file,
};
use dunlin_model::Qos;
use proptest::prelude::*;
use std::future::{Future, ready};
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

const PUBLISH: Action = Action::Publish { qos: Qos::AtMostOnce, retain: false };
const SUBSCRIBE: Action = Action::Subscribe { qos: Qos::AtMostOnce };

/// A back end that says the same of everything and counts how often it was asked.
#[derive(Debug)]
struct Remote {
    says: Result<Verdict, BackendFailure>,
    asked: AtomicU64,
}

impl Remote {
    fn new(says: Result<Verdict, BackendFailure>) -> Arc<Self> {
        Arc::new(Self { says, asked: AtomicU64::new(0) })
    }

    fn failing() -> Arc<Self> {
        Self::new(Err(BackendFailure::Timeout(5)))
    }

    fn asked(&self) -> u64 {
        self.asked.load(Ordering::Relaxed)
    }
}

impl AuthorizationSource for Remote {
    fn kind(&self) -> &'static str {
        "remote"
    }

    fn authorize<'a>(
        &'a self,
        _: &'a ClientInfo,
        _: Action,
        _: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        self.asked.fetch_add(1, Ordering::Relaxed);
        Box::pin(ready(self.says.clone()))
    }
}

/// The rules of a back end, which has to be asked for each verdict.
#[derive(Debug)]
struct RemoteRules(Vec<Rule>);

impl AuthorizationSource for RemoteRules {
    fn kind(&self) -> &'static str {
        "remote rules"
    }

    fn authorize<'a>(
        &'a self,
        client: &'a ClientInfo,
        action: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        Box::pin(ready(Ok(Rule::first_verdict(&self.0, &RuleSettings::default(), client, action, topic))))
    }
}

fn file(text: &str) -> SourceEntry {
    let rules = RuleList::new(read_acl_file(text).expect("rules"), RuleSettings::default());
    SourceEntry::new(Arc::new(RuleSource::new("file", rules)))
}

fn with(settings: AuthorizationSettings, sources: Vec<SourceEntry>) -> Authorization {
    Authorization::new(settings, sources, 1).expect("few sources")
}

fn of(sources: Vec<SourceEntry>) -> Authorization {
    with(AuthorizationSettings::default(), sources)
}

fn client(name: &str) -> Arc<ClientInfo> {
    Arc::new(ClientInfo { username: Some(name.into()), client_id: "c1".into(), ..ClientInfo::default() })
}

/// All futures of these tests are ready when they are asked.
fn finish<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("nobody wakes this future"),
    }
}

/// Decides to the end and settles.
fn decide(
    authorization: &Authorization,
    permit: &mut Permit,
    action: Action,
    topic: &str,
    now: Millis,
    tally: &mut Tally,
) -> Ruling {
    match authorization.decide_now(permit, action, topic, now, tally) {
        Decision::Made(ruling) => ruling,
        Decision::Open(question) => {
            let answered = finish(authorization.answer(*question, &[]));
            authorization.settle(permit, &answered, now);
            tally.add(&answered.tally);
            answered.ruling
        }
    }
}

fn ruling_of(authorization: &Authorization, permit: &mut Permit, action: Action, topic: &str) -> Ruling {
    decide(authorization, permit, action, topic, 0, &mut Tally::default())
}

const fn allowed(by: DecidedBy) -> Ruling {
    Ruling { permission: Permission::Allow, by }
}

const fn denied(by: DecidedBy) -> Ruling {
    Ruling { permission: Permission::Deny, by }
}

#[test]
fn what_nobody_speaks_of_is_denied_unless_the_settings_say_otherwise() {
    let mut permit = of(vec![]).permit(client("ann"), None);
    assert_eq!(ruling_of(&of(vec![]), &mut permit, PUBLISH, "a"), denied(DecidedBy::NoMatch));
    assert_eq!(ruling_of(&of(vec![]), &mut permit, SUBSCRIBE, "a"), denied(DecidedBy::NoMatch));
    let settings = AuthorizationSettings { no_match: Permission::Allow, ..AuthorizationSettings::default() };
    let lenient = with(settings, vec![file("{deny, all, publish, [\"x\"]}.")]);
    let mut permit = lenient.permit(client("ann"), None);
    assert_eq!(ruling_of(&lenient, &mut permit, PUBLISH, "a"), allowed(DecidedBy::NoMatch));
    assert_eq!(ruling_of(&lenient, &mut permit, PUBLISH, "x"), denied(DecidedBy::Source(0)));
}

#[test]
fn nobody_is_asked_about_a_superuser() {
    let remote = Remote::failing();
    let authorization = of(vec![file("{deny, all}."), SourceEntry::new(remote.clone())]);
    let superuser = Arc::new(ClientInfo { is_superuser: true, ..ClientInfo::default() });
    let acl = ClientAcl::parse("{}", Some(0)).expect("rules");
    let mut permit = authorization.permit(superuser, Some(acl));
    for action in [PUBLISH, SUBSCRIBE] {
        assert_eq!(ruling_of(&authorization, &mut permit, action, "a"), allowed(DecidedBy::Superuser));
    }
    assert_eq!(remote.asked(), 0);
}

#[test]
fn rules_that_came_with_the_client_and_are_about_another_are_gone() {
    let list = r#"[{"permission": "allow", "action": "all", "topic": "a", "username_re": "^b"},
        {"permission": "allow", "action": "all", "topic": "b", "username_re": "^a"}]"#;
    let authorization = of(vec![]);
    let mut permit = authorization.permit(client("ann"), ClientAcl::parse(list, None).ok());
    assert_eq!(ruling_of(&authorization, &mut permit, PUBLISH, "a"), denied(DecidedBy::NoMatch));
    assert_eq!(ruling_of(&authorization, &mut permit, PUBLISH, "b"), allowed(DecidedBy::ClientAcl));
    assert_eq!(permit.acl().map(|acl| acl.rules().len()), Some(1));
}

#[test]
fn rules_that_came_with_the_client_are_first() {
    let authorization = of(vec![file("{allow, all}.")]);
    let list = r#"[{"permission": "deny", "action": "publish", "topic": "a"}]"#;
    let mut permit = authorization.permit(client("ann"), ClientAcl::parse(list, Some(10)).ok());
    let mut tally = Tally::default();
    let mut decide = |topic, now| decide(&authorization, &mut permit, PUBLISH, topic, now, &mut tally);
    assert_eq!(decide("a", 9), denied(DecidedBy::ClientAcl));
    assert_eq!(decide("b", 9), allowed(DecidedBy::Source(0)));
    assert_eq!(decide("b", 10), denied(DecidedBy::ClientAcl), "they have ended");
    assert_eq!((tally.client_acl, tally.matched_allow, tally.allow, tally.deny), (2, 1, 1, 2));
    let mut permit = authorization.permit(client("ann"), ClientAcl::parse(r#"{"pub": ["a"]}"#, None).ok());
    assert_eq!(ruling_of(&authorization, &mut permit, PUBLISH, "a"), allowed(DecidedBy::ClientAcl));
    assert_eq!(ruling_of(&authorization, &mut permit, PUBLISH, "b"), denied(DecidedBy::ClientAcl), "lists are final");
}

#[test]
fn sources_are_asked_in_their_order_until_one_says_something() {
    let (quiet, strict) = (Remote::new(Ok(Verdict::NoMatch)), Remote::new(Ok(Verdict::Deny)));
    let sources = vec![
        file("{allow, all, publish, [\"file\"]}."),
        SourceEntry::new(quiet.clone()),
        SourceEntry { is_enabled: false, ..SourceEntry::new(Remote::failing()) },
        SourceEntry::new(strict.clone()),
    ];
    let authorization = of(sources);
    let mut permit = authorization.permit(client("ann"), None);
    let mut tally = Tally::default();
    let mut decide = |topic| decide(&authorization, &mut permit, PUBLISH, topic, 0, &mut tally);
    assert_eq!(decide("file"), allowed(DecidedBy::Source(0)));
    assert_eq!((quiet.asked(), strict.asked()), (0, 0));
    assert_eq!(decide("other"), denied(DecidedBy::Source(3)));
    assert_eq!((quiet.asked(), strict.asked()), (1, 1));
    let counts = tally.sources.iter().map(|source| (source.allow, source.deny, source.no_match));
    assert_eq!(counts.collect::<Vec<_>>(), [(1, 0, 1), (0, 0, 1), (0, 0, 0), (0, 1, 0)]);
}

#[test]
fn a_source_that_fails_denies_unless_failures_are_ignored() {
    let sources = || vec![SourceEntry::new(Remote::failing() as Arc<_>), file("{allow, all}.")];
    let strict = of(sources());
    let mut permit = strict.permit(client("ann"), None);
    let mut tally = Tally::default();
    assert_eq!(decide(&strict, &mut permit, PUBLISH, "a", 0, &mut tally), denied(DecidedBy::FailureOf(0)));
    assert_eq!((tally.sources[0].failed, tally.sources[0].ignore, tally.deny), (1, 0, 1));
    let settings = AuthorizationSettings { ignore_backend_failures: true, ..AuthorizationSettings::default() };
    let lenient = with(settings, sources());
    let mut permit = lenient.permit(client("ann"), None);
    let mut tally = Tally::default();
    assert_eq!(decide(&lenient, &mut permit, PUBLISH, "a", 0, &mut tally), allowed(DecidedBy::Source(1)));
    assert_eq!((tally.sources[0].failed, tally.sources[0].ignore, tally.allow), (1, 1, 1));
    assert_eq!(permit.cached().count(), 0, "it may not fail the next time");
}

#[test]
fn answers_are_kept_for_a_while() {
    let remote = Remote::new(Ok(Verdict::Allow));
    let settings = AuthorizationSettings {
        cache: Some(VerdictCacheSettings { max_size: 8, ttl_ms: 10 }),
        cache_excludes: vec!["fresh/#".into()],
        ..AuthorizationSettings::default()
    };
    let authorization = with(settings.clone(), vec![SourceEntry::new(remote.clone())]);
    let mut permit = authorization.permit(client("ann"), None);
    let mut tally = Tally::default();
    let mut decide = |action, topic, now| decide(&authorization, &mut permit, action, topic, now, &mut tally).by;
    for (action, topic, now, by, asked) in [
        (PUBLISH, "a", 0, DecidedBy::Source(0), 1),
        (PUBLISH, "a", 9, DecidedBy::Cache, 1),
        (PUBLISH, "a", 10, DecidedBy::Source(0), 2),
        (SUBSCRIBE, "a", 10, DecidedBy::Source(0), 3),
        (SUBSCRIBE, "a", 11, DecidedBy::Cache, 3),
        (PUBLISH, "fresh/a", 11, DecidedBy::Source(0), 4),
        (PUBLISH, "fresh/a", 11, DecidedBy::Source(0), 5),
    ] {
        assert_eq!((decide(action, topic, now), remote.asked()), (by, asked), "{topic} at {now}");
    }
    assert_eq!((tally.cache_hit, tally.cache_miss, tally.allow), (2, 5, 7));
    assert_eq!(permit.cached().count(), 2);
    permit.clear_cache();
    assert_eq!(permit.cached().count(), 0);
    let without = with(AuthorizationSettings { cache: None, ..settings }, vec![SourceEntry::new(remote)]);
    let mut permit = without.permit(client("ann"), None);
    assert_eq!([0, 0].map(|_| ruling_of(&without, &mut permit, PUBLISH, "a").by), [DecidedBy::Source(0); 2]);
}

#[test]
fn another_config_is_noticed() {
    let before = of(vec![SourceEntry::new(Remote::new(Ok(Verdict::Allow)))]);
    let after = Authorization::new(AuthorizationSettings::default(), vec![file("{deny, all, all, [\"#\"]}.")], 2);
    let after = after.expect("few sources");
    let mut permit = before.permit(client("ann"), None);
    assert_eq!(ruling_of(&before, &mut permit, PUBLISH, "a"), allowed(DecidedBy::Source(0)));
    // An answer that is on its way while the config changes.
    let Decision::Open(question) = before.decide_now(&mut permit, SUBSCRIBE, "b", 0, &mut Tally::default()) else {
        panic!("a back end has to be asked")
    };
    assert_eq!(ruling_of(&after, &mut permit, PUBLISH, "a"), denied(DecidedBy::Source(0)));
    let late = finish(before.answer(*question, &[]));
    after.settle(&mut permit, &late, 0);
    before.settle(&mut permit, &late, 0);
    assert_eq!(permit.cached().count(), 0);
}

#[test]
fn preconditions_say_whom_a_source_is_about() {
    let about = |expression: &str| SourceEntry {
        precondition: Some(Expression::parse(expression).expect("an expression")),
        ..file("{allow, all}.")
    };
    for (expression, expected) in [
        ("str_eq(username, 'ann')", true),
        ("str_eq(username, 'bob')", false),
        ("username", false),
        ("nth(9, tokens(username, '-'))", false),
        ("unknown", false),
    ] {
        let authorization = of(vec![about(expression)]);
        let mut permit = authorization.permit(client("ann"), None);
        assert_eq!(ruling_of(&authorization, &mut permit, PUBLISH, "a").is_allow(), expected, "{expression}");
        assert_eq!(ruling_of(&authorization, &mut permit, SUBSCRIBE, "a").is_allow(), expected, "{expression}");
    }
}

#[test]
fn sources_see_mountpoints_if_the_settings_say_so() {
    let mounted = Arc::new(ClientInfo { mountpoint: Some("m/".into()), ..ClientInfo::default() });
    let sources = || vec![file("{allow, all, all, [\"m/+\"]}."), SourceEntry::new(Remote::new(Ok(Verdict::Deny)))];
    for (include_mountpoint, expected) in [(false, false), (true, true)] {
        let settings = AuthorizationSettings { include_mountpoint, ..AuthorizationSettings::default() };
        let authorization = with(settings, sources());
        let mut permit = authorization.permit(mounted.clone(), None);
        assert_eq!(ruling_of(&authorization, &mut permit, SUBSCRIBE, "a").is_allow(), expected);
        assert!(!ruling_of(&authorization, &mut permit, SUBSCRIBE, "a/b").is_allow());
        assert!(permit.cached().all(|kept| kept.topic.starts_with('a')));
    }
}

#[test]
fn publishing_is_decided_before_it_happens_where_it_can_be() {
    let shipped = "{allow, {username, \"dashboard\"}, subscribe, [\"$SYS/#\"]}. {deny, all, subscribe, [\"#\"]}.";
    let publishing = |sources| of(sources).permit(client("ann"), None).publishing();
    let everything = || file(&format!("{shipped} {{allow, all}}."));
    assert_eq!(publishing(vec![everything()]), Some(allowed(DecidedBy::Source(0))));
    assert_eq!(publishing(vec![file(shipped)]), Some(denied(DecidedBy::NoMatch)));
    let remote = || SourceEntry::new(Remote::failing() as Arc<_>);
    assert_eq!(publishing(vec![everything(), remote()]), Some(allowed(DecidedBy::Source(0))));
    assert_eq!(publishing(vec![remote(), everything()]), None);
    assert_eq!(publishing(vec![file(shipped), remote()]), None);
    let off = SourceEntry { is_enabled: false, ..remote() };
    assert_eq!(publishing(vec![off, everything()]), Some(allowed(DecidedBy::Source(1))));
}

#[test]
fn many_rules_about_publishing_are_worth_a_cache_and_others_are_not() {
    let rule = |action| Rule {
        action: ActionPattern::of(action),
        ..read_acl_file("{deny, all, all, [\"x\"]}.").expect("a rule").remove(0)
    };
    for (kind, count, kept) in
        [(ActionKind::Publish, 1, 0), (ActionKind::Publish, 100, 1), (ActionKind::Subscribe, 100, 0)]
    {
        let allow = read_acl_file("{allow, all, all, [\"a\"]}.").expect("a rule");
        let rules = [vec![rule(kind); count], allow].concat();
        let source = RuleSource::new("file", RuleList::new(rules, RuleSettings::default()));
        let authorization = of(vec![SourceEntry::new(Arc::new(source))]);
        let mut permit = authorization.permit(client("ann"), None);
        for action in [PUBLISH, SUBSCRIBE] {
            assert!(ruling_of(&authorization, &mut permit, action, "a").is_allow());
        }
        assert_eq!(permit.cached().count(), kept, "{count} {kind:?}");
    }
}

#[test]
fn there_are_only_so_many_places() {
    let sources = |count| (0..count).map(|_| file("{deny, all}.")).collect();
    assert!(Authorization::new(AuthorizationSettings::default(), sources(MAX_SOURCES), 1).is_ok());
    let error = Authorization::new(AuthorizationSettings::default(), sources(MAX_SOURCES + 1), 1).expect_err("many");
    assert!(error.to_string().contains("65"));
}

fn any_rules() -> impl Strategy<Value = Vec<Rule>> {
    prop::collection::vec(any_rule(), 0..6)
}

proptest! {
    /// Whatever is found out beforehand, kept or asked elsewhere: what is said is what the rules say, one after the other.
    #[test]
    fn short_cuts_say_what_the_rules_say(
        own_rules in prop::option::of(any_rules()),
        file_rules in any_rules(),
        remote_rules in prop::option::of(any_rules()),
        client in any_client(),
        no_match in prop::sample::select(vec![Permission::Allow, Permission::Deny]),
        requests in prop::collection::vec((any_action(), any_topic()), 1..30),
    ) {
        let list = RuleList::new(file_rules.clone(), RuleSettings::default());
        let mut sources = vec![SourceEntry::new(Arc::new(RuleSource::new("file", list)))];
        sources.extend(remote_rules.clone().map(|rules| SourceEntry::new(Arc::new(RemoteRules(rules)))));
        let authorization = with(AuthorizationSettings { no_match, ..AuthorizationSettings::default() }, sources);
        let acl = own_rules.clone().map(|rules| ClientAcl::new(rules, Verdict::NoMatch, None));
        let mut permit = authorization.permit(Arc::new(client.clone()), acl);
        let rules = [own_rules.unwrap_or_default(), file_rules, remote_rules.unwrap_or_default()].concat();
        for (now, (action, topic)) in requests.iter().enumerate() {
            let ruling = decide(&authorization, &mut permit, *action, topic, now as Millis, &mut Tally::default());
            let expected = permission_of(plain_verdict(&rules, &client, *action, topic)).unwrap_or(no_match);
            prop_assert_eq!(ruling.permission, expected, "{:?} {}", action, topic);
        }
    }
}
