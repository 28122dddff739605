//! TLS, WebSocket or both between MQTT and one socket.

use super::ClientError;
use super::scratch::Scratch;
use super::stream::{Arrival, read_socket, write_socket};
use crate::layers::{Layers, TlsSession, WebSocketClient, WebSocketSession};
use crate::wire::WireError;
use mio::net::TcpStream;

/// Bytes of MQTT in one WebSocket frame, and encrypted at a time.
const WRITE_BYTES_MAX: usize = 64 * 1024;

/// See the head of the file.
#[derive(Debug)]
pub(super) struct LayeredStream {
    socket: TcpStream,
    tls: Option<TlsSession>,
    websocket: Option<WebSocketSession>,
    /// Whom to ask for WebSocket; nobody once that is done.
    asks: Option<Box<WebSocketClient>>,
    has_begun: bool,
    /// What the socket has not taken yet.
    unsent: Vec<u8>,
}

impl LayeredStream {
    /// On a socket whose TCP handshake may be going on.
    pub(super) fn new(socket: TcpStream, layers: &Layers) -> Result<Self, ClientError> {
        Ok(Self {
            socket,
            tls: layers.tls.as_ref().map(TlsSession::new).transpose()?,
            websocket: layers.websocket.as_ref().map(|_| WebSocketSession::new()),
            asks: layers.websocket.clone().map(Box::new),
            has_begun: false,
            unsent: Vec::new(),
        })
    }

    pub(super) fn socket(&self) -> &TcpStream {
        &self.socket
    }

    /// The TLS handshake went on with an earlier session.
    pub(super) fn is_resumed(&self) -> bool {
        self.tls.as_ref().is_some_and(TlsSession::is_resumed)
    }

    /// Bytes that were taken wait for room in the socket.
    pub(super) fn has_unsent(&self) -> bool {
        !self.unsent.is_empty()
    }

    /// Goes on with the handshakes; `false` while they are not through. `buffer` is free for use.
    pub(super) fn open(&mut self, buffer: &mut [u8], scratch: &mut Scratch) -> Result<bool, ClientError> {
        let mut is_dry = !self.has_begun;
        if !self.has_begun {
            self.has_begun = true;
            self.begin(scratch)?;
        }
        self.flush()?;
        loop {
            self.ask(scratch)?;
            if is_dry {
                return Ok(self.is_open());
            }
            let arrival = self.read(buffer, scratch)?;
            if arrival.bytes > 0 {
                // A broker says nothing before CONNECT.
                return Err(WireError::Unexpected(buffer[0]).into());
            }
            is_dry = arrival.is_dry;
        }
    }

    fn is_open(&self) -> bool {
        self.is_tls_open() && self.websocket.as_ref().is_none_or(WebSocketSession::is_open)
    }

    fn is_tls_open(&self) -> bool {
        self.tls.as_ref().is_none_or(TlsSession::is_open)
    }

    /// The client begins the TLS handshake.
    fn begin(&mut self, scratch: &mut Scratch) -> Result<(), ClientError> {
        if let Some(tls) = &mut self.tls {
            scratch.out.clear();
            tls.receive(&mut [], &mut [], &mut scratch.out)?;
            self.send(&scratch.out)?;
        }
        Ok(())
    }

    /// Asks for WebSocket once there is somebody to ask.
    fn ask(&mut self, scratch: &mut Scratch) -> Result<(), ClientError> {
        let is_up = self.is_tls_open();
        let Some(client) = self.asks.take_if(|_| is_up) else {
            return Ok(());
        };
        let request = self.websocket.as_ref().map(|websocket| websocket.request(&client)).unwrap_or_default();
        self.send_below_websocket(request.as_bytes(), &mut scratch.out)
    }

    /// One read of the socket. An end that was announced is reported by the read after it, so that nothing is lost.
    pub(super) fn read(&mut self, buffer: &mut [u8], scratch: &mut Scratch) -> Result<Arrival, ClientError> {
        if self.has_ended() {
            return Err(ClientError::Closed);
        }
        let mut arrival = self.read_below_websocket(buffer, scratch)?;
        if let Some(websocket) = &mut self.websocket {
            scratch.frames.clear();
            arrival.bytes = websocket.receive(&mut buffer[..arrival.bytes], &mut scratch.frames)?;
            if !scratch.frames.is_empty() {
                let sent = self.send_below_websocket(&scratch.frames, &mut scratch.out);
                // A broker that says it closes may have closed already.
                if !self.has_ended() {
                    sent?;
                }
            }
        }
        arrival.is_dry &= !self.has_ended();
        Ok(arrival)
    }

    fn has_ended(&self) -> bool {
        self.tls.as_ref().is_some_and(TlsSession::has_ended)
            || self.websocket.as_ref().is_some_and(WebSocketSession::has_ended)
    }

    fn read_below_websocket(&mut self, buffer: &mut [u8], scratch: &mut Scratch) -> Result<Arrival, ClientError> {
        let Some(tls) = &mut self.tls else { return read_socket(&mut self.socket, buffer) };
        // Plaintext is shorter than its records, so what is read fits into the buffer.
        let end = scratch.records.len().min(buffer.len());
        let kept = tls.incomplete().len();
        if kept >= end {
            return Err(WireError::PacketTooLarge(buffer.len()).into());
        }
        scratch.records[..kept].copy_from_slice(tls.incomplete());
        let arrival = read_socket(&mut self.socket, &mut scratch.records[kept..end])?;
        scratch.out.clear();
        let plain = tls.receive(&mut scratch.records[..kept + arrival.bytes], buffer, &mut scratch.out);
        // Beside an error it is an alert, which the broker need not get.
        let sent = self.send(&scratch.out);
        let bytes = plain?;
        sent.map(|()| Arrival { bytes, ..arrival })
    }

    /// How many of the bytes were taken; none when the socket has no room.
    pub(super) fn write(&mut self, bytes: &[u8], scratch: &mut Scratch) -> Result<usize, ClientError> {
        self.flush()?;
        if self.has_unsent() {
            return Ok(0);
        }
        let taken = &bytes[..bytes.len().min(WRITE_BYTES_MAX)];
        if self.websocket.is_some() {
            scratch.frames.clear();
            WebSocketSession::send(taken, &mut scratch.frames);
            self.send_below_websocket(&scratch.frames, &mut scratch.out)?;
        } else {
            self.send_below_websocket(taken, &mut scratch.out)?;
        }
        Ok(taken.len())
    }

    fn send_below_websocket(&mut self, bytes: &[u8], records: &mut Vec<u8>) -> Result<(), ClientError> {
        let Some(tls) = &mut self.tls else { return self.send(bytes) };
        records.clear();
        tls.send(bytes, records)?;
        self.send(records)
    }

    /// Sends what waits, as far as the socket has room.
    pub(super) fn flush(&mut self) -> Result<(), ClientError> {
        if self.unsent.is_empty() {
            return Ok(());
        }
        let unsent = std::mem::take(&mut self.unsent);
        self.send(&unsent)
    }

    /// Hands bytes to the socket; what it does not take waits behind what waits already.
    fn send(&mut self, bytes: &[u8]) -> Result<(), ClientError> {
        let mut rest = bytes;
        while self.unsent.is_empty() && !rest.is_empty() {
            match write_socket(&mut self.socket, rest)? {
                0 => break,
                count => rest = &rest[count..],
            }
        }
        self.unsent.extend_from_slice(rest);
        Ok(())
    }
}
