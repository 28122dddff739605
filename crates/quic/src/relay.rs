//! Moves bytes between the streams of a QUIC connection and the broker's local socket.

use crate::QuicOptions;
use crate::exchange::{Exchange, StreamNumber};
use crate::handshake::CLOSE_NORMAL;
use quinn::{Connection, ConnectionError, RecvStream, SendStream, WriteError};
use std::future::poll_fn;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::UnixStream;
use tokio::time::timeout;

/// Bytes read at a time.
const READ_BYTES: usize = 16 * 1024;

/// Rounds of moving bytes before other connections have their turn.
const ROUNDS_MAX: usize = 16;

/// How long a client has to acknowledge the last bytes it is sent, such as a DISCONNECT.
const LAST_BYTES_TIMEOUT: Duration = Duration::from_secs(3);

/// The first stream of a client, both ways.
pub(crate) type ControlStream = (SendStream, RecvStream);

type Opened = Result<ControlStream, ConnectionError>;

/// One connection.
pub(crate) struct Relay {
    connection: Arc<Connection>,
    exchange: Exchange,
    /// The next stream the client opens; `None` once the connection is lost.
    opening: Option<Pin<Box<dyn Future<Output = Opened>>>>,
    /// By number, the control stream first.
    lines: Vec<Line>,
    broker: UnixStream,
    /// The broker has said that it sends nothing more.
    broker_finished: bool,
    /// The broker has been told that the client sends nothing more.
    client_finished: bool,
}

/// A stream of the client.
struct Line {
    number: StreamNumber,
    send: SendStream,
    /// `None` once the client sends nothing more.
    receive: Option<RecvStream>,
}

/// How a relay ends.
enum Ending {
    /// The broker has closed its socket, and all it said has been handed to QUIC.
    Broker,
    /// The client has closed the connection or is lost.
    Client,
}

impl Relay {
    pub(crate) fn new(
        connection: Arc<Connection>,
        (send, receive): ControlStream,
        broker: UnixStream,
        options: &QuicOptions,
    ) -> Self {
        // What is short and wanted soon goes before the data of other streams. A stream that is closed already does not care.
        let _ = send.set_priority(1);
        let control = Line { number: StreamNumber::CONTROL, send, receive: Some(receive) };
        Self {
            opening: Some(next_stream(&connection)),
            connection,
            exchange: Exchange::new(options.max_packet_bytes),
            lines: vec![control],
            broker,
            broker_finished: false,
            client_finished: false,
        }
    }

    /// Runs until one of the two sides has had enough.
    // [MQTT-4.2-1]: ordered and without loss, both ways.
    pub(crate) async fn run(mut self) {
        if let Ending::Broker = poll_fn(|context| self.poll(context)).await {
            let _ = timeout(LAST_BYTES_TIMEOUT, self.finish()).await;
        }
        self.connection.close(CLOSE_NORMAL, b"");
    }

    /// Ends all streams and waits until the client has everything.
    async fn finish(&mut self) {
        for line in &mut self.lines {
            // A stream that is closed already has nothing to finish.
            let _ = line.send.finish();
        }
        for line in &mut self.lines {
            // Whether the client has got it or does not want it.
            let _ = line.send.stopped().await;
        }
    }

    fn poll(&mut self, context: &mut Context<'_>) -> Poll<Ending> {
        for _ in 0..ROUNDS_MAX {
            let mut has_moved = self.poll_opening(context);
            has_moved |= self.poll_receive(context);
            has_moved |= self.poll_from_broker(context);
            self.exchange.advance();
            has_moved |= self.poll_to_broker(context);
            has_moved |= self.poll_send(context);
            has_moved |= self.close_done_lines();
            let is_control_open = self.lines.first().is_some_and(|control| control.receive.is_some());
            if self.opening.is_none() && !is_control_open && self.client_finished {
                return Poll::Ready(Ending::Client);
            }
            if has_moved {
                continue;
            }
            if self.broker_finished && self.exchange.is_delivered() {
                return Poll::Ready(Ending::Broker);
            }
            return Poll::Pending;
        }
        context.waker().wake_by_ref();
        Poll::Pending
    }

