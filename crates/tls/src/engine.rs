//! TLS without a socket: received records become plaintext and answers, plaintext becomes records.
//!
//! Built on the TLS library's interface without buffers: what it needs between two calls is kept here, and nothing is kept when
//! nothing is under way.

use rustls::Error;
use rustls::server::{ServerConnectionData, UnbufferedServerConnection};
use rustls::unbuffered::{ConnectionState, EncodeError, EncodeTlsData, EncryptError, UnbufferedStatus, WriteTraffic};

/// Plaintext in one record, RFC 8446 §5.1.
const RECORD_PLAIN_BYTES_MAX: usize = 16 * 1024;

/// What a record is longer than its plaintext, at most in the suites there are; a pending key update fits in too.
const RECORD_OVERHEAD_BYTES: usize = 128;

/// Room for a handshake record before its length is known.
const HANDSHAKE_ROOM_BYTES: usize = 512;

/// What to do once everything received has been looked at.
#[derive(Clone, Copy)]
pub(crate) enum Task<'a> {
    /// Nothing.
    Receive,
    /// Encrypt this.
    Send(&'a [u8]),
    /// Say that nothing more will come.
    Close,
}

/// Takes plaintext: into the caller's buffer first, then into a vector.
pub(crate) struct Sink<'a> {
    target: &'a mut [u8],
    filled: usize,
    rest: &'a mut Vec<u8>,
}

/// What a run came to.
pub(crate) struct Run {
    /// Bytes in front that are done with.
    pub(crate) used: usize,
    /// The peer has said that nothing more will come.
    pub(crate) peer_closed: bool,
    /// The task was carried out; [`Task::Receive`] never is.
    pub(crate) task_done: bool,
    /// What ended the connection; an alert about it may be in the output.
    pub(crate) result: Result<(), Error>,
}

impl<'a> Sink<'a> {
    pub(crate) fn new(target: &'a mut [u8], rest: &'a mut Vec<u8>) -> Self {
        Self { target, filled: 0, rest }
    }

    /// Bytes in the caller's buffer.
    pub(crate) fn filled(&self) -> usize {
        self.filled
    }

    fn take(&mut self, plain: &[u8]) {
        let room = self.target.get_mut(self.filled..).unwrap_or_default();
        let (now, later) = plain.split_at(room.len().min(plain.len()));
        room[..now.len()].copy_from_slice(now);
        self.filled += now.len();
        self.rest.extend_from_slice(later);
    }
}

/// Looks at received records until nothing complete is left, then carries out the task, where the handshake allows.
pub(crate) fn run(
    tls: &mut UnbufferedServerConnection,
    records: &mut [u8],
    sink: &mut Sink<'_>,
    out: &mut Vec<u8>,
    task: Task<'_>,
) -> Run {
    let mut run = Run { used: 0, peer_closed: false, task_done: false, result: Ok(()) };
    loop {
        let UnbufferedStatus { discard, state } =
            tls.process_tls_records(records.get_mut(run.used..).unwrap_or_default());
        let go_on = match state {
            Ok(ConnectionState::ReadTraffic(mut traffic)) => {
                while let Some(Ok(record)) = traffic.next_record() {
                    sink.take(record.payload);
                }
                true
            }
            Ok(ConnectionState::EncodeTlsData(mut data)) => {
                encode(&mut data, out);
                true
            }
            Ok(ConnectionState::TransmitTlsData(data)) => {
                // It is in the output, whose owner sends it.
                data.done();
                true
            }
            // None is ever offered.
            Ok(ConnectionState::ReadEarlyData(mut early)) => {
                while early.next_record().is_some() {}
                true
            }
            Ok(ConnectionState::PeerClosed) => {
                run.peer_closed = true;
                true
            }
            Ok(ConnectionState::Closed) => {
                run.peer_closed = true;
                false
            }
            Ok(ConnectionState::WriteTraffic(mut traffic)) => {
                run.result = carry_out(&mut traffic, task, out);
                run.task_done = run.result.is_ok() && !matches!(task, Task::Receive);
                false
            }
            Ok(_) => false,
            Err(error) => {
                run.result = Err(error);
                false
            }
        };
        run.used += discard;
        if !go_on {
            break;
        }
    }
    if run.result.is_err() {
        encode_alert(tls, records.get_mut(run.used..).unwrap_or_default(), out);
    }
    run
}

fn carry_out(
    traffic: &mut WriteTraffic<'_, ServerConnectionData>,
    task: Task<'_>,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    match task {
        Task::Receive => Ok(()),
        Task::Send(plain) => plain.chunks(RECORD_PLAIN_BYTES_MAX).try_for_each(|chunk| {
            let room = chunk.len() + RECORD_OVERHEAD_BYTES;
            append(out, room, |buffer| traffic.encrypt(chunk, buffer))
        }),
        Task::Close => append(out, RECORD_OVERHEAD_BYTES, |buffer| traffic.queue_close_notify(buffer)),
    }
}

/// Lets `write` append to the output; a second time when it needs more room.
fn append(
    out: &mut Vec<u8>,
    room: usize,
    mut write: impl FnMut(&mut [u8]) -> Result<usize, EncryptError>,
) -> Result<(), Error> {
    let start = out.len();
    let mut room = room;
    for _ in 0..2 {
        out.resize(start + room, 0);
        match write(&mut out[start..]) {
            Ok(count) => {
                out.truncate(start + count);
                return Ok(());
            }
            Err(EncryptError::InsufficientSize(needed)) => room = needed.required_size,
            Err(EncryptError::EncryptExhausted) => break,
        }
    }
    out.truncate(start);
    Err(Error::EncryptError)
}

fn encode(data: &mut EncodeTlsData<'_, ServerConnectionData>, out: &mut Vec<u8>) {
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

/// After an error the alert for the peer is all that is still to be sent. The library must not look at the records again: it
/// would find the same error, and it takes a second alert for a mistake of its own.
fn encode_alert(tls: &mut UnbufferedServerConnection, records: &mut [u8], out: &mut Vec<u8>) {
    while tls.wants_write() {
        let UnbufferedStatus { state: Ok(ConnectionState::EncodeTlsData(mut data)), .. } =
            tls.process_tls_records(records)
        else {
            return;
        };
        encode(&mut data, out);
    }
}
