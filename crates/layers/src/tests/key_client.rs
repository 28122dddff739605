//! A client of TLS that has a pre-shared key, without a socket.

use dunlin_tls_psk::{PskContext, PskKeys, PskOptions};
use openssl::ssl::{ErrorCode, Ssl, SslContext, SslMethod, SslStream, SslVersion};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

/// What clients are called that have [`SECRET`].
pub(super) const IDENTITY: &str = "sensor 7";

/// The key of [`IDENTITY`].
pub(super) const SECRET: &str = "open sesame";

/// What a listener with these keys starts from; made once for all tests.
pub(super) fn keys() -> Arc<PskContext> {
    static KEYS: OnceLock<Arc<PskContext>> = OnceLock::new();
    Arc::clone(KEYS.get_or_init(|| {
        let now = SystemTime::UNIX_EPOCH + Duration::from_secs(1_750_000_000);
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), format!("{IDENTITY}:{SECRET}\n")).unwrap();
        let keys = PskKeys::load(Some(file.path().into()), ':', now).unwrap();
        Arc::new(PskContext::load(PskOptions::default(), Arc::new(keys), now).unwrap())
    }))
}

/// A client.
pub(super) struct KeyClient {
    tls: SslStream<Queues>,
    is_connected: bool,
    /// What waits for the end of the handshake.
    waiting: Vec<u8>,
    /// The server's last word was said.
    pub(super) has_ended: bool,
    /// Why TLS failed: the text of the alert.
    pub(super) error: Option<String>,
}

#[derive(Debug, Default)]
struct Queues {
    received: Vec<u8>,
    to_wire: Vec<u8>,
}

impl KeyClient {
    /// Knows both versions of TLS.
    pub(super) fn new(identity: &'static str, secret: &'static str) -> Self {
        Self::of_version(None, identity, secret)
    }

    /// Knows one version of TLS only.
    pub(super) fn of_version(version: Option<SslVersion>, identity: &'static str, secret: &'static str) -> Self {
        let mut context = SslContext::builder(SslMethod::tls_client()).unwrap();
        context.set_min_proto_version(version).unwrap();
        context.set_max_proto_version(version).unwrap();
        context.set_psk_client_callback(move |_, _, to_identity, to_secret| {
            to_identity[..identity.len()].copy_from_slice(identity.as_bytes());
            to_identity[identity.len()] = 0;
            to_secret[..secret.len()].copy_from_slice(secret.as_bytes());
            Ok(secret.len())
        });
        let mut ssl = Ssl::new(&context.build()).unwrap();
        ssl.set_hostname("localhost").unwrap();
        let tls = SslStream::new(ssl, Queues::default()).unwrap();
        let mut client = Self { tls, is_connected: false, waiting: Vec::new(), has_ended: false, error: None };
        client.go_on();
        client
    }

    /// Sends, after the handshake.
    pub(super) fn send(&mut self, plain: &[u8]) {
        self.waiting.extend_from_slice(plain);
        self.go_on();
    }

    /// Takes bytes from the server; what they are without TLS.
    pub(super) fn take(&mut self, bytes: &[u8]) -> Vec<u8> {
        self.tls.get_mut().received.extend_from_slice(bytes);
        self.go_on();
        let mut plain = Vec::new();
        let mut buffer = [0; 4096];
        while self.is_connected {
            match self.tls.ssl_read(&mut buffer) {
                Ok(count) => plain.extend_from_slice(&buffer[..count]),
                Err(error) => {
                    self.has_ended |= error.code() == ErrorCode::ZERO_RETURN;
                    break;
                }
            }
        }
        plain
    }

    /// What is to be sent.
    pub(super) fn take_out(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.tls.get_mut().to_wire)
    }

    fn go_on(&mut self) {
        if !self.is_connected && self.error.is_none() {
            match self.tls.connect() {
                Ok(()) => self.is_connected = true,
                Err(error) if error.code() == ErrorCode::WANT_READ => {}
                Err(error) => self.error = Some(error.to_string()),
            }
        }
        if self.is_connected && !self.waiting.is_empty() {
            self.tls.write_all(&std::mem::take(&mut self.waiting)).unwrap();
        }
    }
}

impl Read for Queues {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.received.is_empty() {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = buffer.len().min(self.received.len());
        buffer[..count].copy_from_slice(&self.received[..count]);
        self.received.drain(..count);
        Ok(count)
    }
}

impl Write for Queues {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.to_wire.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
