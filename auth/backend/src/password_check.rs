//! Compares passwords with stored hashes, where it keeps nobody waiting.

use crate::Deadline;
use dunlin_access::{BackendFailure, Password};
use dunlin_passwords::Algorithm;
use std::fmt;
use std::sync::Arc;
use std::thread::available_parallelism;
use tokio::sync::Semaphore;

/// Compares passwords with stored hashes of one algorithm.
///
/// bcrypt and PBKDF2 take tens of milliseconds by design: they run on threads of their own, as many at a time as there are cores.
pub struct PasswordCheck {
    algorithm: Algorithm,
    cores: Arc<Semaphore>,
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
        Self { algorithm, cores: Arc::new(Semaphore::new(cores)) }
    }

    /// Whether `password` is the one `stored` was made of. Without `stored` it is not, after as much work.
    pub(crate) async fn verify(
        &self,
        password: &Password,
        stored: Option<StoredHash>,
        deadline: Deadline,
    ) -> Result<bool, BackendFailure> {
        if matches!(self.algorithm, Algorithm::Plain(_) | Algorithm::Digest(..)) {
            return Ok(compare(self.algorithm, password, stored.as_ref()));
        }
        let (algorithm, password) = (self.algorithm, password.clone());
        let work = async {
            let core = Arc::clone(&self.cores).acquire_owned().await;
            // The permit goes along: a client that leaves does not make room for another one while its hash is still computed.
            let computed = tokio::task::spawn_blocking(move || {
                let _core = core;
                compare(algorithm, &password, stored.as_ref())
            });
            computed.await.map_err(|_| BackendFailure::Overloaded)
        };
        deadline.limit(work).await?
    }
}

fn compare(algorithm: Algorithm, password: &Password, stored: Option<&StoredHash>) -> bool {
    match stored {
        Some(stored) => algorithm.verify(password.expose(), &stored.hash, &stored.salt),
        None => {
            algorithm.decoy(password.expose());
            false
        }
    }
}

impl fmt::Debug for PasswordCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.algorithm.fmt(f)
    }
}
