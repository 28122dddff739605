//! The check: everybody comes, receives what is owed and completes what was begun; then the oracle is asked.

use super::{Run, TURN_MS};
use crate::error::TortureError;
use crate::message::MessageId;
use crate::oracle::Event;
use crate::plan::Habit;

/// Without a packet for so long, nothing more is expected. Longer than the will delays that are waited for.
const PATIENCE_MS: u64 = 5_000;

/// A broker that delivers on and on gets this much time.
const GATHERING_MS_MAX: u64 = 180_000;

/// Between two looks at whether everybody has everything.
const LOOK_EVERY_MS: u64 = 20;

/// Round trips after the last delivery, in which one too many would show.
const PING_ROUNDS: u32 = 2;

/// How long a retained message may take to a new subscriber.
const RETAINED_PATIENCE_MS: u64 = 1_000;

impl Run {
    /// Milliseconds it took.
    pub(super) fn check(&mut self) -> Result<u64, TortureError> {
        let begin_ms = self.clock.now_ms();
        if self.start()?.is_none() {
            return Ok(self.clock.now_ms() - begin_ms);
        }
        self.wait_for_deliveries()?;
        for _ in 0..PING_ROUNDS {
            self.ping_everybody()?;
        }
        self.probe_retained()?;
        self.stage.oracle.check();
        self.stage.calm_down();
        self.end_broker()?;
        Ok(self.clock.now_ms() - begin_ms)
    }

    fn wait_for_deliveries(&mut self) -> Result<(), TortureError> {
        let begin_ms = self.clock.now_ms();
        let (mut packets, mut progress_ms, mut looked_ms) = (self.stage.tally.packets, begin_ms, None);
        self.stage.gather();
        loop {
            self.stage.turn(TURN_MS)?;
            self.check_stop()?;
            let now_ms = self.clock.now_ms();
            if packets != self.stage.tally.packets {
                (packets, progress_ms) = (self.stage.tally.packets, now_ms);
            }
            let has_given_up = now_ms - progress_ms > PATIENCE_MS || now_ms - begin_ms > GATHERING_MS_MAX;
            if has_given_up || self.has_broker_ended()? {
                return Ok(());
            }
            if looked_ms.is_none_or(|looked_ms| now_ms - looked_ms >= LOOK_EVERY_MS) {
                looked_ms = Some(now_ms);
                self.stage.gather();
                if self.is_everybody_idle() && self.stage.oracle.is_settled() {
                    return Ok(());
                }
            }
        }
    }

    fn is_everybody_idle(&self) -> bool {
        let expected = self
            .stage
            .clients()
            .iter()
            .filter(|client| client.profile().is_durable() && client.profile().habit != Habit::Mourner);
        expected.into_iter().all(crate::client::Client::is_idle)
    }

    fn ping_everybody(&mut self) -> Result<(), TortureError> {
        for number in 0..self.stage.clients().len() {
            self.stage.with(number, |client, _| client.ping());
        }
        let begin_ms = self.clock.now_ms();
        while !self.stage.clients().iter().all(crate::client::Client::has_all_pings) {
            if self.clock.now_ms() - begin_ms > PATIENCE_MS {
                self.accuse_silent();
                return Ok(());
            }
            if self.has_broker_ended()? {
                return Ok(());
            }
            self.stage.turn(TURN_MS)?;
        }
        Ok(())
    }

    fn accuse_silent(&mut self) {
        let silent: Vec<_> = (0..).zip(self.stage.clients()).filter(|(_, client)| !client.has_all_pings()).collect();
        let silent: Vec<_> = silent.into_iter().map(|(number, _)| number).collect();
        for client in silent {
            let what = format!("PINGREQ was not answered within {PATIENCE_MS} ms");
            self.stage.oracle.record(Event::Misbehaved { client, what });
        }
    }

    /// Asks for all retained messages on a connection of its own.
    pub(super) fn probe_retained(&mut self) -> Result<(), TortureError> {
        let Some(prober) = self.stage.plan().with_habit(Habit::Prober).next() else { return Ok(()) };
        self.stage.oracle.record(Event::RetainedAsked);
        self.stage.with(prober, |client, scene| client.connect(true, scene));
        let begin_ms = self.clock.now_ms();
        let mut found: Vec<MessageId> = Vec::new();
        loop {
            self.stage.turn(TURN_MS)?;
            found.extend(self.stage.with(prober, |client, _| client.take_found()).unwrap_or_default());
            let is_answered = self.stage.clients().get(prober).is_some_and(crate::client::Client::is_idle);
            if is_answered && self.stage.oracle.is_retained_right(&found)
                || self.clock.now_ms() - begin_ms > RETAINED_PATIENCE_MS
                || self.has_broker_ended()?
            {
                break;
            }
        }
        self.stage.oracle.record(Event::RetainedFound { messages: &found });
        self.stage.with(prober, |client, scene| client.cut(scene));
        Ok(())
    }
}
