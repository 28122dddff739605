//! From a listener of the configuration to what lies between its sockets and MQTT.
//!
//! [`layering`] and [`quic_server_config`] are asked once per listener; [`Certificates`] keeps what they load up to date.

mod certificate_watch;
mod certificates;
mod default_files;
mod error;
mod http_fetch;
#[cfg(feature = "psk")]
mod pre_shared_keys;
mod revocation;
mod self_signed_pair;
mod tls_options;
mod websocket_options;

pub use certificate_watch::{CertificateHooks, CertificateWatch};
pub use certificates::{Certificates, Reread};
pub use error::{ListeningError, SelfSignedPairError};

use dunlin_config as config;
use dunlin_layers::{CertificatePart, Layers, Naming};
use dunlin_transport::Layering;
use std::sync::Arc;

/// The application protocol of MQTT over QUIC.
const ALPN: &[u8] = b"mqtt";

/// What the listener of the API with TLS is called.
pub(crate) const HTTPS: &str = "https:dashboard";

/// The application protocol of the API.
const ALPN_HTTP: &[u8] = b"http/1.1";

/// What lies between the sockets of a listener and MQTT; `None` for plain TCP, and for QUIC, which brings its own streams.
///
/// # Errors
/// [`ListeningError`], in one line for the operator.
pub fn layering(
    listener: &config::Listener,
    mqtt: &config::Mqtt,
    certificates: &Certificates,
) -> Result<Option<Arc<dyn Layering>>, ListeningError> {
    if let config::ListenerKind::Quic { .. } = listener.kind {
        return Ok(None);
    }
    let tls = listener.kind.ssl().map(|ssl| certificates.load(&listener.id(), ssl)).transpose()?;
    let layers = Layers {
        proxy: listener.proxy_protocol.then_some(listener.proxy_protocol_timeout),
        tls,
        websocket: listener.kind.websocket().map(|options| Arc::new(websocket_options::read(options))),
        naming: Naming {
            username: mqtt.peer_cert_as_username.map(certificate_part),
            client_id: mqtt.peer_cert_as_clientid.map(certificate_part),
        },
    };
    Ok((!layers.is_empty()).then(|| Arc::new(layers) as Arc<dyn Layering>))
}

/// TLS of a QUIC listener, with the certificates in use now.
///
/// # Errors
/// [`ListeningError`], in one line for the operator; also for a listener that is not QUIC.
pub fn quic_server_config(
    listener: &config::Listener,
    certificates: &Certificates,
) -> Result<Arc<rustls::ServerConfig>, ListeningError> {
    let config::ListenerKind::Quic { ssl, .. } = &listener.kind else {
        return Err(ListeningError::NotQuic { listener: listener.id() });
    };
    let context = certificates.load_certificates(&listener.id(), ssl)?;
    Ok(Arc::new(context.server_config(&[ALPN])))
}

fn certificate_part(part: config::CertificatePart) -> CertificatePart {
    match part {
        config::CertificatePart::CommonName => CertificatePart::CommonName,
        config::CertificatePart::Subject => CertificatePart::Subject,
        config::CertificatePart::Der => CertificatePart::Der,
        config::CertificatePart::Pem => CertificatePart::Pem,
        config::CertificatePart::Md5 => CertificatePart::Md5,
    }
}

#[cfg(test)]
mod tests;
