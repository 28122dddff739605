//! Faults that can be armed on a simulated disk.

use std::io;

/// What is armed.
#[derive(Debug, Default)]
pub(super) struct Faults {
    pub(super) write: Countdown,
    pub(super) read: Countdown,
    pub(super) sync: Countdown,
    pub(super) rename: Countdown,
    pub(super) power: Countdown,
    pub(super) is_without_power: bool,
    pub(super) capacity_bytes: Option<u64>,
}

impl Faults {
    /// Turns the power on and forgets what did not strike.
    pub(super) fn disarm(&mut self) {
        *self = Self { capacity_bytes: self.capacity_bytes, ..Self::default() };
    }
}

/// Strikes once, at the nth call.
#[derive(Debug, Default)]
pub(super) struct Countdown {
    /// 0: not armed.
    left: u64,
}

impl Countdown {
    pub(super) fn arm(&mut self, nth: u64) {
        self.left = nth;
    }

    pub(super) fn strikes(&mut self) -> bool {
        let strikes = self.left == 1;
        self.left = self.left.saturating_sub(1);
        strikes
    }
}

/// How an operation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    Go,
    PowerGoes { took_effect: bool },
}

impl Verdict {
    pub(super) fn into_result(self) -> io::Result<()> {
        match self {
            Self::Go => Ok(()),
            Self::PowerGoes { .. } => Err(no_power()),
        }
    }
}

pub(super) fn no_power() -> io::Error {
    io::Error::other("the simulated disk has no power, or the handle is from before it went")
}

pub(super) fn input_output_error() -> io::Error {
    io::Error::from_raw_os_error(rustix::io::Errno::IO.raw_os_error())
}
