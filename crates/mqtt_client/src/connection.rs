//! One connection: CONNECT and CONNACK, packets in both directions, keep alive, the end.

use crate::line::{Line, open};
use crate::socket::timespec;
use crate::{ClientError, ConnectSettings, StopSignal, clock};
use dunlin_codec::{
    Ack, AckKind, ConnAck, Connect, DecodeOptions, Disconnect, Packet, UserProperties, Will, decode_next, encode,
};
use dunlin_model::{ProtocolVersion, ReasonCode};
use rustix::event::{PollFd, PollFlags, poll};
use std::io::{ErrorKind, Write as _};
use std::net::{Shutdown, TcpStream};
use std::os::fd::BorrowedFd;
use std::time::{Duration, Instant};

/// Bytes that are read at once.
const READ_BYTES: usize = 64 << 10;

/// How long the broker may take to close after DISCONNECT.
const GOODBYE: Duration = Duration::from_secs(1);

/// What the broker takes of a client that it has let in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Agreement {
    pub(crate) receive_maximum: u16,
    pub(crate) maximum_packet_size: Option<u32>,
}

/// What a wait ended with.
pub(crate) enum Event {
    Packet(Frame),
    /// What was watched besides can be read.
    Input,
    /// The time is over.
    Timeout,
    Stopped,
}

/// A whole packet of the broker.
pub(crate) struct Frame {
    version: ProtocolVersion,
    bytes: Vec<u8>,
}

impl Frame {
    pub(crate) fn packet(&self) -> Result<Packet<'_>, ClientError> {
        let decoded = decode_next(self.version, &DECODE, &self.bytes)?;
        decoded.map(|(packet, _)| packet).ok_or(ClientError::Unexpected("half a packet"))
    }
}

const DECODE: DecodeOptions = DecodeOptions { max_packet_size: u32::MAX, strict: false };

/// A connection on which the broker has let the client in.
pub struct Connection {
    line: Box<dyn Line>,
    /// The socket below the line, to wait for.
    waiting: TcpStream,
    version: ProtocolVersion,
    stop: StopSignal,
    unread: Vec<u8>,
    /// Where in `unread` the next packet begins.
    begins: usize,
    keep_alive: Option<Duration>,
    last_sent: Instant,
    ping_sent: Option<Instant>,
    last_packet_id: u16,
    tells_packets: bool,
    pub(crate) agreement: Agreement,
}

impl Connection {
    /// Connects and waits until the broker lets the client in.
    ///
    /// # Errors
    /// [`ClientError`]: nobody there, no TLS, no WebSocket, refused, or no answer in time.
    pub fn open(settings: &ConnectSettings, stop: StopSignal) -> Result<Self, ClientError> {
        let deadline = clock::now() + settings.connect_timeout;
        let (line, waiting) = open(&settings.endpoint, settings.tls.as_ref(), settings.connect_timeout)?;
        let mut connection = Self {
            line,
            waiting,
            version: settings.version,
            stop,
            unread: Vec::new(),
            begins: 0,
            keep_alive: (settings.keep_alive > 0).then(|| Duration::from_secs(settings.keep_alive.into())),
            last_sent: clock::now(),
            ping_sent: None,
            last_packet_id: 0,
            tells_packets: settings.tells_packets,
            agreement: Agreement { receive_maximum: u16::MAX, maximum_packet_size: None },
        };
        connection.send_connect(settings)?;
        match connection.next(None, Some(deadline))? {
            Event::Packet(frame) => match frame.packet()? {
                Packet::ConnAck(connack) => connection.let_in(&connack)?,
                Packet::Auth(_) => return Err(ClientError::Refused("it wants enhanced authentication".to_owned())),
                _ => return Err(ClientError::Unexpected("a packet before CONNACK")),
            },
            Event::Stopped => return Err(ClientError::Stopped),
            Event::Timeout | Event::Input => return Err(ClientError::NoAnswer),
        }
        Ok(connection)
    }

