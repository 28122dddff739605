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
    /// The whole of its certificate, where this side of a proxy has seen it.
    pub certificate: Option<SeenCertificate>,
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
            certificate: None,
            server_name: None,
        }
    }
}

/// What else a certificate says that a client has shown here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SeenCertificate {
    /// All of it, as PEM text.
    pub pem: String,
    /// Its subject's other names: of hosts.
    pub dns_names: Vec<String>,
    /// Addresses.
    pub ip_addresses: Vec<String>,
    /// Mail addresses.
    pub email_addresses: Vec<String>,
    /// URIs.
    pub uris: Vec<String>,
}
