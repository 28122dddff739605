//! Which node has which slots.

use crate::ServerAddress;
use crate::slot::Slot;
use redis::Value;

/// Which node has which slots, as a node of the cluster told.
#[derive(Clone, Debug, Default)]
pub(crate) struct SlotMap {
    /// By the first slot. Ranges do not overlap in what a cluster answers; where they do, the first counts.
    ranges: Vec<Range>,
    /// All nodes, replicas too.
    nodes: Vec<ServerAddress>,
}

#[derive(Clone, Debug)]
struct Range {
    first: Slot,
    last: Slot,
    master: ServerAddress,
}

impl SlotMap {
    /// Reads the answer to `CLUSTER SLOTS`, that of the node at `told_by`.
    pub(crate) fn read(answer: &Value, told_by: &ServerAddress) -> Option<Self> {
        let (mut ranges, mut nodes) = (Vec::new(), Vec::new());
        for entry in answer.as_sequence()? {
            let [first, last, master, replicas @ ..] = entry.as_sequence()? else { return None };
            let (first, last) = (slot(first)?, slot(last)?);
            if let Some(master) = node(master, told_by) {
                nodes.push(master.clone());
                ranges.push(Range { first, last, master });
            }
            nodes.extend(replicas.iter().filter_map(|replica| node(replica, told_by)));
        }
        ranges.sort_by_key(|range| range.first);
        Some(Self { ranges, nodes })
    }

    /// The node that has a slot.
    pub(crate) fn master(&self, slot: Slot) -> Option<&ServerAddress> {
        let after = self.ranges.partition_point(|range| range.first <= slot);
        let range = self.ranges.get(after.checked_sub(1)?)?;
        (slot <= range.last).then_some(&range.master)
    }

    /// All nodes, replicas too, some several times.
    pub(crate) fn nodes(&self) -> impl Iterator<Item = &ServerAddress> {
        self.nodes.iter()
    }

    /// All nodes that have slots, some several times.
    pub(crate) fn masters(&self) -> impl Iterator<Item = &ServerAddress> {
        self.ranges.iter().map(|range| &range.master)
    }
}

fn slot(value: &Value) -> Option<Slot> {
    let Value::Int(number) = value else { return None };
    Slot::numbered(u16::try_from(*number).ok()?)
}

/// A node of the answer: host and port, of which the host is missing where the node does not know how it is reached.
fn node(value: &Value, told_by: &ServerAddress) -> Option<ServerAddress> {
    let [host, Value::Int(port), ..] = value.as_sequence()? else { return None };
    let port = u16::try_from(*port).ok().filter(|port| *port != 0)?;
    match host {
        Value::BulkString(host) => match std::str::from_utf8(host).ok()? {
            "" => Some(told_by.with_port(port)),
            "?" => None,
            host => Some(ServerAddress::new(host, port)),
        },
        Value::Nil => Some(told_by.with_port(port)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(text: &str) -> Value {
        Value::BulkString(text.into())
    }

    fn range(first: i64, last: i64, host: Value, port: i64) -> Value {
        let node = Value::Array(vec![host, Value::Int(port), text("node-id")]);
        Value::Array(vec![Value::Int(first), Value::Int(last), node])
    }

    #[test]
    fn the_master_of_a_slot_is_found() {
        let answer = Value::Array(vec![
            range(8_192, 16_383, Value::Nil, 7_001),
            range(0, 100, text("10.0.0.1"), 7_000),
            range(200, 8_191, text(""), 7_002),
            range(101, 101, text("?"), 7_003),
        ]);
        let map = SlotMap::read(&answer, &ServerAddress::new("seed", 6_379)).unwrap();
        let master = |number| map.master(Slot::numbered(number).unwrap()).map(ToString::to_string);
        assert_eq!(master(0).as_deref(), Some("10.0.0.1:7000"));
        assert_eq!(master(100).as_deref(), Some("10.0.0.1:7000"));
        assert_eq!(master(101), None, "its host is not known");
        assert_eq!(master(199), None, "nobody has it");
        assert_eq!(master(8_191).as_deref(), Some("seed:7002"));
        assert_eq!(master(16_383).as_deref(), Some("seed:7001"));
        assert_eq!(map.masters().count(), 3);
    }

    #[test]
    fn other_answers_are_no_map() {
        let seed = ServerAddress::new("seed", 6_379);
        for answer in [
            Value::Okay,
            Value::Array(vec![Value::Int(1)]),
            Value::Array(vec![Value::Array(vec![Value::Int(0), Value::Int(1)])]),
            Value::Array(vec![range(0, 16_384, Value::Nil, 7_000)]),
            Value::Array(vec![range(-1, 5, Value::Nil, 7_000)]),
        ] {
            assert!(SlotMap::read(&answer, &seed).is_none(), "{answer:?}");
        }
        let nobody = SlotMap::read(&Value::Array(Vec::new()), &seed).unwrap();
        assert_eq!(nobody.master(Slot::of(b"key")), None);
    }
}
