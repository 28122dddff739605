//! TLS of one connection, without its socket: received records become plaintext and answers, plaintext becomes records.
//!
//! Between two calls nothing is kept but keys and the start of a record, so that a machine holds many idle connections.

use super::TlsClient;
use rustls::client::{ClientConnectionData, UnbufferedClientConnection};
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic};
use rustls::{Error, HandshakeKind};
use std::fmt;
use std::sync::Arc;

/// Plaintext in one record, RFC 8446 §5.1.
const RECORD_PLAIN_BYTES_MAX: usize = 16 * 1024;
/// What a record is longer than its plaintext, and room for a key update in front of it.
const RECORD_OVERHEAD_BYTES: usize = 128;
/// Room for handshake records before their length is known.
const HANDSHAKE_ROOM_BYTES: usize = 512;

/// See the head of the file.
pub(crate) struct TlsSession {
    tls: UnbufferedClientConnection,
    /// Start of a record whose rest has not arrived.
    incomplete: Vec<u8>,
    has_ended: bool,
}

impl TlsSession {
    /// Before the first byte; [`Self::receive`] without records writes that.
    pub(crate) fn new(client: &TlsClient) -> Result<Self, Error> {
        let tls = UnbufferedClientConnection::new(Arc::clone(&client.config), client.server_name.clone())?;
        Ok(Self { tls, incomplete: Vec::new(), has_ended: false })
    }

    /// The handshake is through.
    pub(crate) fn is_open(&self) -> bool {
        !self.tls.is_handshaking()
    }

    /// The handshake went on with an earlier session.
    pub(crate) fn is_resumed(&self) -> bool {
        self.tls.handshake_kind() == Some(HandshakeKind::Resumed)
    }

    /// The broker has said that nothing more will come.
    pub(crate) fn has_ended(&self) -> bool {
        self.has_ended
    }

    /// The start of a record that has to stand in front of what is received next.
    pub(crate) fn incomplete(&self) -> &[u8] {
        &self.incomplete
    }

    /// Takes records, the start that was [`Self::incomplete`] in front. Writes plaintext to the front of `plain`, which must
    /// have as much room as there are records, and what has to be sent to the end of `out`: also beside an error, about it.
    /// Returns the number of plaintext bytes.
    pub(crate) fn receive(&mut self, records: &mut [u8], plain: &mut [u8], out: &mut Vec<u8>) -> Result<usize, Error> {
        let (mut used, mut filled) = (0, 0);
        loop {
            let UnbufferedStatus { discard, state } = self.tls.process_tls_records(&mut records[used..]);
            let result = match state {
                Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                    while let Some(record) = traffic.next_record() {
                        let payload = record?.payload;
                        plain[filled..filled + payload.len()].copy_from_slice(payload);
                        filled += payload.len();
                    }
                    Ok(true)
                }
                Ok(ConnectionState::EncodeTlsData(mut data)) => {
                    encode(&mut data, out);
                    Ok(true)
                }
                Ok(ConnectionState::TransmitTlsData(data)) => {
                    // It is in `out`, whose owner sends it.
                    data.done();
                    Ok(true)
                }
                Ok(ConnectionState::PeerClosed) => {
                    self.has_ended = true;
                    Ok(true)
                }
                // It waits for more records, or for something to send.
                Ok(_) => Ok(false),
                Err(error) => Err(error),
            };
            used += discard;
            match result {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.encode_alert(&mut records[used..], out);
                    return Err(error);
                }
            }
        }
        self.incomplete = records[used..].to_vec();
        Ok(filled)
    }

    /// Appends records with `plain` to `out`; the handshake must be through.
    pub(crate) fn send(&mut self, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
        loop {
            // With the start of a record in front, as the library counts from there.
            let UnbufferedStatus { discard, state } = self.tls.process_tls_records(&mut self.incomplete);
            let is_sent = match state? {
                ConnectionState::WriteTraffic(mut traffic) => encrypt(&mut traffic, plain, out).map(|()| true)?,
                ConnectionState::EncodeTlsData(mut data) => {
                    encode(&mut data, out);
                    false
                }
                ConnectionState::TransmitTlsData(data) => {
                    data.done();
                    false
                }
                _ => return Err(Error::HandshakeNotComplete),
            };
            self.incomplete.drain(..discard);
            if is_sent {
                return Ok(());
            }
        }
    }

    /// After an error the alert for the broker is all that is still to be sent.
    fn encode_alert(&mut self, records: &mut [u8], out: &mut Vec<u8>) {
        while self.tls.wants_write() {
            let Ok(ConnectionState::EncodeTlsData(mut data)) = self.tls.process_tls_records(records).state else {
                return;
            };
            encode(&mut data, out);
        }
    }
}

impl fmt::Debug for TlsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsSession").field("is_open", &self.is_open()).finish_non_exhaustive()
    }
}

fn encrypt(traffic: &mut WriteTraffic<'_, ClientConnectionData>, plain: &[u8], out: &mut Vec<u8>) -> Result<(), Error> {
    for chunk in plain.chunks(RECORD_PLAIN_BYTES_MAX) {
        let start = out.len();
        let mut room = chunk.len() + RECORD_OVERHEAD_BYTES;
        loop {
            out.resize(start + room, 0);
            match traffic.encrypt(chunk, &mut out[start..]) {
                Ok(count) => break out.truncate(start + count),
                Err(EncryptError::InsufficientSize(needed)) => room = needed.required_size,
                Err(EncryptError::EncryptExhausted) => return Err(Error::EncryptError),
            }
        }
    }
    Ok(())
}

fn encode(data: &mut EncodeTlsData<'_, ClientConnectionData>, out: &mut Vec<u8>) {
    let start = out.len();
    let mut room = HANDSHAKE_ROOM_BYTES;
    loop {
        out.resize(start + room, 0);
        match data.encode(&mut out[start..]) {
            Ok(count) => return out.truncate(start + count),
            Err(EncodeError::InsufficientSize(needed)) => room = needed.required_size,
            Err(EncodeError::AlreadyEncoded) => return out.truncate(start),
        }
    }
}

#[cfg(test)]
mod tests;
