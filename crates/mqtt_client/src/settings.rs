//! What a client connects with.

use crate::{Endpoint, PropertySheet};
use dunlin_model::{ProtocolVersion, Qos};
use rustls::ClientConfig;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

/// What a client connects with.
#[derive(Clone)]
pub struct ConnectSettings {
    /// Where the broker is.
    pub endpoint: Endpoint,
    /// TLS, if it is spoken.
    pub tls: Option<Arc<ClientConfig>>,
    /// Version of MQTT.
    pub version: ProtocolVersion,
    /// Client id; may be empty, then the broker makes one up.
    pub client_id: String,
    /// Clean start, or clean session of older versions.
    pub clean_start: bool,
    /// Seconds; 0 turns keep alive off.
    pub keep_alive: u16,
    /// User name.
    pub username: Option<String>,
    /// Password.
    pub password: Option<String>,
    /// The will.
    pub will: Option<WillSettings>,
    /// Properties of CONNECT (5.0).
    pub properties: PropertySheet,
    /// How long may pass until the broker has let the client in.
    pub connect_timeout: Duration,
    /// Whether packets are told of on standard error.
    pub tells_packets: bool,
}

/// Never the password.
impl fmt::Debug for ConnectSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let password = self.password.as_ref().map(|_| "******");
        f.debug_struct("ConnectSettings")
            .field("endpoint", &self.endpoint.address())
            .field("version", &self.version)
            .field("client_id", &self.client_id)
            .field("username", &self.username)
            .field("password", &password)
            .finish_non_exhaustive()
    }
}

/// A will.
#[derive(Clone, Debug, Default)]
pub struct WillSettings {
    /// Topic.
    pub topic: String,
    /// Payload.
    pub payload: Vec<u8>,
    /// Quality of service.
    pub qos: Qos,
    /// RETAIN flag.
    pub retain: bool,
    /// Properties (5.0).
    pub properties: PropertySheet,
}
