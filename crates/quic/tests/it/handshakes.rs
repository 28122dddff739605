//! Handshakes that fail, and what the owner hears of them.

use crate::client::{Client, client_config, endpoint};
use crate::listener::{Listener, PATIENCE, identity, server_config};
use crate::packets::connect;
use dunlin_quic::QuicOptions;
use dunlin_tls::Side;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, ConnectionError};
use rcgen::{CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair};
use rustls::RootCertStore;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::UdpSocket;
use tokio::time::timeout;

async fn try_connect(listener: &Listener, config: ClientConfig) -> Result<Connection, ConnectionError> {
    let endpoint = endpoint();
    let connecting = endpoint.connect_with(config, listener.quic.address(), "localhost").unwrap();
    timeout(PATIENCE, connecting).await.expect("the handshake ends")
}

#[tokio::test]
async fn another_application_protocol_is_refused() {
    let mut listener = Listener::start(QuicOptions::default());
    let refused = try_connect(&listener, client_config(&listener.certificate, b"h3")).await.unwrap_err();
    // The alert's number, RFC 7301.
    assert!(
        matches!(&refused, ConnectionError::ConnectionClosed(close) if u64::from(close.error_code) == 0x178),
        "{refused}"
    );
    let failure = listener.failure().await;
    assert_eq!((failure.word, failure.side), ("no_application_protocol", Side::Server), "{failure}");
}

#[tokio::test]
async fn who_is_not_admitted_is_refused_at_once() {
    let mut listener = Listener::start(QuicOptions::default());
    listener.admits.store(false, Ordering::Relaxed);
    let refused = try_connect(&listener, client_config(&listener.certificate, b"mqtt")).await.unwrap_err();
    assert!(
        matches!(&refused, ConnectionError::ConnectionClosed(close) if u64::from(close.error_code) == 2),
        "{refused}"
    );
    assert_eq!(listener.quic.refused_connections(), 1);
    // That is not a failure: the next one is of who was admitted.
    listener.admits.store(true, Ordering::Relaxed);
    try_connect(&listener, client_config(&listener.certificate, b"h3")).await.unwrap_err();
    assert_eq!(listener.failure().await.word, "no_application_protocol");
}

#[tokio::test]
async fn a_client_that_does_not_trust_the_certificate_is_heard() {
    let mut listener = Listener::start(QuicOptions::default());
    let (other, _) = identity();
    try_connect(&listener, client_config(&other, b"mqtt")).await.unwrap_err();
    let failure = listener.failure().await;
    assert_eq!((failure.word, failure.side), ("unknown_ca", Side::Client), "{failure}");
}

#[tokio::test]
async fn a_client_that_opens_no_stream_is_given_up() {
    let options = QuicOptions { handshake_idle_timeout: Duration::from_millis(300), ..QuicOptions::default() };
    let mut listener = Listener::start(options);
    let client = Client::connect(&listener).await;
    let failure = listener.failure().await;
    assert_eq!((failure.word, failure.side), ("timeout", Side::Server), "{failure}");
    timeout(PATIENCE, client.connection.closed()).await.expect("the client is told");
}

#[tokio::test]
async fn a_client_that_leaves_before_it_says_anything_has_closed() {
    let mut listener = Listener::start(QuicOptions::default());
    let client = Client::connect(&listener).await;
    client.connection.close(0u32.into(), b"");
    let failure = listener.failure().await;
    assert_eq!((failure.word, failure.side), ("closed", Side::Client), "{failure}");
}

struct Authority(CertifiedIssuer<'static, KeyPair>);

impl Authority {
    fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::new(Vec::new()).unwrap();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(parameters, KeyPair::generate().unwrap()).unwrap())
    }

    fn client(&self, expires_years_ago: i32) -> (CertificateDer<'static>, PrivateKeyDer<'static>) {
        let key = KeyPair::generate().unwrap();
        let mut parameters = CertificateParams::new(vec!["client".into()]).unwrap();
        parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        if expires_years_ago > 0 {
            parameters.not_after = rcgen::date_time_ymd(2026 - expires_years_ago, 1, 1);
        }
        let certificate = parameters.signed_by(&key, &self.0).unwrap();
        (certificate.der().clone(), PrivateKeyDer::Pkcs8(key.serialize_der().into()))
    }
}