    /// Takes streams the client opens.
    fn poll_opening(&mut self, context: &mut Context<'_>) -> bool {
        let Some(opening) = &mut self.opening else { return false };
        let Poll::Ready(opened) = opening.as_mut().poll(context) else { return false };
        self.opening = None;
        if let Ok((send, receive)) = opened {
            let number = StreamNumber(send.id().index());
            self.exchange.open(number);
            self.lines.push(Line { number, send, receive: Some(receive) });
            self.opening = Some(next_stream(&self.connection));
        }
        true
    }

    /// Reads from the client's streams as far as there is room.
    fn poll_receive(&mut self, context: &mut Context<'_>) -> bool {
        let mut has_moved = false;
        for line in &mut self.lines {
            let Some(receive) = &mut line.receive else { continue };
            if !self.exchange.takes_from(line.number) {
                continue;
            }
            let mut room = [const { MaybeUninit::uninit() }; READ_BYTES];
            let mut buffer = ReadBuf::uninit(&mut room);
            let Poll::Ready(result) = receive.poll_read_buf(context, &mut buffer) else { continue };
            has_moved = true;
            match result {
                Ok(()) if !buffer.filled().is_empty() => {
                    self.exchange.client_sent(line.number, buffer.filled());
                    continue;
                }
                Ok(()) => self.exchange.finish(line.number),
                // Or the connection is lost, and all streams end where they are.
                Err(_) => self.exchange.reset(line.number),
            }
            line.receive = None;
        }
        has_moved
    }

    fn poll_from_broker(&mut self, context: &mut Context<'_>) -> bool {
        if self.broker_finished || !self.exchange.takes_from_broker() {
            return false;
        }
        let mut room = [const { MaybeUninit::uninit() }; READ_BYTES];
        let mut buffer = ReadBuf::uninit(&mut room);
        let Poll::Ready(result) = Pin::new(&mut self.broker).poll_read(context, &mut buffer) else { return false };
        // A broker that has closed with something unread resets; that is an end as well.
        self.broker_finished = result.is_err() || buffer.filled().is_empty();
        self.exchange.broker_sent(buffer.filled());
        true
    }

    fn poll_to_broker(&mut self, context: &mut Context<'_>) -> bool {
        let mut has_moved = false;
        while !self.exchange.to_broker().is_empty() {
            match Pin::new(&mut self.broker).poll_write(context, self.exchange.to_broker()) {
                Poll::Ready(Ok(count)) => self.exchange.broker_took(count),
                Poll::Ready(Err(_)) => self.exchange.broker_left(),
                Poll::Pending => return has_moved,
            }
            has_moved = true;
        }
        if self.exchange.is_over() && !self.client_finished {
            // An error means that the broker has gone.
            let _ = Pin::new(&mut self.broker).poll_shutdown(context);
            self.client_finished = true;
            has_moved = true;
        }
        has_moved
    }

    fn poll_send(&mut self, context: &mut Context<'_>) -> bool {
        let mut has_moved = false;
        for line in &mut self.lines {
            while !self.exchange.to_client(line.number).is_empty() {
                match Pin::new(&mut line.send).poll_write(context, self.exchange.to_client(line.number)) {
                    Poll::Ready(Ok(count)) => self.exchange.client_took(line.number, count),
                    Poll::Ready(Err(error)) => {
                        self.exchange.abandon(line.number);
                        // A client that does not listen on its control stream has left. What a lost connection has brought is
                        // still to be read.
                        if line.number.is_control() && !matches!(error, WriteError::ConnectionLost(_)) {
                            self.exchange.finish(line.number);
                            line.receive = None;
                        }
                    }
                    Poll::Pending => break,
                }
                has_moved = true;
            }
        }
        has_moved
    }

    /// Frees what data streams hold that both sides have done with, so that the client may open others.
    fn close_done_lines(&mut self) -> bool {
        let count = self.lines.len();
        self.lines.retain_mut(|line| {
            let is_done = line.receive.is_none() && self.exchange.is_done(line.number);
            if is_done {
                let _ = line.send.finish();
                self.exchange.close(line.number);
            }
            !is_done
        });
        self.lines.len() < count
    }
}

fn next_stream(connection: &Arc<Connection>) -> Pin<Box<dyn Future<Output = Opened>>> {
    let connection = Arc::clone(connection);
    Box::pin(async move { connection.accept_bi().await })
}
