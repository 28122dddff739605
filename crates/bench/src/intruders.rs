//! Clients that want to come in with a wrong password, at an even rate, while others are measured.

use crate::clock::now_ns;
use crate::load::Pace;
use crate::target::Target;
use crate::wire::{ConnectOptions, Credentials, SessionKind, write_connect};
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

/// So many ask at a time: enough for 1,000 a second where an answer takes 30 ms.
const AT_A_TIME: usize = 32;

/// A broker that does not answer for so long does not answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// What became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct IntruderReport {
    /// How many a second were wanted.
    pub per_second_wanted: f64,
    /// How many a second were answered.
    pub per_second: f64,
    /// Refused by CONNACK, as it has to be.
    pub refused: u64,
    /// Let in.
    pub let_in: u64,
    /// Not answered: no connection, or it was closed without a word.
    pub unanswered: u64,
}

impl IntruderReport {
    /// What is wrong with a pass in which this happened.
    #[must_use]
    pub fn fault(&self) -> Option<String> {
        if self.let_in > 0 {
            return Some(format!("{} logins with a wrong password were let in", self.let_in));
        }
        let is_slow = self.per_second < 0.9 * self.per_second_wanted;
        is_slow.then(|| format!("only {:.0} of {:.0} bad logins a second", self.per_second, self.per_second_wanted))
    }
}

/// They go on until [`Intruders::end`]. Never in the process that measures: its clients would wait for the same threads and
/// the same lock of the address space, and the broker would be blamed.
#[derive(Debug)]
pub struct Intruders {
    shared: Arc<Shared>,
    /// Nothing is ever sent; without them it is over.
    go_on: Vec<SyncSender<()>>,
    threads: Vec<JoinHandle<IntruderReport>>,
}

#[derive(Debug)]
struct Shared {
    target: Target,
    start_ns: u64,
    pace: Pace,
    next: AtomicU64,
    per_second: f64,
}

impl Intruders {
    /// Half of them use the name of the target's clients, half a name that nobody has.
    #[must_use]
    pub fn start(target: Target, per_second: f64) -> Self {
        let start_ns = now_ns();
        let pace = Pace::new(start_ns, per_second, 1);
        let shared = Arc::new(Shared { target, start_ns, pace, next: AtomicU64::new(0), per_second });
        let thread = |_| {
            let (shared, (go_on, over)) = (Arc::clone(&shared), sync_channel(0));
            (go_on, std::thread::spawn(move || shared.intrude(&over)))
        };
        let (go_on, threads) = (0..AT_A_TIME).map(thread).unzip();
        Self { shared, go_on, threads }
    }

    /// Ends them and tells what became of them.
    #[must_use]
    pub fn end(self) -> IntruderReport {
        drop(self.go_on);
        let elapsed_seconds = now_ns().saturating_sub(self.shared.start_ns) as f64 / 1e9;
        let mut sum = IntruderReport { per_second_wanted: self.shared.per_second, ..IntruderReport::default() };
        for report in self.threads.into_iter().filter_map(|thread| thread.join().ok()) {
            sum.refused += report.refused;
            sum.let_in += report.let_in;
            sum.unanswered += report.unanswered;
        }
        sum.per_second = (sum.refused + sum.let_in) as f64 / elapsed_seconds;
        sum
    }
}

impl Shared {
    fn intrude(&self, over: &Receiver<()>) -> IntruderReport {
        let mut report = IntruderReport::default();
        loop {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let early_ns = self.pace.due_at_ns(number).saturating_sub(now_ns());
            if over.recv_timeout(Duration::from_nanos(early_ns)) != Err(RecvTimeoutError::Timeout) {
                return report;
            }
            match self.log_in(number) {
                Ok(true) => report.let_in += 1,
                Ok(false) => report.refused += 1,
                Err(_) => report.unanswered += 1,
            }
        }
    }

    /// Whether it was let in.
    fn log_in(&self, number: u64) -> io::Result<bool> {
        let nobody = format!("nobody-{number}");
        let somebody = self.target.credentials.username.clone().filter(|_| number.is_multiple_of(2));
        let credentials = Credentials { username: Some(somebody.unwrap_or(nobody)), password: Some("wrong".into()) };
        let mut packet = Vec::new();
        let connect = ConnectOptions {
            version: self.target.version,
            client_id: &format!("intruder-{number}"),
            keep_alive_seconds: 60,
            credentials: &credentials,
            session: SessionKind::Clean,
        };
        write_connect(&mut packet, &connect).map_err(io::Error::other)?;
        let mut socket = TcpStream::connect_timeout(&self.target.address, PATIENCE)?;
        socket.set_read_timeout(Some(PATIENCE))?;
        socket.write_all(&packet)?;
        // Type, Remaining Length, acknowledge flags and reason code: of a refusal the length is one byte in every version.
        let mut connack = [0; 4];
        socket.read_exact(&mut connack)?;
        Ok(connack[3] == 0)
    }
}
