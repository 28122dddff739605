//! What every source of rules says to everything a client can do, as exact answers in both versions.

use crate::access_back_ends::{authentication, authorization, rules};
use crate::access_web_service::web_service;
use dunlin_access::{
    Admission, Answer, Authenticator, AuthorizationSettings, Credentials, DenyAction, Outcome, Permission,
    RuleSettings, SourceEntry,
};
use dunlin_auth_built_in_database::{BuiltInAuthorization, RuleDatabase, RuleSubject};
use dunlin_auth_http::{HttpAuthorization, HttpSettings, Method};
use dunlin_codec::{Packet, Publish, Will};
use dunlin_model::Qos::{AtLeastOnce, AtMostOnce, ExactlyOnce};
use dunlin_model::ReasonCode::{self, NotAuthorized};
use dunlin_model::{Qos, SubscriptionOptions};
use dunlin_server::Background;
use dunlin_storage::disk::SimulatedDisk;
use dunlin_storage::metadata::MetadataStore;
use dunlin_testkit::{Client, Connecting, TestBroker};
use serde_json::{Value, json};
use std::sync::Arc;

/// What rules say: `open/#` and `own/{client id}/#` are allowed, `closed/#` and subscriptions to `#` are denied, and there is no
/// rule about anything else.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Says {
    Allow,
    Deny,
    Nothing,
}

use Says::{Allow, Deny, Nothing};

/// The sources that are played, each by a test of its own in this file or in `access_rule_servers.rs`.
pub(crate) const SOURCES: [&str; 12] = [
    "file",
    "built_in_database",
    "mysql",
    "postgresql",
    "mongodb",
    "redis, single",
    "redis, cluster",
    "redis, sentinel",
    "ldap",
    "http",
    "client-info, a list",
    "client-info, pub and sub",
];

/// What a client does.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Deed {
    Publish(Qos),
    PublishRetained,
    Subscribe,
    /// It vanishes and leaves this.
    Will,
}

use Deed::{PublishRetained, Subscribe};

pub(crate) const DEEDS: [(Deed, &str, Says); 24] = [
    (Deed::Publish(AtMostOnce), "open/a", Allow),
    (Deed::Publish(AtLeastOnce), "open/a", Allow),
    (Deed::Publish(ExactlyOnce), "open/a", Allow),
    (Deed::Publish(AtLeastOnce), "own/c/a", Allow),
    (Deed::Publish(AtMostOnce), "closed/a", Deny),
    (Deed::Publish(AtLeastOnce), "closed/a", Deny),
    (Deed::Publish(ExactlyOnce), "closed/a", Deny),
    (Deed::Publish(AtLeastOnce), "own/d/a", Nothing),
    (Deed::Publish(AtMostOnce), "else/a", Nothing),
    (PublishRetained, "open/kept", Allow),
    (PublishRetained, "closed/kept", Deny),
    (PublishRetained, "else/kept", Nothing),
    (Subscribe, "open/a", Allow),
    (Subscribe, "open/+/#", Allow),
    (Subscribe, "own/c/+", Allow),
    (Subscribe, "$share/g/open/+", Allow),
    (Subscribe, "#", Deny),
    (Subscribe, "closed/+", Deny),
    (Subscribe, "$share/g/closed/a", Deny),
    (Subscribe, "own/+/a", Nothing),
    (Subscribe, "$share/g/+/a", Nothing),
    (Deed::Will, "open/will", Allow),
    (Deed::Will, "closed/will", Deny),
    (Deed::Will, "else/will", Nothing),
];

/// Under which settings.
struct Setting {
    deny_action: DenyAction,
    no_match: Permission,
    mountpoint: &'static str,
    include_mountpoint: bool,
}

const SETTINGS: [Setting; 4] = [
    Setting { deny_action: DenyAction::Ignore, no_match: Permission::Deny, mountpoint: "", include_mountpoint: false },
    Setting {
        deny_action: DenyAction::Disconnect,
        no_match: Permission::Deny,
        mountpoint: "",
        include_mountpoint: false,
    },
    Setting {
        deny_action: DenyAction::Ignore,
        no_match: Permission::Allow,
        mountpoint: "m/",
        include_mountpoint: false,
    },
    Setting {
        deny_action: DenyAction::Disconnect,
        no_match: Permission::Allow,
        mountpoint: "m/",
        include_mountpoint: true,
    },
];

