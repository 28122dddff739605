//! `zones.<name>`: settings for the clients of some listeners.

use super::listener::DEFAULT_ZONE;
use super::{ConnCongestion, FlappingDetect, ForceShutdown, Mqtt};
use crate::section::Section;
use dunlin_hocon::{Node, Origin, Value};
use std::collections::BTreeMap;

/// `zones.<name>`: what holds for the clients of listeners that name this zone. What the zone does not set is that of the root of
/// the same name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Zone {
    /// `mqtt`.
    pub mqtt: Mqtt,
    /// `force_shutdown`.
    pub force_shutdown: ForceShutdown,
    /// `flapping_detect`.
    pub flapping_detect: FlappingDetect,
    /// `conn_congestion`.
    pub conn_congestion: ConnCongestion,
}

/// Keys of `mqtt` that the clients of all zones share.
const OF_THE_NODE: [&str; 2] = ["shared_subscription_strategy", "shared_subscription_initial_sticky_pick"];

/// Reads `zones` over the zone that the roots are. The zone `default` is always there.
pub(crate) fn read_zones(section: &mut Section<'_>, roots: &Zone) -> BTreeMap<String, Zone> {
    let mut zones = BTreeMap::from([(DEFAULT_ZONE.to_owned(), roots.clone())]);
    for (name, node) in section.take_entries() {
        let zone = section.entry(name, Some(node), |zone| Zone::read(zone, roots));
        zones.insert(name.to_owned(), zone);
    }
    zones
}

/// Has what a zone does not set look as it does at the root that it comes from, with its place.
pub(crate) fn show_what_zones_inherit(effective: &mut Node) {
    let Value::Object(roots) = &mut effective.value else { return };
    let Some(mut zones) = roots.remove("zones") else { return };
    if let Value::Object(zones) = &mut zones.value {
        for zone in zones.values_mut() {
            let Value::Object(parts) = &mut zone.value else { continue };
            for (name, part) in parts {
                inherit(part, roots.get(name));
            }
        }
    }
    roots.insert("zones".to_owned(), zones);
}

fn inherit(part: &mut Node, root: Option<&Node>) {
    let (Value::Object(fields), Some(Value::Object(defaults))) = (&mut part.value, root.map(|root| &root.value)) else {
        return;
    };
    for (key, default) in defaults {
        let own = fields.get(key).filter(|field| field.origin != Origin::Default);
        if own.is_none() && !OF_THE_NODE.contains(&key.as_str()) {
            fields.insert(key.clone(), default.clone());
        }
    }
    for key in OF_THE_NODE {
        fields.remove(key);
    }
}

impl Zone {
    fn read(zone: &mut Section<'_>, roots: &Self) -> Self {
        zone.without_counterpart(&["force_gc"]);
        zone.without_effect("stats", ": the figures of clients are always kept, and cost nothing until somebody asks");
        zone.without_effect("durable_sessions", " in a zone: it is one for the whole node; write it at the root");
        let reason = " in a zone: event loops serve the clients of all zones; write it at the root";
        zone.without_effect("overload_protection", reason);
        Self {
            mqtt: zone.child("mqtt", |mqtt| {
                for key in OF_THE_NODE {
                    let reason = " in a zone: members of a group may be in several; write it in `mqtt` at the root";
                    mqtt.without_effect(key, reason);
                }
                Mqtt::read(mqtt, roots.mqtt.clone())
            }),
            force_shutdown: zone.child("force_shutdown", |limits| ForceShutdown::read(limits, roots.force_shutdown)),
            flapping_detect: zone
                .child("flapping_detect", |flapping| FlappingDetect::read(flapping, roots.flapping_detect)),
            conn_congestion: zone.child("conn_congestion", |alarm| ConnCongestion::read(alarm, roots.conn_congestion)),
        }
    }
}
