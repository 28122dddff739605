//! The broker under test.

use crate::block_device::BlockDevice;
use crate::layers::Layers;
use crate::wire::Credentials;
use dunlin_model::ProtocolVersion;
use std::net::SocketAddr;

/// Where the broker is and how to talk to it.
#[derive(Clone, Debug)]
pub struct Target {
    /// TCP address.
    pub address: SocketAddr,
    /// What lies between TCP and MQTT.
    pub layers: Layers,
    /// Protocol version of all clients.
    pub version: ProtocolVersion,
    /// User name and password of all clients.
    pub credentials: Credentials,
    /// Process of the broker, when it runs on this machine and its CPU time and memory are wanted.
    pub pid: Option<u32>,
    /// The device that holds the broker's data, when what it writes is wanted.
    pub device: Option<BlockDevice>,
}