    fn send_connect(&mut self, settings: &ConnectSettings) -> Result<(), ClientError> {
        let sheet = &settings.properties;
        let user = sheet.user_pairs();
        let will = settings.will.as_ref().map(|will| Will {
            topic: &will.topic,
            payload: &will.payload,
            qos: will.qos,
            retain: will.retain,
            delay_interval: will.properties.will_delay_interval,
            message_expiry_interval: will.properties.message_expiry_interval,
            properties: will.properties.passed_on(),
        });
        let connect = Connect {
            version: settings.version,
            clean_start: settings.clean_start,
            keep_alive: settings.keep_alive,
            client_id: &settings.client_id,
            will,
            username: settings.username.as_deref(),
            password: settings.password.as_deref().map(str::as_bytes),
            session_expiry_interval: sheet.session_expiry_interval,
            receive_maximum: sheet.receive_maximum,
            maximum_packet_size: sheet.maximum_packet_size,
            topic_alias_maximum: sheet.topic_alias_maximum,
            request_response_information: sheet.request_response_information,
            request_problem_information: sheet.request_problem_information,
            user_properties: UserProperties::from_pairs(&user),
            ..Connect::default()
        };
        self.send(&Packet::Connect(Box::new(connect)))
    }

    fn let_in(&mut self, connack: &ConnAck<'_>) -> Result<(), ClientError> {
        if connack.reason_code.is_error() {
            return Err(ClientError::Refused(reason(connack.reason_code, connack.reason_string)));
        }
        self.agreement = Agreement {
            receive_maximum: connack.receive_maximum.unwrap_or(u16::MAX),
            maximum_packet_size: connack.maximum_packet_size,
        };
        if let Some(seconds) = connack.server_keep_alive {
            self.keep_alive = (seconds > 0).then(|| Duration::from_secs(seconds.into()));
        }
        if let (true, Some(assigned)) = (self.tells_packets, connack.assigned_client_identifier) {
            eprintln!("the broker calls this client {}", assigned.escape_debug());
        }
        Ok(())
    }

    /// Version of MQTT.
    #[must_use]
    pub fn version(&self) -> ProtocolVersion {
        self.version
    }

    /// Whether the user wants it to end.
    pub(crate) fn is_stopped(&self) -> bool {
        self.stop.is_set()
    }

    /// The next packet identifier.
    pub(crate) fn next_packet_id(&mut self) -> u16 {
        self.last_packet_id = self.last_packet_id % u16::MAX + 1;
        self.last_packet_id
    }

    pub(crate) fn send(&mut self, packet: &Packet<'_>) -> Result<(), ClientError> {
        let mut bytes = Vec::new();
        encode(self.version, packet, &mut bytes)?;
        if let Some(maximum) = self.agreement.maximum_packet_size.filter(|&maximum| bytes.len() > maximum as usize) {
            return Err(ClientError::TooLarge(format!(
                "the broker takes packets of at most {maximum} bytes, and this one has {}",
                bytes.len()
            )));
        }
        self.tell("sent", packet);
        self.last_sent = clock::now();
        match self.line.write_all(&bytes).and_then(|()| self.line.flush()) {
            Ok(()) => Ok(()),
            // What the broker said before it closed is worth more than that it has closed.
            Err(error) if is_closed(error.kind()) => Ok(()),
            Err(error) => Err(ClientError::Broken(error)),
        }
    }

    pub(crate) fn acknowledge(&mut self, kind: AckKind, packet_id: u16) -> Result<(), ClientError> {
        let ack = Ack { packet_id, ..Ack::default() };
        self.send(&match kind {
            AckKind::PubAck => Packet::PubAck(ack),
            AckKind::PubRec => Packet::PubRec(ack),
            AckKind::PubRel => Packet::PubRel(ack),
            AckKind::PubComp => Packet::PubComp(ack),
        })
    }

