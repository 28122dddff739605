//! End-to-end tests: a broker inside the test process or the real binary, clients over TCP.

mod binary;
mod binary_process;
mod clients;
mod clients_mosquitto;
mod clients_mqtt_js;
mod clients_paho;
mod clients_rumqttc;
mod connect;
mod connect_timeouts;
mod limits;
mod limits_slow_reader;
mod protocol_properties;
mod protocol_publish;
mod protocol_subscribe;
mod retained;
mod session_expiry;
mod session_redelivery;
mod session_resume;
mod shared;
mod shared_exclusive;
mod shared_handover;
mod takeover;
mod will;
mod will_delay;
