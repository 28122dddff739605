//! Free memory goes back to the operating system now and then, also while nothing happens.

use std::sync::mpsc::{RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two times. Short enough that a burst is soon forgotten, long enough that memory a busy broker will want again a
/// moment later mostly stays.
const INTERVAL: Duration = Duration::from_secs(30);

/// The thread that gives memory back: at once, because starting needs more than running, and then regularly. It ends when
/// this is dropped.
pub struct GiveBack {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl GiveBack {
    /// Starts the thread. Without one the broker only keeps more than it needs.
    #[must_use]
    pub fn start() -> Self {
        let (stop, stopped) = sync_channel::<()>(0);
        let thread = std::thread::Builder::new().name("memory".into()).spawn(move || {
            loop {
                dunlin_allocator::give_back();
                if stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
                    break;
                }
            }
        });
        Self { stop: Some(stop), thread: thread.ok() }
    }
}

impl Drop for GiveBack {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
