//! The threads that keep certificates up to date.

use super::Certificates;
use super::revocation::Revocation;
use std::fmt;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

/// How soon a changed file is seen.
const FILE_INTERVAL: Duration = Duration::from_secs(5);

/// How soon a revocation list is fetched that a client was refused for the lack of.
const FETCH_INTERVAL: Duration = Duration::from_secs(1);

/// Is told a name.
type Told = Box<dyn Fn(&str) + Send + Sync>;

/// Is told a name, and a sentence about it.
type ToldWhy = Box<dyn Fn(&str, &str) + Send + Sync>;

/// What is told about certificates while they are watched.
pub struct CertificateHooks {
    /// Begins an alarm: its name, and what is wrong. It may last already.
    pub raise_alarm: ToldWhy,
    /// Ends an alarm, if it lasts.
    pub end_alarm: Told,
    /// A listener, by its id, has new certificates. Only QUIC has to do something about that, with
    /// [`Certificates::quic_server_config`]: the others look at every new connection.
    pub renewed: Told,
}

impl fmt::Debug for CertificateHooks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateHooks").finish_non_exhaustive()
    }
}

/// The threads. They end when this is dropped; a request over HTTP that is under way ends on its own, and nobody waits for it.
#[derive(Debug)]
pub struct CertificateWatch {
    stop: Option<SyncSender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl CertificateWatch {
    pub(super) fn start(certificates: Arc<Certificates>) -> io::Result<Self> {
        let (stop, stopped) = sync_channel(0);
        let thread = Builder::new().name("certificates".into()).spawn(move || watch(&certificates, &stopped))?;
        Ok(Self { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for CertificateWatch {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn watch(certificates: &Arc<Certificates>, stopped: &Receiver<()>) {
    let mut fetching = None;
    loop {
        if fetching.is_none() && certificates.needs_fetching() {
            fetching = start_fetching(Arc::clone(certificates));
        }
        if has_stopped(stopped, FILE_INTERVAL) {
            return;
        }
        // What is wrong is logged already.
        let _ = certificates.check_files();
    }
}

/// A thread of its own, because a server that does not answer must not keep files from being looked at. `None` when there can be
/// no thread now: the next turn tries again.
fn start_fetching(certificates: Arc<Certificates>) -> Option<SyncSender<()>> {
    let (stop, stopped) = sync_channel(0);
    let fetch = move || {
        let mut revocation = Revocation::new(certificates);
        while !has_stopped(&stopped, FETCH_INTERVAL) {
            revocation.fetch_due(instant());
        }
    };
    Builder::new().name("revocation".into()).spawn(fetch).ok().map(|_| stop)
}

/// Waits; true when whoever started the thread has let go.
fn has_stopped(stopped: &Receiver<()>, interval: Duration) -> bool {
    stopped.recv_timeout(interval) != Err(RecvTimeoutError::Timeout)
}

#[expect(clippy::disallowed_methods, reason = "this thread waits for hours, and has no event loop that reads a clock")]
fn instant() -> Instant {
    Instant::now()
}
