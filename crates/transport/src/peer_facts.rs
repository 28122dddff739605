//! What is known of a client before it has said anything in MQTT.

use std::net::SocketAddr;

/// What is known of a client before it has said anything in MQTT.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeerFacts {
    /// The client's own address: what a proxy in front said, else the other end of the socket.
    pub address: SocketAddr,
    /// `mqtt.peer_cert_as_username`: the user name its certificate stands for.
    pub username: Option<String>,
    /// `mqtt.peer_cert_as_clientid`: the client id its certificate stands for.
    pub client_id: Option<String>,
    /// Common name of its certificate, or the one a proxy in front has seen.
    pub certificate_common_name: Option<String>,
    /// Subject of its certificate.
    pub certificate_subject: Option<String>,
    /// The server's name it asked for (SNI).
    pub server_name: Option<String>,
}

impl PeerFacts {
    /// Nothing but an address.
    #[must_use]
    pub fn new(address: SocketAddr) -> Self {
        Self {
            address,
            username: None,
            client_id: None,
            certificate_common_name: None,
            certificate_subject: None,
            server_name: None,
        }
    }
}