impl Setting {
    /// What stands in front of topics where rules see them.
    fn prefix(&self) -> &'static str {
        if self.include_mountpoint { self.mountpoint } else { "" }
    }

    fn allows(&self, says: Says) -> bool {
        says == Allow || says == Nothing && self.no_match == Permission::Allow
    }
}

/// Lets everybody in; `watcher` may do everything.
#[derive(Debug)]
struct ByName;

impl Authenticator for ByName {
    fn id(&self) -> &str {
        "password_based:test"
    }

    fn authenticate<'a>(&'a self, credentials: &'a Credentials) -> Answer<'a, Outcome> {
        let is_superuser = credentials.client.client_id == "watcher";
        let admission = Admission { is_superuser, ..Admission::default() };
        Box::pin(std::future::ready(Outcome::Allow(Box::new(admission))))
    }
}

fn broker_of(source: SourceEntry, setting: &Setting) -> TestBroker {
    let &Setting { deny_action, no_match, mountpoint, include_mountpoint } = setting;
    let settings =
        AuthorizationSettings { no_match, deny_action, include_mountpoint, ..AuthorizationSettings::default() };
    let configuration = format!("listeners.tcp.default.mountpoint = \"{mountpoint}\"");
    TestBroker::with_settings(&configuration, |broker| {
        broker.access.authentication = authentication(ByName);
        broker.access.authorization = authorization(settings, vec![source]);
        broker.runtime = Some(Arc::new(Background::start().expect("threads")));
    })
}

/// As [`broker_of`], with the source of a configuration.
fn broker_configured(source: &str, setting: &Setting) -> TestBroker {
    let &Setting { deny_action, no_match, mountpoint, include_mountpoint } = setting;
    let no_match = if no_match == Permission::Allow { "allow" } else { "deny" };
    let deny_action = if deny_action == DenyAction::Ignore { "ignore" } else { "disconnect" };
    let configuration = format!(
        "listeners.tcp.default.mountpoint = \"{mountpoint}\"\n\
         authorization {{ sources = [{{ {source} }}], no_match = {no_match}, deny_action = {deny_action}, \
         include_mountpoint = {include_mountpoint} }}"
    );
    TestBroker::with_settings(&configuration, |broker| broker.access.authentication = authentication(ByName))
}

