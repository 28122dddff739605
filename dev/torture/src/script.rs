//! What the clients do in one cycle, and when the broker is killed: drawn from the seed before the cycle begins.

use crate::oracle::ClientNumber;
use crate::plan::{Habit, Plan};
use std::ops::RangeInclusive;

/// What a client is told to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Connect, with or without an end to the session that may be there. Where it is connected already, this is a takeover.
    Connect {
        /// Clean start.
        clean_start: bool,
    },
    /// Close the connection without a word.
    Cut,
    /// DISCONNECT.
    Leave,
    /// Send the SUBSCRIBE again.
    Subscribe,
    /// End one of the subscriptions.
    Unsubscribe {
        /// Which, in the order of the profile.
        filter: usize,
    },
    /// Publish more messages, as fast as the window allows.
    Burst {
        /// How many.
        messages: u32,
    },
}

/// An action and its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Milliseconds after the broker listens.
    pub at_ms: u64,
    /// Who.
    pub client: ClientNumber,
    /// What.
    pub action: Action,
}

/// The moment at which the broker is killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kill {
    /// Before it listens, or shortly after: in the middle of its recovery.
    WhileStarting {
        /// After its start, in microseconds.
        after_us: u64,
    },
    /// When the first clients connect.
    WhileConnecting {
        /// With this CONNECT, counted from 1.
        connect: u64,
    },
    /// At any time.
    After {
        /// Milliseconds after it listens.
        ms: u64,
    },
    /// At once after an acknowledgement.
    AfterAcknowledgement {
        /// With this acknowledgement of a publish, counted from 1.
        acknowledgement: u64,
    },
    /// At once after the CONNECT of a takeover.
    WhileTakingOver {
        /// With this takeover, counted from 1.
        takeover: u64,
    },
    /// While it compacts its store, see [`Script::compacts_at_ms`].
    WhileCompacting {
        /// After it was told to, in microseconds.
        after_us: u64,
    },
}

impl Kill {
    /// A word for reports.
    #[must_use]
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::WhileStarting { .. } => "starting",
            Self::WhileConnecting { .. } => "connecting",
            Self::After { .. } => "any time",
            Self::AfterAcknowledgement { .. } => "acknowledging",
            Self::WhileTakingOver { .. } => "takeover",
            Self::WhileCompacting { .. } => "compacting",
        }
    }
}

/// One cycle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Script {
    /// In order of time.
    pub steps: Vec<Step>,
    /// The end.
    pub kill: Kill,
    /// The latest end, in milliseconds.
    pub duration_ms: u64,
    /// When the broker is told to compact its store, in milliseconds after it listens.
    pub compacts_at_ms: Option<u64>,
    /// Look at the retained messages before anybody else connects.
    pub probes_retained: bool,
}

/// Draws scripts.
#[derive(Debug)]
pub struct Director {
    random: fastrand::Rng,
    duration_ms: RangeInclusive<u64>,
}

impl Director {
    /// One for each run.
    #[must_use]
    pub fn new(seed: u64, duration_ms: RangeInclusive<u64>) -> Self {
        Self { random: fastrand::Rng::with_seed(seed), duration_ms }
    }

    /// The next cycle. In the first one everybody connects at once, so that all subscriptions are made, and nobody is in the way.
    pub fn draw(&mut self, plan: &Plan, is_first: bool) -> Script {
        let duration_ms = self.random.u64(self.duration_ms.clone());
        let mut draft = Draft { random: &mut self.random, steps: Vec::new(), duration_ms, is_first };
        for (client, profile) in plan.profiles.iter().enumerate() {
            draft.add_client(client, profile.habit, profile.filters.len());
        }
        let mut steps = draft.steps;
        steps.sort_by_key(|step| step.at_ms);
        let kill = if is_first { Kill::After { ms: duration_ms } } else { self.draw_kill(duration_ms) };
        let compacts = matches!(kill, Kill::WhileCompacting { .. }) || self.random.u8(..5) == 0;
        let compacts_at_ms = compacts.then(|| self.random.u64(..=duration_ms / 2));
        let probes_retained = !is_first && self.random.u8(..3) == 0;
        Script { steps, kill, duration_ms, compacts_at_ms, probes_retained }
    }

    fn draw_kill(&mut self, duration_ms: u64) -> Kill {
        match self.random.u8(..20) {
            0..=2 => Kill::WhileStarting { after_us: self.random.u64(..40_000) },
            3..=4 => Kill::WhileConnecting { connect: self.random.u64(1..=20) },
            5..=9 => Kill::AfterAcknowledgement { acknowledgement: self.random.u64(1..=1_500) },
            10..=12 => Kill::WhileTakingOver { takeover: self.random.u64(1..=3) },
            13..=15 => Kill::WhileCompacting { after_us: self.random.u64(..80_000) },
            _ => Kill::After { ms: self.random.u64(..=duration_ms) },
        }
    }
}

struct Draft<'a> {
    random: &'a mut fastrand::Rng,
    steps: Vec<Step>,
    duration_ms: u64,
    is_first: bool,
}

