//! A session against the TLS library's server, with records cut anywhere.

use super::super::{TlsOptions, TlsVersion};
use super::*;
use dunlin_testkit::Authority;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection};
use std::io::{Read, Write};

/// Both ends, and the pieces in which the client gets what the server sends.
struct Pair {
    client: TlsSession,
    server: ServerConnection,
    piece_bytes: usize,
    /// Plaintext that has come out at the client.
    received: Vec<u8>,
    /// And at the server.
    received_by_server: Vec<u8>,
    // Its folder has the certificates.
    _authority: Authority,
}

impl Pair {
    fn new(version: TlsVersion, piece_bytes: usize) -> Self {
        let authority = Authority::new("authority");
        let issued = authority.issue("broker");
        let options = TlsOptions {
            authorities: Some(authority.certificate()),
            identity: None,
            server_name: "localhost".to_owned(),
            version: Some(version),
        };
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(
                vec![CertificateDer::from_pem_file(&issued.certificate).unwrap()],
                PrivateKeyDer::from_pem_file(&issued.key).unwrap(),
            )
            .unwrap();
        Self {
            client: TlsSession::new(&TlsClient::load(&options).unwrap()).unwrap(),
            server: ServerConnection::new(Arc::new(config)).unwrap(),
            piece_bytes,
            received: Vec::new(),
            received_by_server: Vec::new(),
            _authority: authority,
        }
    }

    /// Gives the client one piece and the server what the client says to that.
    fn deliver(&mut self, piece: &[u8]) -> Result<(), Error> {
        let mut records = [self.client.incomplete(), piece].concat();
        let (mut plain, mut out) = (vec![0; records.len()], Vec::new());
        let count = self.client.receive(&mut records, &mut plain, &mut out);
        self.tell_server(&out);
        self.received.extend_from_slice(&plain[..count?]);
        Ok(())
    }

    fn tell_server(&mut self, records: &[u8]) {
        let mut rest = records;
        while !rest.is_empty() {
            self.server.read_tls(&mut rest).unwrap();
            // An alert of the client is an error here; the tests look at the client.
            let _ = self.server.process_new_packets();
            // Ends with an error, as the client has not said that nothing more will come.
            let _ = self.server.reader().read_to_end(&mut self.received_by_server);
        }
    }

    /// Until nobody has anything to say.
    fn run(&mut self) -> Result<(), Error> {
        self.deliver(&[])?;
        while self.server.wants_write() {
            let mut records = Vec::new();
            self.server.write_tls(&mut records).unwrap();
            records.chunks(self.piece_bytes).try_for_each(|piece| self.deliver(piece))?;
        }
        Ok(())
    }
}

#[test]
fn what_is_sent_arrives_however_the_records_are_cut() {
    let message: Vec<u8> = (0..40_000_usize).map(|index| index as u8).collect();
    for version in [TlsVersion::V12, TlsVersion::V13] {
        for piece_bytes in [1, 7, 1000, usize::MAX] {
            let mut pair = Pair::new(version, piece_bytes);
            assert!(!pair.client.is_open());
            pair.run().unwrap();
            assert!(pair.client.is_open() && !pair.client.is_resumed());

            pair.server.writer().write_all(&message).unwrap();
            // In between, the client sends with the start of a record waiting.
            let mut records = Vec::new();
            pair.server.write_tls(&mut records).unwrap();
            let (start, rest) = records.split_at(100);
            pair.deliver(start).unwrap();
            let mut out = Vec::new();
            pair.client.send(&message, &mut out).unwrap();
            pair.tell_server(&out);
            assert!(pair.received_by_server == message, "{version:?}, pieces of {piece_bytes}");
            rest.chunks(piece_bytes).for_each(|piece| pair.deliver(piece).unwrap());
            pair.run().unwrap();
            assert!(pair.received == message, "{version:?}, pieces of {piece_bytes}");
            assert!(pair.client.incomplete().is_empty() && !pair.client.has_ended());

            pair.server.send_close_notify();
            pair.run().unwrap();
            assert!(pair.client.has_ended());
        }
    }
}

#[test]
fn the_broker_is_told_about_a_broken_record() {
    let mut pair = Pair::new(TlsVersion::V13, usize::MAX);
    pair.run().unwrap();
    pair.server.writer().write_all(b"message").unwrap();
    let mut records = Vec::new();
    pair.server.write_tls(&mut records).unwrap();
    *records.last_mut().unwrap() ^= 1;
    assert_eq!(pair.deliver(&records), Err(Error::DecryptError));
    let told = pair.server.process_new_packets().unwrap_err();
    assert_eq!(told, Error::AlertReceived(rustls::AlertDescription::BadRecordMac));
    assert!(pair.received.is_empty());
}

#[test]
fn a_broker_that_does_not_speak_tls_is_an_error() {
    let mut pair = Pair::new(TlsVersion::V13, usize::MAX);
    pair.deliver(&[]).unwrap();
    assert!(matches!(pair.deliver(b"HTTP/1.1 400 Bad Request\r\n"), Err(Error::InvalidMessage(_))));
}
