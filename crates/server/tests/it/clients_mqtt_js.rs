//! MQTT.js, the JavaScript client: its scenarios are in `tests/clients/mqtt_js_client.js`.

use crate::clients::{EVERY_VERSION, VERSION_5, node, play};

fn mqtt_js(scenario: &str, versions: &[&str]) {
    if let Some(node) = node() {
        play(&node, "mqtt_js_client.js", scenario, versions);
    }
}

#[test]
fn mqtt_js_every_qos_both_ways() {
    mqtt_js("every_qos_both_ways", &EVERY_VERSION);
}

#[test]
fn mqtt_js_retained_messages() {
    mqtt_js("retained_messages", &EVERY_VERSION);
}

#[test]
fn mqtt_js_will_of_a_vanished_client() {
    mqtt_js("will_of_a_vanished_client", &EVERY_VERSION);
}

#[test]
fn mqtt_js_session_is_resumed_with_its_queue() {
    mqtt_js("session_is_resumed_with_its_queue", &EVERY_VERSION);
}

#[test]
fn mqtt_js_members_of_a_group_share() {
    mqtt_js("members_of_a_group_share", &EVERY_VERSION);
}

#[test]
fn mqtt_js_large_payload() {
    mqtt_js("large_payload", &EVERY_VERSION);
}

#[test]
fn mqtt_js_thousand_messages_in_order() {
    mqtt_js("thousand_messages_in_order", &EVERY_VERSION);
}

#[test]
fn mqtt_js_properties_arrive_unchanged() {
    mqtt_js("properties_arrive_unchanged", &VERSION_5);
}

#[test]
fn mqtt_js_topic_aliases_both_ways() {
    mqtt_js("topic_aliases_both_ways", &VERSION_5);
}

#[test]
fn mqtt_js_subscription_identifiers_and_options() {
    mqtt_js("subscription_identifiers_and_options", &VERSION_5);
}

#[test]
fn mqtt_js_limits_are_announced_and_kept() {
    mqtt_js("limits_are_announced_and_kept", &VERSION_5);
}
