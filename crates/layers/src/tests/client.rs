//! A client of any combination of layers, without a socket: bytes come from and go to queues.

#[cfg(feature = "psk")]
use super::key_client::KeyClient;
use dunlin_websocket::CloseCode;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection};
use std::io::{Read, Write};
use std::sync::Arc;
use zlib_rs::{InflateConfig, ReturnCode, decompress_slice};

/// A client.
#[derive(Default)]
pub(super) struct Client {
    /// Bytes for the server.
    pub(super) to_wire: Vec<u8>,
    /// What MQTT would get.
    pub(super) received: Vec<u8>,
    /// What the server answered to the request for the upgrade.
    pub(super) answer: String,
    /// The server's last word in WebSocket: its code.
    pub(super) close_code: Option<u16>,
    /// The server's last word in TLS was said.
    pub(super) tls_has_ended: bool,
    /// Why TLS failed.
    pub(super) tls_error: Option<rustls::Error>,
    /// Payloads of pongs.
    pub(super) pongs: Vec<Vec<u8>>,
    /// Frames from the server.
    pub(super) frames: usize,
    tls: Option<ClientConnection>,
    #[cfg(feature = "psk")]
    pub(super) key: Option<KeyClient>,
    upgrade: Upgrade,
    /// Decrypted, and not yet understood.
    plain: Vec<u8>,
    /// What waits for the answer to the upgrade.
    waiting: Vec<u8>,
}

#[derive(Default, PartialEq, Eq)]
enum Upgrade {
    #[default]
    None,
    Asked,
    Done,
}

const FINAL: u8 = 0x80;

impl Client {
    /// Everything from here on goes through TLS with a pre-shared key.
    #[cfg(feature = "psk")]
    pub(super) fn begin_tls_with_key(&mut self, client: KeyClient) {
        self.key = Some(client);
        self.pump();
    }

    /// Everything from here on goes through TLS.
    pub(super) fn begin_tls(&mut self, config: Arc<ClientConfig>, name: &str) {
        let name = ServerName::try_from(name.to_owned()).unwrap();
        let mut tls = ClientConnection::new(config, name).unwrap();
        tls.set_buffer_limit(None);
        self.tls = Some(tls);
        self.pump();
    }

    /// Asks for the upgrade, with these headers too.
    pub(super) fn begin_upgrade(&mut self, headers: &str) {
        self.upgrade = Upgrade::Asked;
        let request = format!(
            "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
             Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n{headers}\r\n"
        );
        self.write_below(request.as_bytes());
    }

    /// Sends bytes of MQTT, in one frame where there are frames.
    pub(super) fn send(&mut self, bytes: &[u8]) {
        match self.upgrade {
            Upgrade::None => self.write_below(bytes),
            _ => self.send_frame(FINAL | 2, bytes),
        }
    }

    /// Sends a frame, as soon as the upgrade is granted.
    pub(super) fn send_frame(&mut self, first: u8, payload: &[u8]) {
        let framed = frame(first, payload);
        if self.upgrade == Upgrade::Asked {
            self.waiting.extend_from_slice(&framed);
        } else {
            self.write_below(&framed);
        }
    }

    /// Sends what is no frame, or a frame before its time.
    pub(super) fn write_below(&mut self, bytes: &[u8]) {
        #[cfg(feature = "psk")]
        if let Some(key) = &mut self.key {
            key.send(bytes);
            return self.pump();
        }
        match &mut self.tls {
            Some(tls) => tls.writer().write_all(bytes).unwrap(),
            None => self.to_wire.extend_from_slice(bytes),
        }
        self.pump();
    }

    /// Takes bytes from the server.
    pub(super) fn take(&mut self, mut bytes: &[u8]) {
        #[cfg(feature = "psk")]
        if let Some(key) = &mut self.key {
            self.plain.extend(key.take(bytes));
            self.tls_has_ended |= key.has_ended;
            bytes = &[];
        }
        if let Some(tls) = &mut self.tls {
            while !bytes.is_empty() && self.tls_error.is_none() {
                tls.read_tls(&mut bytes).unwrap();
                match tls.process_new_packets() {
                    Ok(state) => self.tls_has_ended |= state.peer_has_closed(),
                    Err(error) => self.tls_error = Some(error),
                }
                let _ = tls.reader().read_to_end(&mut self.plain);
            }
        } else {
            self.plain.extend_from_slice(bytes);
        }
        self.understand();
        self.pump();
    }

