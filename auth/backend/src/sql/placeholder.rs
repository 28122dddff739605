//! What `${...}` in a query stands for.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use dunlin_access::{ClientInfo, Password};

/// What a query is for: a password is there only where a client is authenticated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Is this client who it says it is?
    Authentication,
    /// Which rules are about it?
    Authorization,
}

/// What `${...}` in a query stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// `${username}`
    Username,
    /// `${clientid}`
    ClientId,
    /// `${password}`, for authentication only.
    Password,
    /// `${peerhost}`: the address without the port.
    PeerHost,
    /// `${peerport}`
    PeerPort,
    /// `${cert_subject}`
    CertificateSubject,
    /// `${cert_common_name}`
    CertificateCommonName,
    /// `${cert_pem}`: the PEM text in base64, as EMQX hands it on.
    CertificatePem,
    /// `${zone}`
    Zone,
    /// `${listener}`
    Listener,
    /// `${proto_name}`
    ProtocolName,
    /// `${mountpoint}`
    Mountpoint,
    /// `${client_attrs.name}`
    ClientAttribute(String),
}

/// Every name but those of attributes.
const NAMES: [(&str, Placeholder); 12] = [
    ("username", Placeholder::Username),
    ("clientid", Placeholder::ClientId),
    ("password", Placeholder::Password),
    ("peerhost", Placeholder::PeerHost),
    ("peerport", Placeholder::PeerPort),
    ("cert_subject", Placeholder::CertificateSubject),
    ("cert_common_name", Placeholder::CertificateCommonName),
    ("cert_pem", Placeholder::CertificatePem),
    ("zone", Placeholder::Zone),
    ("listener", Placeholder::Listener),
    ("proto_name", Placeholder::ProtocolName),
    ("mountpoint", Placeholder::Mountpoint),
];

impl Placeholder {
    /// The one of this name, if there is one for this purpose.
    #[must_use]
    pub fn from_name(name: &str, purpose: Purpose) -> Option<Self> {
        if let Some(attribute) = name.strip_prefix("client_attrs.") {
            return (!attribute.is_empty()).then(|| Self::ClientAttribute(attribute.to_owned()));
        }
        let (_, placeholder) = NAMES.iter().find(|(known, _)| *known == name)?;
        (*placeholder != Self::Password || purpose == Purpose::Authentication).then(|| placeholder.clone())
    }

    /// The names there are for this purpose, for messages.
    #[must_use]
    pub fn names(purpose: Purpose) -> String {
        let known = NAMES.iter().filter(|(name, _)| Self::from_name(name, purpose).is_some());
        known.map(|(name, _)| *name).chain(["client_attrs.NAME"]).collect::<Vec<_>>().join(", ")
    }

    /// What it is for this client. Where nothing is known it is empty, as queries written for EMQX expect.
    #[must_use]
    pub fn value(&self, client: &ClientInfo, password: Option<&Password>) -> Vec<u8> {
        let certificate = client.certificate.as_ref();
        let text = match self {
            Self::Username => client.username.as_deref(),
            Self::ClientId => Some(&*client.client_id),
            Self::Password => return password.map_or_else(Vec::new, |password| password.expose().to_vec()),
            Self::PeerHost => return client.peer.ip().to_canonical().to_string().into_bytes(),
            Self::PeerPort => return client.peer.port().to_string().into_bytes(),
            Self::CertificateSubject => certificate.and_then(|certificate| certificate.subject.as_deref()),
            Self::CertificateCommonName => certificate.and_then(|certificate| certificate.common_name.as_deref()),
            Self::CertificatePem => {
                let pem = certificate.and_then(|certificate| certificate.pem.as_deref());
                return pem.map_or_else(Vec::new, |pem| STANDARD.encode(pem).into_bytes());
            }
            Self::Zone => Some(&*client.zone),
            Self::Listener => Some(&*client.listener),
            Self::ProtocolName => Some(client.protocol_name),
            Self::Mountpoint => client.mountpoint.as_deref(),
            Self::ClientAttribute(name) => client.attributes.get(name).map(String::as_str),
        };
        text.unwrap_or_default().as_bytes().to_vec()
    }
}
