//! Time of a verdict on a PUBLISH, of a permit, and the memory of one. Run with `cargo bench -p dunlin-access`.

#![allow(clippy::disallowed_methods, reason = "a benchmark reads the clock")]

use dunlin_access::{
    Action, Authorization, AuthorizationSettings, ClientInfo, Decision, Permission, Permit, RuleList, RuleSettings,
    RuleSource, SourceEntry, Tally, VerdictCache, VerdictCacheSettings, read_acl_file,
};
use dunlin_model::Qos;
use std::fmt::Write;
use std::hint::black_box;
use std::sync::Arc;
use std::time::Instant;

const PUBLISH: Action = Action::Publish { qos: Qos::AtMostOnce, retain: false };
const ROUNDS: u32 = 1_000_000;
const PIECES: u32 = 1_000;
const TOPIC: &str = "site/north/device-7/sensor/temperature";

/// Runs in pieces and prints the median piece: on a busy machine most pieces still run undisturbed.
fn nanoseconds_each(what: &str, rounds: u32, mut run: impl FnMut()) {
    let mut pieces: Vec<f64> = (0..PIECES)
        .map(|_| {
            let start = Instant::now();
            for _ in 0..rounds / PIECES {
                run();
            }
            start.elapsed().as_nanos() as f64 / f64::from(rounds / PIECES)
        })
        .collect();
    pieces.sort_by(f64::total_cmp);
    println!("{what:<64} {:>8.1} ns", pieces[pieces.len() / 2]);
}

fn rules(rule: impl Fn(usize) -> String) -> String {
    let mut text = String::new();
    for number in 0..49 {
        let _ = writeln!(text, "{}", rule(number));
    }
    text + "{allow, all, all, [\"site/${zone}/${clientid}/#\", \"site/+/+/sensor/#\"]}."
}

fn authorization(text: &str, cache: Option<VerdictCacheSettings>) -> Authorization {
    let list = RuleList::new(read_acl_file(text).expect("rules"), RuleSettings::default());
    let source = SourceEntry::new(Arc::new(RuleSource::new("file", list)));
    let settings = AuthorizationSettings { cache, ..AuthorizationSettings::default() };
    Authorization::new(settings, vec![source], 1).expect("one source")
}

fn client() -> Arc<ClientInfo> {
    Arc::new(ClientInfo {
        client_id: "device-7".into(),
        username: Some("device-7".into()),
        peer: "10.1.2.3:40000".parse().expect("an address"),
        listener: "tcp:default".into(),
        ..ClientInfo::default()
    })
}

fn decide(authorization: &Authorization, permit: &mut Permit, tally: &mut Tally) -> bool {
    match authorization.decide_now(permit, black_box(PUBLISH), black_box(TOPIC), 1, tally) {
        Decision::Made(ruling) => ruling.is_allow(),
        Decision::Open(_) => false,
    }
}

fn verdicts(what: &str, text: &str) {
    let mut tally = Tally::default();
    for (how, cache) in [("no cache", None), ("cache", Some(VerdictCacheSettings::default()))] {
        let authorization = authorization(text, cache);
        let mut permit = authorization.permit(client(), None);
        assert!(decide(&authorization, &mut permit, &mut tally), "{what}");
        nanoseconds_each(&format!("{what}, {how}"), ROUNDS, || {
            black_box(decide(&authorization, &mut permit, &mut tally));
        });
    }
}

fn main() {
    verdicts("publish, everything is allowed", include_str!("../../../deploy/acl.conf"));
    verdicts(
        "publish, 50 rules about other clients",
        &rules(|number| format!("{{deny, {{username, \"device-{}\"}}, all, [\"site/#\"]}}.", number + 100)),
    );
    verdicts(
        "publish, 50 rules about other topics",
        &rules(|number| format!("{{deny, all, publish, [\"area-{number}/#\"]}}.")),
    );
    verdicts(
        "publish, 50 rules that begin like the topic",
        &rules(|number| format!("{{deny, all, publish, [\"site/+/device-7/sensor/{number}/#\"]}}.")),
    );
    verdicts(
        "publish, 50 rules with placeholders",
        &rules(|number| format!("{{deny, all, publish, [\"site/+/${{clientid}}/{number}/${{username}}\"]}}.")),
    );
    verdicts("publish, 10 rules that begin like the topic", &{
        let text = rules(|number| format!("{{deny, all, publish, [\"site/+/device-7/sensor/{number}/#\"]}}."));
        text.lines().skip(40).collect::<Vec<_>>().join("\n")
    });
    let mut cache = VerdictCache::default();
    for number in 0..32 {
        cache.put(VerdictCacheSettings::default(), PUBLISH, &format!("{TOPIC}-{number}"), Permission::Allow, 0);
    }
    nanoseconds_each("a look-up in a full cache, in vain", ROUNDS, || {
        black_box(cache.get(black_box(PUBLISH), black_box(TOPIC), 1));
    });
    let text =
        rules(|number| format!("{{deny, {{username, {{re, \"^device-{number}[0-9]+$\"}}}}, all, [\"site/#\"]}}."));
    let authorization = authorization(&text, None);
    let client = client();
    nanoseconds_each("a permit, 49 regular expressions", ROUNDS / 10, || {
        black_box(authorization.permit(client.clone(), None));
    });
    println!("a permit has {} bytes, what is known of a client {}", size_of::<Permit>(), size_of::<ClientInfo>());
}