/// As [`broker_of`], with no source at all: the rules come with what lets a client in, which is a web service.
fn broker_of_client_rules(acl: Value, setting: &Setting) -> TestBroker {
    let &Setting { deny_action, no_match, mountpoint, include_mountpoint } = setting;
    let service = web_service(move |asked| match asked["clientid"].as_str() {
        Some("watcher") => json!({"result": "allow", "is_superuser": true}).to_string(),
        _ => json!({"result": "allow", "acl": acl}).to_string(),
    });
    let no_match = if no_match == Permission::Allow { "allow" } else { "deny" };
    let deny_action = if deny_action == DenyAction::Ignore { "ignore" } else { "disconnect" };
    TestBroker::with(&format!(
        "listeners.tcp.default.mountpoint = \"{mountpoint}\"
         authentication = [{{ mechanism = password_based, backend = http, method = post, url = \"http://{}/auth\"
            body {{ clientid = \"${{clientid}}\" }} }}]
         authorization {{ sources = [], no_match = {no_match}, deny_action = {deny_action}, \
         include_mountpoint = {include_mountpoint} }}",
        service.expect("a service")
    ))
}

/// Clients that do one thing each, and one that sees what comes of it.
struct Scene<'a> {
    broker: &'a TestBroker,
    setting: &'a Setting,
    watcher: Client,
}

impl Scene<'_> {
    fn play(&mut self, is_v5: bool, deed: Deed, topic: &str, says: Says) {
        let is_allowed = self.setting.allows(says);
        let client = || if is_v5 { Client::v5("c") } else { Client::v4("c") };
        println!("{deed:?} {topic}, 5.0: {is_v5}, allowed: {is_allowed}");
        match deed {
            Deed::Publish(qos) => self.publish(client(), is_v5, (topic, qos, false), is_allowed),
            PublishRetained => self.publish(client(), is_v5, (topic, AtLeastOnce, true), is_allowed),
            Subscribe => self.subscribe(client(), is_v5, topic, is_allowed),
            Deed::Will => {
                let will = Will { topic, payload: b"x", qos: AtLeastOnce, ..Will::default() };
                // Whatever happens to those who want what they may not: a will is left out.
                client().will(will).connect(self.broker).cut(self.broker);
                self.expect_seen(topic, is_allowed);
            }
        }
    }

    fn publish(
        &mut self,
        client: Connecting<'_>,
        is_v5: bool,
        (topic, qos, retain): (&str, Qos, bool),
        is_allowed: bool,
    ) {
        let mut client = client.connect(self.broker);
        let publish = Publish { topic, qos, retain, payload: b"x", ..Publish::default() };
        let retained_before = self.broker.retained();
        if is_allowed || self.setting.deny_action == DenyAction::Ignore {
            let code = client.publish_with(publish);
            // Before 5.0 there is no word for it.
            assert_eq!(code == NotAuthorized, is_v5 && !is_allowed && qos != AtMostOnce, "{code:?}");
            client.disconnect();
        } else {
            client.send_publish_with(publish);
            expect_thrown_out(client, is_v5);
        }
        self.expect_seen(topic, is_allowed);
        if retain {
            assert_eq!(self.broker.retained() > retained_before, is_allowed);
        }
    }

    fn subscribe(&mut self, client: Connecting<'_>, is_v5: bool, filter: &str, is_allowed: bool) {
        let mut client = client.connect(self.broker);
        let options = SubscriptionOptions { qos: AtLeastOnce, ..SubscriptionOptions::default() };
        client.send_subscribe(None, &[(filter, options)]);
        if is_allowed || self.setting.deny_action == DenyAction::Ignore {
            let frame = client.recv_where("SUBACK", |packet| matches!(packet, Packet::SubAck(_)));
            let denied = if is_v5 { NotAuthorized } else { ReasonCode::UnspecifiedError };
            let expected = if is_allowed { ReasonCode::GrantedQos1 } else { denied };
            assert_eq!(frame.reason_codes(), [expected]);
            client.disconnect();
        } else {
            expect_thrown_out(client, is_v5);
        }
        self.broker.wait_until("only the watcher is subscribed", |broker| broker.subscriptions() == 1);
    }

    fn expect_seen(&mut self, topic: &str, is_allowed: bool) {
        if is_allowed {
            assert_eq!(self.watcher.expect_publish().topic, topic);
        } else {
            self.watcher.expect_nothing();
        }
    }
}

fn expect_thrown_out(mut client: Client, is_v5: bool) {
    if is_v5 {
        client.expect_disconnect(NotAuthorized);
    } else {
        client.expect_closed();
    }
}

fn play_all(name: &str, source: impl Fn(&Setting) -> SourceEntry) {
    play_on(name, |says| says, |setting| broker_of(source(setting), setting));
}

/// Plays all of it with a source of the configuration, whose server knows the same rules with and without the mountpoint.
pub(crate) fn play_configured(name: &str, source: &str) {
    play_on(name, |says| says, |setting| broker_configured(source, setting));
}

/// The same with one that cannot deny, and says nothing where others deny.
pub(crate) fn play_configured_allowing(name: &str, source: &str) {
    let says = |says| if says == Deny { Nothing } else { says };
    play_on(name, says, |setting| broker_configured(source, setting));
}

fn play_on(name: &str, words: impl Fn(Says) -> Says, broker: impl Fn(&Setting) -> TestBroker) {
    assert!(SOURCES.contains(&name), "{name} is not in the manual");
    for setting in &SETTINGS {
        for is_v5 in [true, false] {
            let broker = broker(setting);
            let mut watcher = Client::v5("watcher").connect(&broker);
            watcher.subscribe("#", AtLeastOnce);
            let mut scene = Scene { broker: &broker, setting, watcher };
            for (deed, topic, says) in DEEDS {
                scene.play(is_v5, deed, topic, words(says));
            }
        }
    }
}

#[test]
fn a_file() {
    play_all("file", |setting| {
        let prefix = setting.prefix();
        rules(&format!(
            "{{allow, all, all, [\"{prefix}open/#\", \"{prefix}own/${{clientid}}/#\"]}}.
             {{deny, all, all, [\"{prefix}closed/#\"]}}.
             {{deny, all, subscribe, [{{eq, \"{prefix}#\"}}]}}."
        ))
    });
}

#[test]
fn rules_that_dunlin_keeps_itself() {
    play_all("built_in_database", |setting| {
        let prefix = setting.prefix();
        let row = |permission: &str, action: &str, topic: &str| {
            let row = json!({"permission": permission, "action": action, "topic": topic});
            let Value::Object(row) = row else { panic!("it is an object") };
            row
        };
        let rows = vec![
            row("allow", "all", &format!("{prefix}open/#")),
            row("allow", "all", &format!("{prefix}own/${{clientid}}/#")),
            row("deny", "all", &format!("{prefix}closed/#")),
            row("deny", "subscribe", &format!("eq {prefix}#")),
        ];
        let (store, _) = MetadataStore::open(Arc::new(SimulatedDisk::new(1))).expect("an empty disk");
        let database = RuleDatabase::open(Arc::new(store)).expect("no rules");
        database.set(RuleSubject::All, rows).expect("rules");
        SourceEntry::new(Arc::new(BuiltInAuthorization::new(Arc::new(database), RuleSettings::default())))
    });
}

#[test]
fn a_web_service() {
    play_all("http", |setting| {
        let prefix = setting.prefix();
        let answering = move |asked: &Value| {
            let topic = asked["topic"].as_str().and_then(|topic| topic.strip_prefix(prefix)).unwrap_or_default();
            let own = format!("own/{}/", asked["clientid"].as_str().unwrap_or_default());
            let result = match topic {
                "#" => "deny",
                topic if topic.starts_with("closed/") => "deny",
                topic if topic.starts_with("open/") || topic.starts_with(&own) => "allow",
                _ => "ignore",
            };
            json!({"result": result}).to_string()
        };
        let url = format!("http://{}/rules", web_service(answering).expect("a service"));
        let Value::Object(body) = json!({"clientid": "${clientid}", "topic": "${topic}"}) else {
            panic!("it is an object")
        };
        let settings = HttpSettings { body, ..HttpSettings::for_rules(Method::Post, &url) };
        SourceEntry::new(Arc::new(HttpAuthorization::new(&settings).expect("settings")))
    });
}

#[test]
fn a_list_of_rules_that_came_with_the_client() {
    let of_setting = |setting: &Setting| {
        let prefix = setting.prefix();
        let rule = |permission: &str, action: &str, topics: &[&str]| {
            let topics: Vec<_> = topics.iter().map(|topic| format!("{prefix}{topic}")).collect();
            json!({"permission": permission, "action": action, "topics": topics})
        };
        let all = format!("eq {prefix}#");
        let acl = json!([
            rule("allow", "all", &["open/#", "own/${clientid}/#"]),
            rule("deny", "all", &["closed/#"]),
            {"permission": "deny", "action": "subscribe", "topic": all},
        ]);
        broker_of_client_rules(acl, setting)
    };
    play_on("client-info, a list", |says| says, of_setting);
}

/// The older form: what is in no list is denied, whatever `no_match` says.
#[test]
fn lists_of_topics_that_came_with_the_client() {
    let of_setting = |setting: &Setting| {
        let prefix = setting.prefix();
        let topics = [format!("{prefix}open/#"), format!("{prefix}own/${{clientid}}/#")];
        broker_of_client_rules(json!({"pub": topics, "sub": topics}), setting)
    };
    play_on("client-info, pub and sub", |says| if says == Nothing { Deny } else { says }, of_setting);
}
