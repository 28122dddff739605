//! The cycles of a run: start the broker, let the clients play, kill it; now and then let everybody receive what is owed.

mod gathering;
mod settings;

pub use settings::{Ending, Settings};

use crate::broker_process::BrokerProcess;
use crate::clock::Clock;
use crate::compaction::{Compaction, Outcome};
use crate::error::TortureError;
use crate::oracle::{ConnectionEnd, Event};
use crate::plan::Plan;
use crate::report::{CycleReport, Report};
use crate::run_folder::RunFolder;
use crate::script::{Director, Kill, Script};
use crate::stage::Stage;
use dunlin_bench::stop_signal::StopSignal;
use std::collections::BTreeMap;
use std::thread;
use std::time::Duration;

/// Longest wait for something to happen before the next look at the process and the script.
const TURN_MS: u64 = 5;

/// A run and what it has come to.
#[derive(Debug)]
pub struct Run {
    settings: Settings,
    stage: Stage,
    director: Director,
    folder: RunFolder,
    process: Option<BrokerProcess>,
    compaction: Option<Compaction>,
    compactions: u64,
    stop: StopSignal,
    clock: Clock,
    cycle: u32,
    /// Processes started so far.
    starts: u32,
    slowest_start: Duration,
    has_broker_failed: bool,
    endings: BTreeMap<&'static str, u32>,
}

impl Run {
    /// Prepares a run; the first broker is not started yet.
    ///
    /// # Errors
    /// The folder cannot be made, or the system has no poll for us.
    pub fn new(settings: Settings, stop: StopSignal) -> Result<Self, TortureError> {
        let clock = Clock::start();
        let plan = Plan::new(settings.seed);
        Ok(Self {
            stage: Stage::new(plan, settings.seed, settings.overlaps, clock)?,
            director: Director::new(settings.seed, settings.duration_ms.clone()),
            folder: RunFolder::new(settings.folder.as_deref())?,
            process: None,
            compaction: None,
            compactions: 0,
            stop,
            clock,
            cycle: 0,
            starts: 0,
            slowest_start: Duration::ZERO,
            has_broker_failed: false,
            endings: BTreeMap::new(),
            settings,
        })
    }

    /// Does all cycles, or those up to the first with a violation. `on_cycle` is told about each.
    ///
    /// # Errors
    /// The run could not go on.
    pub fn go(mut self, mut on_cycle: impl FnMut(&CycleReport)) -> Result<Report, TortureError> {
        for cycle in 1..=self.settings.cycles {
            self.cycle = cycle;
            self.stage.oracle.begin_cycle(cycle);
            let mut report = self.cycle()?;
            let is_last = cycle == self.settings.cycles;
            if !self.is_over() && (is_last || cycle % self.settings.check_every == 0) {
                report.check_ms = Some(self.check()?);
            }
            report.violations = self.stage.oracle.violation_count();
            on_cycle(&report);
            if self.is_over() {
                break;
            }
        }
        Ok(self.finish())
    }

    /// A broker that cannot be used ends every run.
    fn is_over(&self) -> bool {
        self.has_broker_failed || self.stage.oracle.violation_count() > 0 && !self.settings.keep_going
    }

    fn cycle(&mut self) -> Result<CycleReport, TortureError> {
        let mut script = self.director.draw(self.stage.plan(), self.cycle == 1);
        let cannot_compact = self.settings.compact_command.is_none();
        let is_cut_short = cannot_compact && matches!(script.kill, Kill::WhileCompacting { .. });
        if self.settings.ending == Ending::Never || is_cut_short {
            script.kill = Kill::After { ms: script.duration_ms };
        }
        let before = self.stage.tally;
        let received_before = self.stage.oracle.counts().received;
        let start = self.clock.now_ms();
        let mut start_ms = None;
        if let Kill::WhileStarting { after_us } = script.kill {
            self.spawn()?;
            thread::park_timeout(Duration::from_micros(after_us));
        } else if let Some(took) = self.start()? {
            start_ms = Some(took);
            if script.probes_retained {
                self.probe_retained()?;
            }
            self.play(&script)?;
        }
        *self.endings.entry(script.kill.as_str()).or_default() += 1;
        self.end_broker()?;
        Ok(CycleReport {
            cycle: self.cycle,
            of: self.settings.cycles,
            ended: script.kill.as_str(),
            duration_ms: self.clock.now_ms() - start,
            start_ms,
            published: self.stage.tally.published - before.published,
            acknowledged: self.stage.tally.acknowledgements - before.acknowledgements,
            received: self.stage.oracle.counts().received - received_before,
            check_ms: None,
            violations: 0,
        })
    }