    /// Waits for a packet, for `input` to be readable, for the deadline, or for a signal; keeps the connection alive meanwhile.
    pub(crate) fn next(
        &mut self,
        input: Option<BorrowedFd<'_>>,
        deadline: Option<Instant>,
    ) -> Result<Event, ClientError> {
        loop {
            if self.stop.is_set() {
                return Ok(Event::Stopped);
            }
            if let Some(frame) = self.take_frame()? {
                if self.handled(&frame)? {
                    continue;
                }
                return Ok(Event::Packet(frame));
            }
            if self.read_some()? {
                continue;
            }
            let now = clock::now();
            if deadline.is_some_and(|deadline| now >= deadline) {
                return Ok(Event::Timeout);
            }
            let wake = [deadline, self.keep_alive_due(now)?].into_iter().flatten().min();
            if self.wait(input, wake.map(|wake| wake.saturating_duration_since(now)))? {
                return Ok(Event::Input);
            }
        }
    }

    /// When something has to be done about keep alive; a ping is sent when it is time.
    fn keep_alive_due(&mut self, now: Instant) -> Result<Option<Instant>, ClientError> {
        let Some(interval) = self.keep_alive else { return Ok(None) };
        if let Some(sent) = self.ping_sent {
            let end = sent + interval;
            return if now >= end { Err(ClientError::NoAnswer) } else { Ok(Some(end)) };
        }
        let due = self.last_sent + interval;
        if now < due {
            return Ok(Some(due));
        }
        self.send(&Packet::PingReq)?;
        self.ping_sent = Some(now);
        Ok(Some(now + interval))
    }

    /// True when `input` can be read. A signal or a packet is found by whoever looks next.
    fn wait(&self, input: Option<BorrowedFd<'_>>, patience: Option<Duration>) -> Result<bool, ClientError> {
        let mut ready = vec![PollFd::new(&self.waiting, PollFlags::IN), self.stop.poll_fd()];
        ready.extend(input.map(|input| PollFd::from_borrowed_fd(input, PollFlags::IN)));
        match poll(&mut ready, patience.map(timespec).as_ref()) {
            Ok(_) => Ok(ready.get(2).is_some_and(|input| !input.revents().is_empty())),
            Err(rustix::io::Errno::INTR) => Ok(false),
            Err(error) => Err(ClientError::Broken(error.into())),
        }
    }

    /// What a connection answers by itself.
    fn handled(&mut self, frame: &Frame) -> Result<bool, ClientError> {
        match frame.packet()? {
            Packet::PingResp => {
                self.ping_sent = None;
                Ok(true)
            }
            Packet::Disconnect(disconnect) => {
                Err(ClientError::Ended(format!(": {}", reason(disconnect.reason_code, disconnect.reason_string))))
            }
            _ => Ok(false),
        }
    }

    fn take_frame(&mut self) -> Result<Option<Frame>, ClientError> {
        let unread = self.unread.get(self.begins..).unwrap_or_default();
        let Some((packet, length)) = decode_next(self.version, &DECODE, unread)? else { return Ok(None) };
        self.tell("received", &packet);
        let bytes = unread.get(..length).unwrap_or_default().to_vec();
        self.begins += length;
        Ok(Some(Frame { version: self.version, bytes }))
    }

    /// Reads what is there; false if nothing is.
    fn read_some(&mut self) -> Result<bool, ClientError> {
        self.unread.drain(..self.begins);
        self.begins = 0;
        let had = self.unread.len();
        self.unread.resize(had + READ_BYTES, 0);
        let result = self.line.read(self.unread.get_mut(had..).unwrap_or_default());
        self.unread.truncate(had + *result.as_ref().unwrap_or(&0));
        match result {
            Ok(0) => Err(ClientError::Ended(String::new())),
            Ok(_) => Ok(true),
            Err(error) if error.kind() == ErrorKind::WouldBlock => Ok(false),
            Err(error) if error.kind() == ErrorKind::Interrupted => Ok(true),
            Err(error) if is_closed(error.kind()) => Err(ClientError::Ended(String::new())),
            Err(error) => Err(ClientError::Broken(error)),
        }
    }

