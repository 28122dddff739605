//! What is known of a client when something is decided about it.

use dunlin_model::ArcStr;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// The certificate a client showed, or the one a proxy in front has seen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Certificate {
    /// Its subject, such as `CN=meter-7,O=Example`.
    pub subject: Option<String>,
    /// The common name of its subject.
    pub common_name: Option<String>,
    /// The whole of it as PEM, until the client is in.
    pub pem: Option<String>,
    /// Its subject's other names: of hosts.
    pub dns_names: Vec<String>,
    /// Addresses.
    pub ip_addresses: Vec<String>,
    /// Mail addresses.
    pub email_addresses: Vec<String>,
    /// URIs.
    pub uris: Vec<String>,
}

/// What is known of a client when something is decided about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ClientInfo {
    /// Its client id; empty while it has none and none was assigned yet.
    pub client_id: ArcStr,
    /// Its user name.
    pub username: Option<ArcStr>,
    /// The user name is a token or the like: see [`Self::shown_username`].
    pub is_username_secret: bool,
    /// Its own address, behind proxies too.
    pub peer: SocketAddr,
    /// The listener it came through, such as `tcp:default`.
    pub listener: ArcStr,
    /// The port of that listener.
    pub listener_port: u16,
    /// The zone of that listener.
    pub zone: ArcStr,
    /// What it speaks: `MQTT`, or the name of a gateway's protocol.
    pub protocol_name: &'static str,
    /// The level of that protocol: 3, 4 or 5.
    pub protocol_level: u8,
    /// What stands in front of its topics.
    pub mountpoint: Option<ArcStr>,
    /// Its certificate.
    pub certificate: Option<Arc<Certificate>>,
    /// `client_attrs`.
    pub attributes: BTreeMap<String, String>,
    /// No rule is asked for it.
    pub is_superuser: bool,
}

/// What is shown instead of a user name that is a secret.
pub const HIDDEN_USERNAME: &str = "******";

impl ClientInfo {
    /// The user name as anybody may see it, in the log as in answers.
    #[must_use]
    pub fn shown_username(&self) -> Option<&str> {
        let username = self.username.as_deref()?;
        Some(if self.is_username_secret { HIDDEN_USERNAME } else { username })
    }
}

impl Default for ClientInfo {
    fn default() -> Self {
        Self {
            client_id: ArcStr::new(),
            username: None,
            is_username_secret: false,
            peer: SocketAddr::new(IpAddr::V4(Ipv4Addr::UNSPECIFIED), 0),
            listener: ArcStr::new(),
            listener_port: 0,
            zone: ArcStr::from("default"),
            protocol_name: "MQTT",
            protocol_level: 5,
            mountpoint: None,
            certificate: None,
            attributes: BTreeMap::new(),
            is_superuser: false,
        }
    }
}
