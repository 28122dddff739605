//! Buffers for one call, lent by the thread: a connection that is idle owns none.

use std::cell::Cell;

/// The most that is read from a socket at once.
pub(crate) const READ_BYTES_MAX: usize = 64 * 1024;

/// The buffers of a thread.
#[derive(Default)]
pub(crate) struct Scratch {
    /// Records as they were received; at least [`READ_BYTES_MAX`] long.
    pub(crate) records: Vec<u8>,
    /// Records to be sent.
    pub(crate) out: Vec<u8>,
}

thread_local! {
    static SCRATCH: Cell<Option<Box<Scratch>>> = const { Cell::new(None) };
}

/// Lends this thread's buffers. A call within a call gets new ones.
pub(crate) fn with<R>(work: impl FnOnce(&mut Scratch) -> R) -> R {
    let mut scratch = SCRATCH.take().unwrap_or_default();
    scratch.out.clear();
    let result = work(&mut scratch);
    SCRATCH.set(Some(scratch));
    result
}