impl Draft<'_> {
    fn add_client(&mut self, client: ClientNumber, habit: Habit, filters: usize) {
        match habit {
            Habit::Publisher => self.add_publisher(client),
            Habit::Steady | Habit::Slow | Habit::Forgetful | Habit::Watcher => {
                self.connect_early(client);
            }
            Habit::Absent => {
                if self.is_first || self.one_in(4) {
                    self.visit(client);
                }
            }
            Habit::Contested => {
                self.connect_early(client);
                self.take_over(client, 3);
            }
            Habit::Restless => self.add_restless(client, filters),
            // All members of a group stay away at times.
            Habit::Member => {
                if self.is_first || self.one_in(2) {
                    self.visit(client);
                }
            }
            Habit::Guest => {
                for _ in 0..self.random.u8(1..4) {
                    let at_ms = self.any_time();
                    self.push(at_ms, client, Action::Connect { clean_start: true });
                    if self.one_in(2) {
                        self.end_after(at_ms, client);
                    }
                }
            }
            Habit::Mourner => {
                for _ in 0..self.random.u8(..3) {
                    let at_ms = self.any_time();
                    self.push(at_ms, client, Action::Connect { clean_start: false });
                    if !self.one_in(3) {
                        self.end_after(at_ms, client);
                    }
                }
            }
            Habit::Prober => {}
        }
    }

    fn add_publisher(&mut self, client: ClientNumber) {
        self.connect_early(client);
        for _ in 0..self.random.u8(1..=4) {
            let at_ms = self.any_time();
            let messages = self.random.u32(1..=80);
            self.push(at_ms, client, Action::Burst { messages });
        }
        if self.one_in(4) {
            let at_ms = self.any_time();
            self.push(at_ms, client, Action::Cut);
            let back_ms = at_ms + self.random.u64(..20);
            self.push(back_ms, client, Action::Connect { clean_start: false });
        }
        if self.one_in(4) {
            self.take_over(client, 1);
        }
    }

    fn add_restless(&mut self, client: ClientNumber, filters: usize) {
        let clean_start = self.one_in(2);
        let at_ms = self.random.u64(..=self.duration_ms / 4);
        self.push(at_ms, client, Action::Connect { clean_start });
        if self.one_in(2) {
            let filter = self.random.usize(..filters);
            let at_ms = self.any_time();
            self.push(at_ms, client, Action::Unsubscribe { filter });
            if self.one_in(2) {
                let back_ms = at_ms + self.random.u64(..self.duration_ms.max(2) / 2);
                self.push(back_ms, client, Action::Subscribe);
            }
        }
        if self.one_in(3) {
            let at_ms = self.any_time();
            self.push(at_ms, client, Action::Connect { clean_start: true });
        }
    }

    fn connect_early(&mut self, client: ClientNumber) {
        let at_ms = if self.is_first { 0 } else { self.random.u64(..=self.duration_ms / 10) };
        self.push(at_ms, client, Action::Connect { clean_start: false });
    }

    /// Comes, and goes again or stays until the broker is killed.
    fn visit(&mut self, client: ClientNumber) {
        let at_ms = if self.is_first { 0 } else { self.any_time() };
        self.push(at_ms, client, Action::Connect { clean_start: false });
        if self.one_in(2) {
            self.end_after(at_ms, client);
        }
    }

    fn take_over(&mut self, client: ClientNumber, times_max: u8) {
        for _ in 0..self.random.u8(1..=times_max) {
            let at_ms = self.any_time();
            self.push(at_ms, client, Action::Connect { clean_start: false });
        }
    }

    fn end_after(&mut self, at_ms: u64, client: ClientNumber) {
        let end_ms = at_ms + self.random.u64(..=self.duration_ms / 3);
        let action = if self.one_in(2) { Action::Cut } else { Action::Leave };
        self.push(end_ms, client, action);
    }

    fn any_time(&mut self) -> u64 {
        self.random.u64(..=self.duration_ms)
    }

    fn one_in(&mut self, times: u8) -> bool {
        self.random.u8(..times) == 0
    }

    fn push(&mut self, at_ms: u64, client: ClientNumber, action: Action) {
        self.steps.push(Step { at_ms, client, action });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_scripts_and_every_kind_of_kill() {
        let plan = Plan::new(5);
        let mut one = Director::new(5, 100..=500);
        let mut two = Director::new(5, 100..=500);
        let mut kills = std::collections::BTreeSet::new();
        for cycle in 0..100 {
            let script = one.draw(&plan, cycle == 0);
            assert_eq!(script, two.draw(&plan, cycle == 0));
            assert!(script.steps.is_sorted_by_key(|step| step.at_ms));
            assert!((100..=500).contains(&script.duration_ms));
            kills.insert(script.kill.as_str());
        }
        assert_eq!(kills.len(), 6);
        assert_ne!(Director::new(6, 100..=500).draw(&plan, true), Director::new(5, 100..=500).draw(&plan, true));
    }
}
