//! Makes log segments in advance: writing one full of zeros takes longer than anybody should wait for an acknowledgement.

use dunlin_storage::{disk::is_out_of_space, log::SpareSegments, store::Store};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;
use tracing::error;

/// Pause after a disk was found full.
const RETRY_MS: u64 = 500;

/// The thread that makes spare segments.
pub(crate) struct SpareMaker {
    wake: Option<SyncSender<()>>,
    spares: SpareSegments,
    has_no_space: Arc<AtomicBool>,
    tried_at: u64,
    thread: Option<JoinHandle<()>>,
}

impl SpareMaker {
    pub(crate) fn start(spares: SpareSegments) -> io::Result<Self> {
        let (wake, woken) = sync_channel::<()>(1);
        let has_no_space = Arc::new(AtomicBool::new(false));
        let thread = {
            let (spares, has_no_space) = (spares.clone(), Arc::clone(&has_no_space));
            std::thread::Builder::new().name("log-spares".into()).spawn(move || {
                while woken.recv().is_ok() {
                    if spares.count() > 0 {
                        // Asked for while one was being made.
                        continue;
                    }
                    let result = spares.prepare();
                    let is_full = result.as_ref().is_err_and(is_out_of_space);
                    if let Err(error) = result
                        && !is_full
                    {
                        // The committer will try for itself, and say what comes of it.
                        error!(msg = "log_segment_not_prepared", %error);
                    }
                    has_no_space.store(is_full, Ordering::Relaxed);
                }
            })?
        };
        Ok(Self { wake: Some(wake), spares, has_no_space, tried_at: 0, thread: Some(thread) })
    }

    /// Has a spare made when a quarter of the segment in use is full: a broker that has little to store never needs a second
    /// one, and one that fills a segment in half a second has most of that time to make it.
    pub(crate) fn look_after(&mut self, store: &Store, now: u64) {
        if self.has_no_space() && now < self.tried_at + RETRY_MS {
            return;
        }
        let three_quarters = (store.segment_bytes() / 4 * 3) as usize;
        let is_wanted = store.has_begun() && self.spares.count() == 0 && !store.has_room(three_quarters);
        if is_wanted && let Some(wake) = &self.wake {
            self.tried_at = now;
            // Full means that it has been told already.
            let _ = wake.try_send(());
        }
    }

    /// The last try found the disk full.
    pub(crate) fn has_no_space(&self) -> bool {
        self.has_no_space.load(Ordering::Relaxed)
    }
}

impl Drop for SpareMaker {
    fn drop(&mut self) {
        self.wake = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
