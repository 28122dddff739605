//! Numbered messages, and whether they have arrived as their QoS promises.

use crate::{Q0, Q1, Q2};
use dunlin_model::Qos;
use std::collections::BTreeSet;

/// A message: what it says follows from its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbered {
    pub(super) qos: Qos,
    pub(super) number: u32,
}

impl Numbered {
    pub(super) fn topic(self) -> String {
        format!("t/{}", self.number % 3)
    }

    pub(super) fn payload(self) -> String {
        self.number.to_string()
    }

    pub(super) fn read(qos: Qos, payload: &[u8]) -> Self {
        let number = std::str::from_utf8(payload).ok().and_then(|text| text.parse().ok()).expect("a number");
        Self { qos, number }
    }
}

/// Every message has arrived as often and in the order its QoS promises.
pub(super) fn check_arrival(direction: &str, sent: &[Numbered], arrived: &[Numbered]) {
    let mut seen = BTreeSet::new();
    let mut first_arrivals = Vec::new();
    for message in arrived {
        if seen.insert(message.number) {
            first_arrivals.push(*message);
        } else {
            assert_eq!(message.qos, Q1, "{direction}: {message:?} came twice [MQTT-4.3.3-10]");
        }
    }
    for qos in [Q0, Q1, Q2] {
        let of = |messages: &[Numbered]| Vec::from_iter(messages.iter().filter(|m| m.qos == qos).map(|m| m.number));
        let (sent, arrived) = (of(sent), of(&first_arrivals));
        if qos == Q0 {
            assert!(arrived.is_sorted(), "{direction}: QoS 0 in order");
            assert!(arrived.iter().all(|number| sent.contains(number)), "{direction}: nothing is made up");
        } else {
            assert_eq!(arrived, sent, "{direction}, {qos:?}: all, in order [MQTT-4.6.0-6]");
        }
    }
    let acknowledged: Vec<_> = first_arrivals.iter().filter(|message| message.qos > Q0).map(|m| m.number).collect();
    assert!(acknowledged.is_sorted(), "{direction}: QoS 1 and 2 keep their order among each other");
}