    /// Says goodbye and waits a moment for the broker to close, so that nothing that was sent is lost.
    ///
    /// # Errors
    /// [`ClientError::Broken`].
    pub fn close(mut self, disconnect: Disconnect<'_>) -> Result<(), ClientError> {
        self.send(&Packet::Disconnect(disconnect))?;
        // Whoever has closed already has read everything.
        let _ = self.line.finish();
        let _ = self.waiting.shutdown(Shutdown::Write);
        let deadline = clock::now() + GOODBYE;
        let mut ending = true;
        while ending && clock::now() < deadline {
            self.unread.clear();
            self.begins = 0;
            ending = match self.read_some() {
                Ok(true) => true,
                Ok(false) => self.wait_for_socket(deadline),
                Err(_) => false,
            };
        }
        Ok(())
    }

    fn wait_for_socket(&self, deadline: Instant) -> bool {
        let left = deadline.saturating_duration_since(clock::now());
        crate::socket::wait(&self.waiting, PollFlags::IN, left).unwrap_or(false)
    }

    fn tell(&self, direction: &str, packet: &Packet<'_>) {
        if !self.tells_packets {
            return;
        }
        let (name, detail) = described(packet);
        eprintln!("{direction} {name}{detail}");
    }
}

/// A reason as people read it.
pub(crate) fn reason(code: ReasonCode, text: Option<&str>) -> String {
    let text = text.map(|text| format!(" ({})", text.escape_debug())).unwrap_or_default();
    format!("{}{text} [0x{:02x}]", code.as_str(), code.as_u8())
}

/// A packet in a few words; neither passwords nor payloads are in them.
fn described(packet: &Packet<'_>) -> (&'static str, String) {
    let acked = |ack: &Ack<'_>| format!(" m{}, {}", ack.packet_id, ack.reason_code.as_str());
    match packet {
        Packet::Connect(connect) => ("CONNECT", format!(" as {:?}", connect.client_id)),
        Packet::ConnAck(connack) => {
            ("CONNACK", format!(", {}, session present {}", connack.reason_code.as_str(), connack.session_present))
        }
        Packet::Publish(publish) => (
            "PUBLISH",
            format!(
                " (d{}, q{}, r{}, m{}, {:?}, {} bytes)",
                u8::from(publish.dup),
                publish.qos.as_u8(),
                u8::from(publish.retain),
                publish.packet_id,
                publish.topic,
                publish.payload.len()
            ),
        ),
        Packet::PubAck(ack) => ("PUBACK", acked(ack)),
        Packet::PubRec(ack) => ("PUBREC", acked(ack)),
        Packet::PubRel(ack) => ("PUBREL", acked(ack)),
        Packet::PubComp(ack) => ("PUBCOMP", acked(ack)),
        Packet::Subscribe(subscribe) => ("SUBSCRIBE", format!(" m{}", subscribe.packet_id)),
        Packet::SubAck(ack) => ("SUBACK", format!(" m{}, {:?}", ack.packet_id, ack.reason_codes)),
        Packet::Unsubscribe(unsubscribe) => ("UNSUBSCRIBE", format!(" m{}", unsubscribe.packet_id)),
        Packet::UnsubAck(ack) => ("UNSUBACK", format!(" m{}", ack.packet_id)),
        Packet::PingReq => ("PINGREQ", String::new()),
        Packet::PingResp => ("PINGRESP", String::new()),
        Packet::Disconnect(disconnect) => ("DISCONNECT", format!(", {}", disconnect.reason_code.as_str())),
        Packet::Auth(_) => ("AUTH", String::new()),
    }
}

fn is_closed(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::BrokenPipe | ErrorKind::ConnectionReset | ErrorKind::ConnectionAborted | ErrorKind::UnexpectedEof
    )
}
