//! How much was checked: a run that passes because it did nothing has to show.

use serde::Serialize;

/// What the oracle has checked so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Messages the broker acknowledged, QoS 1.
    pub acknowledged_qos_1: u64,
    /// Messages the broker acknowledged, QoS 2.
    pub acknowledged_qos_2: u64,
    /// Messages handed to subscribers, all together.
    pub received: u64,
    /// Deliveries that were owed to single durable subscribers, and looked for.
    pub due: u64,
    /// Deliveries that were owed to shared groups, and looked for.
    pub due_to_groups: u64,
    /// Deliveries at QoS 2 that were compared with earlier ones.
    pub exactly_once: u64,
    /// Repeated deliveries at QoS 1, which are allowed.
    pub repeated_qos_1: u64,
    /// Messages that arrived at a client for the first time.
    pub first_arrivals: u64,
    /// CONNACKs that had to say that the session is there.
    pub sessions_present: u64,
    /// CONNACKs that had to say that no session is there.
    pub sessions_absent: u64,
    /// Subscriptions acknowledged.
    pub subscriptions: u64,
    /// Retained messages looked for.
    pub retained: u64,
    /// Wills that had to be published.
    pub wills_due: u64,
    /// Wills that must not be published.
    pub wills_called_off: u64,
}

impl Counts {
    /// Labels and figures, in the order of a report.
    #[must_use]
    pub fn rows(&self) -> [(&'static str, u64); 14] {
        [
            ("messages acknowledged, QoS 1", self.acknowledged_qos_1),
            ("messages acknowledged, QoS 2", self.acknowledged_qos_2),
            ("messages received", self.received),
            ("deliveries due to durable subscribers", self.due),
            ("deliveries due to shared groups", self.due_to_groups),
            ("deliveries exactly once", self.exactly_once),
            ("deliveries repeated at QoS 1 (allowed)", self.repeated_qos_1),
            ("first arrivals", self.first_arrivals),
            ("session present: yes", self.sessions_present),
            ("session present: no", self.sessions_absent),
            ("subscriptions acknowledged", self.subscriptions),
            ("retained messages", self.retained),
            ("wills due", self.wills_due),
            ("wills called off", self.wills_called_off),
        ]
    }
}
