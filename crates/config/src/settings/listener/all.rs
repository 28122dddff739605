//! `listeners`: all of them, and what they may not have in common.

use super::{Listener, ListenerKind};
use crate::section::{Section, is_deleted};
use crate::settings::Zone;
use dunlin_hocon::{Node, Origin};
use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};

/// The listener that each kind but `quic` has unless its author deletes it or switches it off.
const DEFAULT_NAME: &str = "default";

/// The listeners of an empty file.
pub(crate) fn default_listeners() -> Vec<Listener> {
    let kinds = ListenerKind::all().into_iter().filter(has_default);
    kinds.map(|kind| Listener::new(kind, DEFAULT_NAME)).collect()
}

/// QUIC needs a port for UDP, which nobody expects to be open who did not ask for it.
const fn has_default(kind: &ListenerKind) -> bool {
    !matches!(kind, ListenerKind::Quic { .. })
}

/// Reads `listeners`, each kind ordered by name.
pub(crate) fn read_listeners(section: &mut Section<'_>) -> Vec<Listener> {
    let kinds = ListenerKind::all();
    kinds.iter().flat_map(|kind| section.child(kind.word(), |entries| read_kind(kind, entries))).collect()
}

fn read_kind(kind: &ListenerKind, entries: &mut Section<'_>) -> Vec<Listener> {
    let mut nodes: BTreeMap<&str, Option<&Node>> =
        entries.take_entries().into_iter().map(|(name, node)| (name, Some(node))).collect();
    if has_default(kind) {
        nodes.entry(DEFAULT_NAME).or_default();
    }
    let mut listeners = Vec::new();
    for (name, node) in nodes {
        if let Some(node) = node.filter(|node| is_deleted(node)) {
            entries.keep(name, node);
            continue;
        }
        let listener = entries.entry(name, node, |section| Listener::read(kind, name, section));
        if let Some(node) = node {
            check_name(entries, name, node);
        }
        listeners.push(listener);
    }
    listeners
}

/// A name is a part of ids, of keys and of paths of the API.
fn check_name(entries: &mut Section<'_>, name: &str, node: &Node) {
    let begins_well = name.starts_with(|first: char| first.is_ascii_alphanumeric());
    if !begins_well || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-".contains(&b)) {
        let message =
            "the name of a listener may have letters, digits, `_` and `-`, and begins with a letter or a digit";
        entries.conflict(name, &node.origin, message);
    }
}

/// Reports listeners that cannot be together, and those that name a zone which does not exist. `values` is the tree under `root`.
pub(crate) fn check_listeners(
    root: &mut Section<'_>,
    values: &Node,
    listeners: &[Listener],
    zones: &BTreeMap<String, Zone>,
) {
    let origin_of = |listener: &Listener, key: &str| {
        let path = ["listeners", listener.kind.word(), &listener.name, key];
        values.get(&path).map_or(Origin::Default, |node| node.origin.clone())
    };
    let key_of = |listener: &Listener, key: &str| format!("listeners.{}.{}.{key}", listener.kind.word(), listener.name);
    let enabled: Vec<_> = listeners.iter().filter(|listener| listener.enable).collect();
    for (index, listener) in enabled.iter().enumerate() {
        if let Some(earlier) = enabled[..index].iter().find(|earlier| is_same_place(earlier, listener)) {
            // The one that somebody wrote is the one to look at.
            let is_default = origin_of(listener, "bind") == Origin::Default;
            let (one, other) = if is_default { (*earlier, *listener) } else { (*listener, *earlier) };
            let message = clash(one, other, &origin_of(other, "bind"));
            root.conflict(&key_of(one, "bind"), &origin_of(one, "bind"), message);
        }
        if !zones.contains_key(&listener.zone) {
            let known: Vec<_> = zones.keys().map(|zone| format!("`{zone}`")).collect();
            let message = format!(
                "there is no zone `{}`; write `zones.{} {{ … }}` to have it, or name one of {}",
                listener.zone,
                listener.zone,
                known.join(", ")
            );
            root.conflict(&key_of(listener, "zone"), &origin_of(listener, "zone"), message);
        }
    }
}

/// What is wrong with `bind` of `one`, and the way out.
fn clash(one: &Listener, other: &Listener, origin: &Origin) -> String {
    let same = if one.bind == other.bind { "the address of" } else { "not free beside" };
    let theirs = if one.bind == other.bind { String::new() } else { format!(" on {}", other.bind) };
    let too = if one.bind == other.bind { " too" } else { "" };
    let way_out = match origin {
        Origin::Default => {
            let key = format!("listeners.{}.{}", other.kind.word(), other.name);
            format!("which is there unless `{key}.enable = false`; switch it off or choose another port")
        }
        place => format!("see {place}; choose another port for one of them"),
    };
    format!("{} is {same} listener {}{theirs}{too}, {way_out}", one.bind, other.id())
}

/// Whether the kernel would refuse one of two listeners. UDP and TCP have ports of their own; port 0 is any free one.
fn is_same_place(one: &Listener, other: &Listener) -> bool {
    let is_udp = |listener: &Listener| matches!(listener.kind, ListenerKind::Quic { .. });
    is_udp(one) == is_udp(other) && overlaps(one.bind, other.bind)
}

fn overlaps(one: SocketAddr, other: SocketAddr) -> bool {
    let covers = |wide: IpAddr, narrow: IpAddr| match wide {
        // A listener on every IPv6 address takes IPv4 as well.
        IpAddr::V6(wide) => wide.is_unspecified(),
        IpAddr::V4(wide) => wide.is_unspecified() && narrow.is_ipv4(),
    };
    let (here, there) = (one.ip().to_canonical(), other.ip().to_canonical());
    one.port() == other.port() && one.port() != 0 && (here == there || covers(here, there) || covers(there, here))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_overlap_as_in_the_kernel() {
        for (one, other, expected) in [
            ("0.0.0.0:1", "0.0.0.0:1", true),
            ("0.0.0.0:1", "0.0.0.0:2", false),
            ("0.0.0.0:0", "0.0.0.0:0", false),
            ("0.0.0.0:1", "127.0.0.1:1", true),
            ("127.0.0.1:1", "127.0.0.2:1", false),
            ("[::]:1", "127.0.0.1:1", true),
            ("[::]:1", "0.0.0.0:1", true),
            ("0.0.0.0:1", "[::1]:1", false),
            ("[::]:1", "[::1]:1", true),
            ("[::ffff:127.0.0.1]:1", "127.0.0.1:1", true),
        ] {
            let (one, other) = (one.parse().expect(one), other.parse().expect(other));
            assert_eq!((overlaps(one, other), overlaps(other, one)), (expected, expected), "{one} {other}");
        }
    }
}