    fn play(&mut self, script: &Script) -> Result<(), TortureError> {
        let begin_ms = self.clock.now_ms();
        let before = self.stage.tally;
        let mut steps = script.steps.iter().peekable();
        let mut compacts_at_ms = script.compacts_at_ms;
        let mut compacting_since = None;
        loop {
            let passed_ms = self.clock.now_ms() - begin_ms;
            if compacts_at_ms.take_if(|at_ms| *at_ms <= passed_ms).is_some() {
                self.begin_compaction()?;
                compacting_since = Some(Clock::start());
            }
            self.look_at_compaction()?;
            let is_time = |stage: &Stage| match script.kill {
                Kill::WhileStarting { .. } => true,
                Kill::After { ms } => passed_ms >= ms,
                Kill::WhileConnecting { connect } => stage.tally.connects >= before.connects + connect,
                Kill::AfterAcknowledgement { acknowledgement } => {
                    stage.tally.acknowledgements >= before.acknowledgements + acknowledgement
                }
                Kill::WhileTakingOver { takeover } => stage.tally.takeovers >= before.takeovers + takeover,
                Kill::WhileCompacting { after_us } => {
                    compacting_since.is_some_and(|since: Clock| since.elapsed() >= Duration::from_micros(after_us))
                }
            };
            while let Some(&step) = steps.next_if(|step| step.at_ms <= passed_ms && !is_time(&self.stage)) {
                self.stage.play(step);
            }
            if is_time(&self.stage) || passed_ms >= script.duration_ms || self.has_broker_ended()? {
                return Ok(());
            }
            let next_ms = steps.peek().map_or(TURN_MS, |step| step.at_ms.saturating_sub(passed_ms));
            // The moment within a compaction is counted in less than milliseconds.
            let is_close = matches!(script.kill, Kill::WhileCompacting { .. }) && compacting_since.is_some();
            self.stage.turn(if is_close { 0 } else { next_ms.min(TURN_MS) })?;
            self.check_stop()?;
        }
    }

    fn begin_compaction(&mut self) -> Result<(), TortureError> {
        if let (Some(command), Some(process)) = (&self.settings.compact_command, &self.process) {
            self.compaction = Some(Compaction::start(command, &self.folder.data(), process.address())?);
        }
        Ok(())
    }

    /// A compaction may be cut short by the end of the broker, and by nothing else.
    fn look_at_compaction(&mut self) -> Result<(), TortureError> {
        let Some(compaction) = &mut self.compaction else { return Ok(()) };
        let Some(outcome) = compaction.ended()? else { return Ok(()) };
        self.compaction = None;
        match outcome {
            Outcome::Compacted => self.compactions += 1,
            _ if self.has_broker_ended()? => {}
            // A broker may take clients a moment before it takes commands.
            Outcome::NoBroker => self.begin_compaction()?,
            Outcome::Failed(what) => self.stage.oracle.record(Event::BrokerFailed { what }),
        }
        Ok(())
    }

    fn spawn(&mut self) -> Result<(), TortureError> {
        if self.process.is_none() {
            self.starts += 1;
            let log = self.folder.next_log(&format!("broker-{:05}", self.starts))?;
            let process = BrokerProcess::spawn(&self.settings.command, &self.folder.data(), log)?;
            self.stage.address = process.address();
            self.stage.oracle.record(Event::BrokerStarted);
            self.process = Some(process);
        }
        Ok(())
    }

    /// Starts the broker if it does not run, and waits until it listens. Milliseconds it took; `None` where it failed.
    fn start(&mut self) -> Result<Option<u64>, TortureError> {
        if self.process.is_some() {
            return Ok(Some(0));
        }
        self.spawn()?;
        let Some(process) = &mut self.process else { return Ok(None) };
        match process.wait_until_it_listens()? {
            Ok(took) => {
                self.slowest_start = self.slowest_start.max(took);
                Ok(Some(u64::try_from(took.as_millis()).unwrap_or(u64::MAX)))
            }
            Err(what) => {
                self.broker_failed(what);
                Ok(None)
            }
        }
    }

    fn has_broker_ended(&mut self) -> Result<bool, TortureError> {
        let Some(process) = &mut self.process else { return Ok(true) };
        let Some(status) = process.ended()? else { return Ok(false) };
        let what = format!("the broker ended by itself ({status}){}", process.last_words());
        self.broker_failed(what);
        Ok(true)
    }

    fn broker_failed(&mut self, what: String) {
        self.stage.oracle.record(Event::BrokerFailed { what });
        self.process = None;
        self.has_broker_failed = true;
    }

    fn end_broker(&mut self) -> Result<(), TortureError> {
        match self.settings.ending {
            Ending::Kill => {
                self.process.take().map_or(Ok(()), BrokerProcess::kill)?;
                self.stage.lose_broker(ConnectionEnd::BrokerKilled);
            }
            Ending::Term => {
                self.process.take().map_or(Ok(()), BrokerProcess::stop)?;
                self.stage.lose_broker(ConnectionEnd::BrokerStopped);
            }
            Ending::Never => self.stage.cut_all(),
        }
        if self.process.is_none() {
            self.compaction = None;
        }
        Ok(())
    }

    fn check_stop(&self) -> Result<(), TortureError> {
        self.stop.check().map_err(|_| TortureError::Interrupted)
    }

    fn finish(self) -> Report {
        drop(self.process);
        let oracle = &self.stage.oracle;
        let failed = oracle.violation_count() > 0;
        Report {
            seed: self.settings.seed,
            cycles: self.cycle,
            duration_ms: self.clock.now_ms(),
            starts: self.starts,
            slowest_start_ms: u64::try_from(self.slowest_start.as_millis()).unwrap_or(u64::MAX),
            endings: self.endings,
            takeovers: self.stage.tally.takeovers,
            compactions: self.compactions,
            published: self.stage.tally.published,
            checked: *oracle.counts(),
            violation_count: oracle.violation_count(),
            violation_counts: oracle.violation_counts().clone(),
            violations: oracle.violations().to_vec(),
            folder: failed.then(|| self.folder.keep()),
        }
    }
}
