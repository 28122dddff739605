//! paho-mqtt, the Python client: its scenarios are in `tests/clients/paho_client.py`.

use crate::clients::{EVERY_VERSION, VERSION_5, play, python};

fn paho(scenario: &str, versions: &[&str]) {
    if let Some(python) = python() {
        play(&python, "paho_client.py", scenario, versions);
    }
}

#[test]
fn paho_every_qos_both_ways() {
    paho("every_qos_both_ways", &EVERY_VERSION);
}

#[test]
fn paho_retained_messages() {
    paho("retained_messages", &EVERY_VERSION);
}

#[test]
fn paho_will_of_a_vanished_client() {
    paho("will_of_a_vanished_client", &EVERY_VERSION);
}

#[test]
fn paho_session_is_resumed_with_its_queue() {
    paho("session_is_resumed_with_its_queue", &EVERY_VERSION);
}

#[test]
fn paho_members_of_a_group_share() {
    paho("members_of_a_group_share", &EVERY_VERSION);
}

#[test]
fn paho_large_payload() {
    paho("large_payload", &EVERY_VERSION);
}

#[test]
fn paho_thousand_messages_in_order() {
    paho("thousand_messages_in_order", &EVERY_VERSION);
}

#[test]
fn paho_properties_arrive_unchanged() {
    paho("properties_arrive_unchanged", &VERSION_5);
}

#[test]
fn paho_topic_aliases_both_ways() {
    paho("topic_aliases_both_ways", &VERSION_5);
}

#[test]
fn paho_subscription_identifiers_and_options() {
    paho("subscription_identifiers_and_options", &VERSION_5);
}

#[test]
fn paho_limits_are_announced_and_kept() {
    paho("limits_are_announced_and_kept", &VERSION_5);
}
