//! Ctrl-C: the first asks the client to say goodbye, the second ends the program.

use rustix::event::{PollFd, PollFlags};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use std::io;
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// SIGINT, SIGTERM and SIGHUP, as something that can be waited for beside a socket.
#[derive(Debug)]
pub struct StopSignal {
    is_set: Arc<AtomicBool>,
    /// Readable once a signal has arrived.
    arrived: UnixStream,
    /// Keeps the other end open where no signal is caught.
    sender: UnixStream,
}

impl StopSignal {
    /// Catches the signals of this process.
    ///
    /// # Errors
    /// The handlers cannot be installed.
    pub fn install() -> io::Result<Self> {
        let stop = Self::never()?;
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            // Order matters: the first signal finds the flag unset and sets it, the second finds it set.
            signal_hook::flag::register_conditional_default(signal, Arc::clone(&stop.is_set))?;
            signal_hook::flag::register(signal, Arc::clone(&stop.is_set))?;
            signal_hook::low_level::pipe::register(signal, stop.sender.try_clone()?)?;
        }
        Ok(stop)
    }

    /// Leaves signals alone.
    ///
    /// # Errors
    /// No more files can be opened.
    pub fn never() -> io::Result<Self> {
        let (arrived, sender) = UnixStream::pair()?;
        Ok(Self { is_set: Arc::default(), arrived, sender })
    }

    /// Whether a signal has arrived.
    #[must_use]
    pub fn is_set(&self) -> bool {
        self.is_set.load(Ordering::Relaxed)
    }

    pub(crate) fn poll_fd(&self) -> PollFd<'_> {
        PollFd::new(&self.arrived, PollFlags::IN)
    }
}