    fn understand(&mut self) {
        match self.upgrade {
            Upgrade::None => self.received.append(&mut self.plain),
            Upgrade::Asked => {
                let Some(end) = self.plain.windows(4).position(|window| window == b"\r\n\r\n") else { return };
                self.answer = String::from_utf8(self.plain.drain(..end + 4).collect()).unwrap();
                if self.answer.starts_with("HTTP/1.1 101 ") {
                    self.upgrade = Upgrade::Done;
                    let waiting = std::mem::take(&mut self.waiting);
                    self.write_below(&waiting);
                    self.understand();
                }
            }
            Upgrade::Done => while self.understand_frame() {},
        }
    }

    /// Takes one frame from the front; false when there is no whole one.
    fn understand_frame(&mut self) -> bool {
        let Some((&[first, length], rest)) = self.plain.split_first_chunk() else { return false };
        assert_eq!(length & 0x80, 0, "a server masks nothing");
        let extended = match length {
            126 => 2,
            127 => 8,
            _ => 0,
        };
        let Some((digits, rest)) = rest.split_at_checked(extended) else { return false };
        let length = digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit));
        let length = if extended == 0 { usize::from(self.plain[1]) } else { length };
        let Some(payload) = rest.get(..length) else { return false };
        let payload = payload.to_vec();
        self.plain.drain(..2 + extended + length);
        self.frames += 1;
        match first {
            0x82 => self.received.extend_from_slice(&payload),
            0x8a => self.pongs.push(payload),
            0x88 => self.close_code = payload.first_chunk().map(|code| u16::from_be_bytes(*code)),
            // Compressed: whoever looks at it knows how.
            0xc2 => self.received.extend_from_slice(&inflate(&payload)),
            other => panic!("a frame that begins with {other:#x}"),
        }
        true
    }

    fn pump(&mut self) {
        #[cfg(feature = "psk")]
        if let Some(key) = &mut self.key {
            self.to_wire.append(&mut key.take_out());
        }
        if let Some(tls) = &mut self.tls {
            while tls.wants_write() {
                tls.write_tls(&mut self.to_wire).unwrap();
            }
        }
    }

    /// Whether the server closed WebSocket as it does when all is well.
    pub(super) fn was_closed_normally(&self) -> bool {
        self.close_code == Some(CloseCode::Normal as u16)
    }
}

/// A message that was compressed on its own (RFC 7692 §7.2.2), made to end as a stream of its own does.
fn inflate(payload: &[u8]) -> Vec<u8> {
    let whole = [payload, &[0, 0, 0xff, 0xff, 1, 0, 0, 0xff, 0xff]].concat();
    let mut unpacked = vec![0; 64 * 1024];
    let (unpacked, code) = decompress_slice(&mut unpacked, &whole, InflateConfig { window_bits: -15 });
    assert_eq!(code, ReturnCode::Ok);
    unpacked.to_vec()
}

/// A masked frame.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    const MASK: [u8; 4] = [0x12, 0x34, 0x56, 0x78];
    let mut bytes = vec![first];
    match payload.len() {
        length @ 0..126 => bytes.push(FINAL | length as u8),
        length @ 126..=0xffff => {
            bytes.push(FINAL | 126);
            bytes.extend_from_slice(&(length as u16).to_be_bytes());
        }
        length => {
            bytes.push(FINAL | 127);
            bytes.extend_from_slice(&(length as u64).to_be_bytes());
        }
    }
    bytes.extend_from_slice(&MASK);
    bytes.extend(payload.iter().zip(MASK.iter().cycle()).map(|(byte, mask)| byte ^ mask));
    bytes
}
