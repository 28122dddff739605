//! Writes down the bans that the broker makes, and removes those that are over.

use super::{BanStore, now_secs};
use dunlin_banned::Ban;
use dunlin_broker::BanKeeper;
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;
use tracing::warn;

/// Bans that wait to be written. More of them count all the same, until the node stops.
const WAITING_MAX: usize = 1_024;

/// How often those that are over are looked for.
const INTERVAL: Duration = Duration::from_secs(60);

/// The thread does little.
const STACK_BYTES: usize = 256 * 1024;

enum Order {
    Keep(Box<Ban>),
    Stop,
}

/// A thread that writes down the bans that the broker makes, and removes those that are over. It ends when this is dropped, with
/// all written that it was given.
pub(crate) struct BanUpkeep {
    keeper: Arc<Keeper>,
    thread: Option<JoinHandle<()>>,
}

struct Keeper {
    orders: SyncSender<Order>,
    /// Bans that found no room.
    lost: AtomicU64,
}

impl BanUpkeep {
    /// Starts the thread.
    ///
    /// # Errors
    /// The operating system gives none.
    pub(crate) fn start(store: Arc<BanStore>) -> io::Result<Self> {
        let (orders, given) = sync_channel(WAITING_MAX);
        let keeper = Arc::new(Keeper { orders, lost: AtomicU64::new(0) });
        let thread = std::thread::Builder::new().name("banned".into()).stack_size(STACK_BYTES);
        let counted = Arc::clone(&keeper);
        let thread = thread.spawn(move || run(&store, &given, &counted.lost))?;
        Ok(Self { keeper, thread: Some(thread) })
    }

    /// Whom the broker tells.
    pub(crate) fn keeper(&self) -> Arc<dyn BanKeeper> {
        Arc::clone(&self.keeper) as _
    }
}

impl Drop for BanUpkeep {
    fn drop(&mut self) {
        // It fails only where the thread is gone.
        let _ = self.keeper.orders.send(Order::Stop);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl BanKeeper for Keeper {
    fn keep(&self, ban: &Ban) {
        if self.orders.try_send(Order::Keep(Box::new(ban.clone()))).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }
}

fn run(store: &BanStore, orders: &Receiver<Order>, lost: &AtomicU64) {
    loop {
        let mut bans = Vec::new();
        let mut is_last = false;
        match orders.recv_timeout(INTERVAL) {
            Ok(first) => {
                for order in std::iter::once(first).chain(orders.try_iter().take(WAITING_MAX)) {
                    match order {
                        Order::Keep(ban) => bans.push(*ban),
                        Order::Stop => is_last = true,
                    }
                }
                if let Err(error) = store.keep(&bans) {
                    warn!(msg = "bans_not_kept", count = bans.len(), %error);
                }
            }
            Err(RecvTimeoutError::Timeout) => {
                if let Err(error) = store.remove_over(now_secs()) {
                    warn!(msg = "bans_that_are_over_not_removed", %error);
                }
            }
            Err(RecvTimeoutError::Disconnected) => return,
        }
        let count = lost.swap(0, Ordering::Relaxed);
        if count > 0 {
            warn!(msg = "bans_not_kept", count, hint = "they count until the node stops");
        }
        if is_last {
            return;
        }
    }
}