#[tokio::test]
async fn clients_that_have_to_show_a_certificate() {
    let authority = Authority::new("one");
    let mut clients = RootCertStore::empty();
    clients.add(authority.0.der().clone()).unwrap();
    let (certificate, key) = identity();
    let verifier = WebPkiClientVerifier::builder(Arc::new(clients)).build().unwrap();
    let mut tls = rustls::ServerConfig::builder()
        .with_client_cert_verifier(verifier)
        .with_single_cert(vec![certificate.clone()], key)
        .unwrap();
    tls.alpn_protocols = vec![b"mqtt".to_vec()];
    let mut listener = Listener::start_with(QuicOptions::default(), &tls, certificate.clone());
    let config = |identity: Option<(CertificateDer<'static>, PrivateKeyDer<'static>)>| {
        let mut roots = RootCertStore::empty();
        roots.add(certificate.clone()).unwrap();
        let builder = rustls::ClientConfig::builder().with_root_certificates(roots);
        let mut tls = match identity {
            Some((certificate, key)) => builder.with_client_auth_cert(vec![certificate], key).unwrap(),
            None => builder.with_no_client_auth(),
        };
        tls.alpn_protocols = vec![b"mqtt".to_vec()];
        ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()))
    };
    for (identity, word) in [
        (None, "certificate_required"),
        (Some(Authority::new("another").client(0)), "unknown_ca"),
        (Some(authority.client(3)), "certificate_expired"),
    ] {
        // To the client the handshake may look finished when it is refused.
        if let Ok(connection) = try_connect(&listener, config(identity)).await {
            timeout(PATIENCE, connection.closed()).await.expect("the connection ends");
        }
        let failure = listener.failure().await;
        assert_eq!((failure.word, failure.side), (word, Side::Server), "{failure}");
    }
    let (own, key) = authority.client(0);
    let endpoint = endpoint();
    let connecting =
        endpoint.connect_with(config(Some((own.clone(), key))), listener.quic.address(), "localhost").unwrap();
    let connection = timeout(PATIENCE, connecting).await.expect("the handshake ends").unwrap();
    let (mut send, _receive) = connection.open_bi().await.unwrap();
    send.write_all(&connect()).await.unwrap();
    assert_eq!(listener.accept().await.facts.certificates, [own]);
}

#[tokio::test]
async fn no_early_data_is_taken() {
    let (certificate, key) = identity();
    let mut tls = server_config(&certificate, key);
    tls.max_early_data_size = u32::MAX;
    let mut listener = Listener::start_with(QuicOptions::default(), &tls, certificate);
    let mut roots = RootCertStore::empty();
    roots.add(listener.certificate.clone()).unwrap();
    let mut tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![b"mqtt".to_vec()];
    tls.enable_early_data = true;
    let config = ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()));
    let endpoint = endpoint();
    for _ in 0..2 {
        let connecting = endpoint.connect_with(config.clone(), listener.quic.address(), "localhost").unwrap();
        // The second time the client has a ticket, but none that allows it.
        let connection = match connecting.into_0rtt() {
            Ok(_) => panic!("early data"),
            Err(connecting) => timeout(PATIENCE, connecting).await.expect("the handshake ends").unwrap(),
        };
        let (mut send, mut receive) = connection.open_bi().await.unwrap();
        send.write_all(&connect()).await.unwrap();
        drop(listener.accept().await);
        // The ticket has come by the time the stream ends.
        crate::client::read_rest(&mut receive).await;
    }
}

#[tokio::test]
async fn under_load_addresses_have_to_be_proved_and_more_are_refused() {
    let mut listener = Listener::start(QuicOptions { handshakes_max: 2, ..QuicOptions::default() });
    let first = Client::connect(&listener).await;

    // A client's first packet, seen on its way, gets the answer "retry": a long header of type 3.
    let between = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let endpoint = endpoint();
    let config = client_config(&listener.certificate, b"mqtt");
    let _connecting = endpoint.connect_with(config, between.local_addr().unwrap(), "localhost").unwrap();
    let mut datagram = [0; 2000];
    let (len, _) = timeout(PATIENCE, between.recv_from(&mut datagram)).await.unwrap().unwrap();
    between.send_to(&datagram[..len], listener.quic.address()).await.unwrap();
    timeout(PATIENCE, between.recv_from(&mut datagram)).await.unwrap().unwrap();
    assert_eq!(datagram[0] & 0xF0, 0xF0, "{:02x}", datagram[0]);

    // Who does it gets in, and that is all there is room for.
    let second = Client::connect(&listener).await;
    let refused = try_connect(&listener, client_config(&listener.certificate, b"mqtt")).await.unwrap_err();
    assert!(
        matches!(&refused, ConnectionError::ConnectionClosed(close) if u64::from(close.error_code) == 2),
        "{refused}"
    );
    let mut served = Vec::new();
    for client in [&first, &second] {
        served.push((client.open(&connect()).await, listener.accept().await));
    }
    try_connect(&listener, client_config(&listener.certificate, b"mqtt")).await.unwrap();
}
