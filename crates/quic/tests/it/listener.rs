//! A listener under test: its certificate, and what it has told its owner.

use dunlin_quic::{Accepted, QuicFacts, QuicHooks, QuicListener, QuicOptions};
use dunlin_tls::HandshakeFailure;
use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::net::UnixStream;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

/// Longer than anything here takes on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Listener {
    pub(crate) quic: QuicListener,
    pub(crate) certificate: CertificateDer<'static>,
    pub(crate) admits: Arc<AtomicBool>,
    accepted: Receiver<Accepted>,
    failures: Receiver<(SocketAddr, HandshakeFailure)>,
}

/// What one connection looks like to the broker.
pub(crate) struct Served {
    pub(crate) stream: UnixStream,
    pub(crate) facts: QuicFacts,
}

impl Listener {
    pub(crate) fn start(options: QuicOptions) -> Self {
        let (certificate, key) = identity();
        Self::start_with(options, &server_config(&certificate, key), certificate)
    }

    pub(crate) fn start_with(
        options: QuicOptions,
        tls: &rustls::ServerConfig,
        certificate: CertificateDer<'static>,
    ) -> Self {
        let admits = Arc::new(AtomicBool::new(true));
        let (accepting, accepted) = channel(1000);
        let (failing, failures) = channel(1000);
        let hooks = QuicHooks {
            admit: {
                let admits = Arc::clone(&admits);
                Box::new(move |_| admits.load(Ordering::Relaxed))
            },
            accepted: Box::new(move |client| accepting.try_send(client).unwrap()),
            failed: Box::new(move |peer, failure| failing.try_send((peer, failure)).unwrap()),
        };
        let quic = QuicListener::bind("127.0.0.1:0".parse().unwrap(), tls, options, hooks).unwrap();
        Self { quic, certificate, admits, accepted, failures }
    }

    /// The next client that arrives.
    pub(crate) async fn accept(&mut self) -> Served {
        let accepted = timeout(PATIENCE, self.accepted.recv()).await.expect("a client arrives").unwrap();
        Served { stream: UnixStream::from_std(accepted.stream).unwrap(), facts: accepted.facts }
    }

    /// The next handshake that fails.
    pub(crate) async fn failure(&mut self) -> HandshakeFailure {
        timeout(PATIENCE, self.failures.recv()).await.expect("a handshake fails").unwrap().1
    }
}

/// A certificate for localhost and its key; no two of them have the same issuer.
pub(crate) fn identity() -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
    let key = KeyPair::generate().unwrap();
    let mut parameters = CertificateParams::new(vec!["localhost".into()]).unwrap();
    parameters.distinguished_name.push(DnType::CommonName, format!("{:02x?}", &key.public_key_raw()[..8]));
    let certificate = parameters.self_signed(&key).unwrap();
    (certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
}

pub(crate) fn server_config(
    certificate: &CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
) -> rustls::ServerConfig {
    let config = rustls::ServerConfig::builder().with_no_client_auth();
    let mut config = config.with_single_cert(vec![certificate.clone()], key).unwrap();
    config.alpn_protocols = vec![b"mqtt".to_vec()];
    config
}
