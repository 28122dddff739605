//! Every order of events that comes to mind, and those that do not.

use super::{Pair, Step};
use crate::{Q0, Q1, Q2, V4, V5};
use dunlin_model::Qos;
use proptest::prelude::*;

fn run(mut pair: Pair, steps: &[Step]) {
    pair.step(Step::Connect(10, 2));
    for step in steps {
        pair.step(*step);
    }
    pair.settle();
    pair.check();
}

fn any_qos() -> impl Strategy<Value = Qos> {
    prop_oneof![Just(Q0), Just(Q1), Just(Q2)]
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => any_qos().prop_map(Step::Deliver),
        4 => any_qos().prop_map(Step::Publish),
        6 => (1..60usize).prop_map(Step::ToServer),
        6 => (1..60usize).prop_map(Step::ToClient),
        5 => Just(Step::ClientAnswers),
        4 => Just(Step::BrokerAnswers),
        1 => any::<bool>().prop_map(Step::Congested),
        1 => Just(Step::Break),
        1 => Just(Step::Vanish),
        2 => (1..6u16, 0..4u16).prop_map(|(receive_maximum, aliases)| Step::Connect(receive_maximum, aliases)),
        1 => (1..8u64).prop_map(Step::Wait),
    ]
}

fn any_step_or_restart() -> impl Strategy<Value = Step> {
    prop_oneof![25 => any_step(), 1 => Just(Step::Restart)]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn b046_every_message_arrives_as_its_qos_promises(
        version in prop_oneof![Just(V4), Just(V5)],
        max_inflight in 1..6u16,
        steps in proptest::collection::vec(any_step(), 0..150),
    ) {
        run(Pair::new(version, max_inflight), &steps);
    }

    #[test]
    fn what_is_on_disk_arrives_as_its_qos_promises_though_the_broker_dies(
        version in prop_oneof![Just(V4), Just(V5)],
        max_inflight in 1..6u16,
        steps in proptest::collection::vec(any_step_or_restart(), 0..150),
    ) {
        run(Pair::durable(version, max_inflight), &steps);
    }
}

#[test]
fn b101_the_line_breaks_at_every_byte_of_an_exchange() {
    for version in [V4, V5] {
        for qos in [Q1, Q2] {
            for bytes in 0..40 {
                let mut steps = vec![Step::Deliver(qos), Step::Deliver(qos), Step::Publish(qos), Step::Publish(qos)];
                for _ in 0..bytes {
                    steps.extend([Step::ToClient(1), Step::ClientAnswers, Step::ToServer(1), Step::BrokerAnswers]);
                }
                steps.push(if bytes % 2 == 0 { Step::Break } else { Step::Vanish });
                run(Pair::new(version, 2), &steps);
            }
        }
    }
}

#[test]
fn mqtt_4_4_0_1_the_broker_dies_at_every_byte_of_an_exchange() {
    for version in [V4, V5] {
        for qos in [Q1, Q2] {
            for bytes in 0..60 {
                let mut steps = vec![Step::Deliver(qos), Step::Deliver(qos), Step::Publish(qos), Step::Publish(qos)];
                for _ in 0..bytes {
                    steps.extend([Step::ToClient(1), Step::ClientAnswers, Step::ToServer(1), Step::BrokerAnswers]);
                }
                steps.extend([Step::Restart, Step::Deliver(qos), Step::Connect(2, 2), Step::Restart]);
                run(Pair::durable(version, 2), &steps);
            }
        }
    }
}
