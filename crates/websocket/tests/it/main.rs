//! A client's bytes in, a server's bytes out: the rules of RFC 6455, RFC 7692 and MQTT 5.0 §6.

mod compression;
mod frames;
mod node_client;
mod peer;
mod properties;
mod upgrade;
mod writing;
