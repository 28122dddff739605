//! A client: quinn's, with streams that can be read packet by packet.

use crate::listener::{Listener, PATIENCE};
use crate::packets::packet_len;
use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ClientConfig, Connection, Endpoint, RecvStream, SendStream};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::timeout;

pub(crate) struct Client {
    pub(crate) endpoint: Endpoint,
    pub(crate) connection: Connection,
}

/// A stream both ways.
pub(crate) struct Line {
    pub(crate) send: SendStream,
    pub(crate) receive: RecvStream,
}

pub(crate) fn client_config(certificate: &CertificateDer<'static>, protocol: &[u8]) -> ClientConfig {
    let mut roots = RootCertStore::empty();
    roots.add(certificate.clone()).unwrap();
    let mut tls = rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    tls.alpn_protocols = vec![protocol.to_vec()];
    ClientConfig::new(Arc::new(QuicClientConfig::try_from(tls).unwrap()))
}

pub(crate) fn endpoint() -> Endpoint {
    Endpoint::client("127.0.0.1:0".parse().unwrap()).unwrap()
}

impl Client {
    pub(crate) async fn connect(listener: &Listener) -> Self {
        let endpoint = endpoint();
        let config = client_config(&listener.certificate, b"mqtt");
        let connecting = endpoint.connect_with(config, listener.quic.address(), "localhost").unwrap();
        let connection = timeout(PATIENCE, connecting).await.expect("the handshake ends").unwrap();
        Self { endpoint, connection }
    }

    /// Opens a stream, which the other side sees with its first bytes.
    pub(crate) async fn open(&self, first: &[u8]) -> Line {
        let (mut send, receive) =
            timeout(PATIENCE, self.connection.open_bi()).await.expect("a stream is free").unwrap();
        send.write_all(first).await.unwrap();
        Line { send, receive }
    }
}

impl Line {
    pub(crate) async fn send(&mut self, packet: &[u8]) {
        timeout(PATIENCE, self.send.write_all(packet)).await.expect("there is room").unwrap();
    }

    pub(crate) async fn receive(&mut self) -> Vec<u8> {
        read_packet(&mut self.receive).await
    }
}

/// The next packet, byte for byte.
pub(crate) async fn read_packet(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut packet = Vec::new();
    let read = async {
        loop {
            match packet_len(&packet) {
                Some(len) if len == packet.len() => return,
                Some(len) => {
                    let start = packet.len();
                    packet.resize(len, 0);
                    stream.read_exact(&mut packet[start..]).await.unwrap();
                }
                None => packet.push(stream.read_u8().await.expect("another packet")),
            }
        }
    };
    timeout(PATIENCE, read).await.expect("a packet comes");
    packet
}

/// Waits for the end of a stream and gives what came before it.
pub(crate) async fn read_rest(stream: &mut (impl AsyncRead + Unpin)) -> Vec<u8> {
    let mut rest = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("the stream ends").unwrap();
    rest
}
