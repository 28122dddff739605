//! Compares passwords with stored hashes, where it keeps nobody waiting.

use crate::Deadline;
use crate::fair_turns::FairTurns;
use dunlin_access::{BackendFailure, Password};
use dunlin_passwords::Algorithm;
use parking_lot::Mutex;
use std::fmt;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::available_parallelism;

/// Compares passwords with stored hashes of one algorithm.
///
/// bcrypt and PBKDF2 take tens of milliseconds by design: they run on threads of their own, on all cores but one, so that a flood of
/// logins leaves something to event loops; and for one address after the other.
pub struct PasswordCheck {
    algorithm: Algorithm,
    turns: Arc<FairTurns>,
    comparer: Arc<Comparer>,
}

/// Compares, and knows what that takes.
struct Comparer {
    /// What is done for somebody who does not exist: as much as the last hash took that was stored.
    decoy: Mutex<Algorithm>,
    work: AtomicU64,
}

/// What a back end stores for a user.
pub(crate) struct StoredHash {
    pub(crate) hash: Vec<u8>,
    pub(crate) salt: Vec<u8>,
}

impl PasswordCheck {
    /// For hashes of this algorithm.
    #[must_use]
    pub fn new(algorithm: Algorithm) -> Self {
        let cores = available_parallelism().map_or(1, usize::from);
        let comparer = Comparer { decoy: Mutex::new(algorithm), work: AtomicU64::new(0) };
        Self { algorithm, turns: FairTurns::new(cores.saturating_sub(1)), comparer: Arc::new(comparer) }
    }

    /// What all comparisons so far have taken, decoys included, in the unit of [`Algorithm::work`].
    #[must_use]
    pub fn work(&self) -> u64 {
        self.comparer.work.load(Ordering::Relaxed)
    }

    /// Whether `password`, which came from `address`, is the one `stored` was made of. Without `stored` it is not, after as much work.
    pub(crate) async fn verify(
        &self,
        password: &Password,
        stored: Option<StoredHash>,
        address: IpAddr,
        deadline: Deadline,
    ) -> Result<bool, BackendFailure> {
        if matches!(self.algorithm, Algorithm::Plain(_) | Algorithm::Digest(..)) {
            return Ok(self.comparer.compare(self.algorithm, password, stored.as_ref()));
        }
        let (algorithm, comparer, password) = (self.algorithm, Arc::clone(&self.comparer), password.clone());
        let work = async {
            let turn = self.turns.turn(address).await;
            // The turn goes along: a client that leaves does not make room for another one while its hash is still computed.
            let computed = tokio::task::spawn_blocking(move || {
                let _turn = turn;
                comparer.compare(algorithm, &password, stored.as_ref())
            });
            computed.await.map_err(|_| BackendFailure::Overloaded)
        };
        deadline.limit(work).await?
    }
}

impl Comparer {
    fn compare(&self, algorithm: Algorithm, password: &Password, stored: Option<&StoredHash>) -> bool {
        let Some(stored) = stored else {
            let decoy = *self.decoy.lock();
            self.work.fetch_add(decoy.work(), Ordering::Relaxed);
            decoy.decoy(password.expose());
            return false;
        };
        let algorithm = algorithm.as_costly_as(&stored.hash);
        *self.decoy.lock() = algorithm;
        self.work.fetch_add(algorithm.work(), Ordering::Relaxed);
        algorithm.verify(password.expose(), &stored.hash, &stored.salt)
    }
}

impl fmt::Debug for PasswordCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.algorithm.fmt(f)
    }
}
