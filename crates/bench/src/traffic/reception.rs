//! Clients that take what the broker has for them, until all of it is there or nothing comes any more.

use super::run::RunContext;
use crate::clock::now_ns;
use crate::error::RunError;
use crate::network::{ClientError, Handler, Network, Outbox};
use crate::probe::{Probe, Sample};
use crate::wire::{Acknowledgement, AcknowledgementKind, Frame, PacketKind, ReceivedPublish, WireError};
use dunlin_model::ProtocolVersion;
use std::time::Duration;

/// How long to listen for repeated messages once all are there; also the longest wait of a turn.
const TICK: Duration = Duration::from_millis(100);

/// What is taken, and when it is all there.
pub(crate) trait Taker {
    /// Looks after its clients before each turn: opens the next ones.
    ///
    /// # Errors
    /// A client cannot be opened.
    fn prepare(&mut self, _network: &mut Network) -> Result<(), RunError> {
        Ok(())
    }

    /// The connection of `client` is up.
    ///
    /// # Errors
    /// Nothing can be said to the broker.
    fn opened(&mut self, _client: usize, _outbox: &mut Outbox) -> Result<(), ClientError> {
        Ok(())
    }

    /// A message came and was acknowledged; false when it is none of those that are waited for.
    fn take(&mut self, client: usize, publish: &ReceivedPublish<'_>) -> bool;

    /// CONNACK or SUBACK came.
    ///
    /// # Errors
    /// It refuses something.
    fn answered(&mut self, frame: Frame<'_>) -> Result<(), ClientError>;

    /// Everything is there.
    fn is_complete(&self) -> bool;

    /// How far it has come, for the progress line.
    fn progress(&self) -> String;
}

/// A taker at work: its packets, and when they came.
pub(crate) struct Reception<T> {
    pub(crate) taker: T,
    /// When it began; all times are in nanoseconds of [`now_ns`].
    pub(crate) start_ns: u64,
    /// When the first message came.
    pub(crate) first_ns: Option<u64>,
    /// When the last message or answer came.
    pub(crate) last_ns: u64,
    version: ProtocolVersion,
    now_ns: u64,
    failed: usize,
    error: Option<ClientError>,
}

impl<T: Taker> Reception<T> {
    /// Begins now.
    pub(crate) fn new(taker: T, version: ProtocolVersion) -> Self {
        let now_ns = now_ns();
        Self { taker, start_ns: now_ns, first_ns: None, last_ns: now_ns, version, now_ns, failed: 0, error: None }
    }

    /// Receives until everything is there, or nothing came for `patience`. Returns a sample of the moment in which the broker's
    /// work was over.
    ///
    /// # Errors
    /// A client is thrown out, or Ctrl-C.
    pub(crate) fn run(
        &mut self,
        context: &mut RunContext,
        network: &mut Network,
        probe: Probe,
        patience: Duration,
    ) -> Result<Sample, RunError> {
        let mut complete: Option<(u64, Sample)> = None;
        loop {
            context.stop.check()?;
            self.taker.prepare(network)?;
            network.flush(self);
            network.turn(TICK, self)?;
            if let Some(error) = self.error.take() {
                return Err(RunError::Clients { failed: self.failed, first: error.to_string() });
            }
            let now = now_ns();
            context.progress.tick(now, || self.taker.progress());
            match &complete {
                None if self.taker.is_complete() => complete = Some((now, probe.sample()?)),
                None if now.saturating_sub(self.last_ns) > nanos(patience) => return probe.sample(),
                // Listened a little longer, so that repeated messages are seen.
                Some((at_ns, sample)) if now - at_ns > nanos(TICK) => return Ok(*sample),
                _ => {}
            }
        }
    }

    /// From the start to the first message.
    pub(crate) fn first_ms(&self) -> f64 {
        self.first_ns.unwrap_or(self.start_ns).saturating_sub(self.start_ns) as f64 / 1e6
    }

    /// From the start to the last message or answer.
    pub(crate) fn seconds(&self) -> f64 {
        self.last_ns.saturating_sub(self.start_ns) as f64 / 1e9
    }

    /// `count` divided by [`Reception::seconds`].
    pub(crate) fn per_second(&self, count: u64) -> f64 {
        let seconds = self.seconds();
        if seconds > 0.0 { count as f64 / seconds } else { 0.0 }
    }
}

impl<T: Taker> Handler for Reception<T> {
    fn reading(&mut self) {
        self.now_ns = now_ns();
    }

    fn opened(&mut self, client: usize, outbox: &mut Outbox) -> Result<(), ClientError> {
        self.taker.opened(client, outbox)
    }

    #[inline]
    fn received(&mut self, client: usize, frame: Frame<'_>, outbox: &mut Outbox) -> Result<(), ClientError> {
        match frame.kind()? {
            PacketKind::Publish => {
                let publish = ReceivedPublish::read(frame, self.version)?;
                publish.acknowledge(&mut outbox.bytes);
                if self.taker.take(client, &publish) {
                    self.first_ns.get_or_insert(self.now_ns);
                    self.last_ns = self.now_ns;
                }
            }
            PacketKind::PubRel => {
                let released = Acknowledgement::read(frame.body)?;
                // PUBCOMP answers PUBREL with the same identifier [MQTT-4.3.3-11].
                Acknowledgement::write(&mut outbox.bytes, AcknowledgementKind::PubComp, released.packet_id);
            }
            PacketKind::ConnAck | PacketKind::SubAck => {
                self.taker.answered(frame)?;
                self.last_ns = self.now_ns;
            }
            PacketKind::Disconnect => {
                let code = frame.body.first().copied().unwrap_or_default();
                return Err(WireError::Disconnected(code).into());
            }
            _ => {}
        }
        Ok(())
    }

    fn failed(&mut self, _client: usize, error: ClientError) {
        self.failed += 1;
        self.error.get_or_insert(error);
    }
}

fn nanos(duration: Duration) -> u64 {
    duration.as_nanos() as u64
}
