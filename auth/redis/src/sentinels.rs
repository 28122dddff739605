//! Servers that know which server has the data.

use crate::connection::{Connection, Reply, Role};
use crate::{RedisSettings, ServerAddress};
use dunlin_access::BackendFailure;
use dunlin_auth_backend::AskError;
use redis::{Value, cmd};
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::time::timeout;

/// Servers that know which server has the data. They are asked for each connection: it may be another one meanwhile.
pub(crate) struct Sentinels {
    settings: Arc<RedisSettings>,
    master_name: String,
    /// Which of them answered last, and is asked first.
    preferred: AtomicUsize,
}

impl Sentinels {
    pub(crate) fn new(settings: Arc<RedisSettings>, master_name: &str) -> Self {
        Self { settings, master_name: master_name.to_owned(), preferred: AtomicUsize::new(0) }
    }

    /// A connection to the server that is the master now.
    pub(crate) async fn connect_to_master(&self) -> Result<Connection, BackendFailure> {
        let address = self.master().await?;
        let mut connection = Connection::open(&self.settings, &address, Role::Data).await?;
        // While they agree on a new one, sentinels still name the old one, which may have been told already.
        match connection.ask(&cmd("ROLE")).await.map_err(BackendFailure::from)? {
            Reply::Value(answer) if is_master(&answer) => Ok(connection),
            _ => Err(BackendFailure::Unreachable(format!("{address} is no master"))),
        }
    }

    /// The address of the master, as the first sentinel tells that can.
    async fn master(&self) -> Result<ServerAddress, BackendFailure> {
        let sentinels = &self.settings.servers;
        let first = self.preferred.load(Ordering::Relaxed);
        let mut last_failure = BackendFailure::Unreachable("no sentinel".into());
        for index in (0..sentinels.len()).map(|step| (first + step) % sentinels.len()) {
            let Some(sentinel) = sentinels.get(index) else { continue };
            match timeout(self.patience(), self.ask(sentinel)).await {
                Ok(Ok(address)) => {
                    self.preferred.store(index, Ordering::Relaxed);
                    return Ok(address);
                }
                Ok(Err(failure)) => last_failure = failure,
                Err(_) => last_failure = BackendFailure::Unreachable(format!("sentinel {sentinel} does not answer")),
            }
        }
        Err(last_failure)
    }

    /// For each sentinel, so that one that hangs leaves time for the others, and for the master.
    fn patience(&self) -> Duration {
        let shares = u32::try_from(self.settings.servers.len()).unwrap_or(u32::MAX).saturating_add(1);
        self.settings.timeout / shares
    }

    async fn ask(&self, sentinel: &ServerAddress) -> Result<ServerAddress, BackendFailure> {
        let mut connection = Connection::open(&self.settings, sentinel, Role::Sentinel).await?;
        let mut question = cmd("SENTINEL");
        question.arg("get-master-addr-by-name").arg(&self.master_name);
        let answer = connection.ask(&question).await.map_err(|error| match error {
            AskError::Lost(reason) => BackendFailure::Unreachable(format!("sentinel {sentinel}: {reason}")),
            other => other.into(),
        })?;
        match answer {
            Reply::Value(Value::Nil) => {
                Err(BackendFailure::Unreachable(format!("sentinel {sentinel} knows no `{}`", self.master_name)))
            }
            Reply::Value(answer) => address(&answer)
                .ok_or_else(|| BackendFailure::Unreachable(format!("sentinel {sentinel} names no address"))),
            Reply::Moved(_) | Reply::Ask(_) => {
                Err(BackendFailure::Unreachable(format!("{sentinel} is a node of a cluster, no sentinel")))
            }
        }
    }
}

impl fmt::Debug for Sentinels {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "redis master `{}` of sentinels", self.master_name)?;
        self.settings.servers.iter().try_for_each(|sentinel| write!(formatter, " {sentinel}"))
    }
}

/// `["10.0.0.1", "6379"]`.
fn address(answer: &Value) -> Option<ServerAddress> {
    let [Value::BulkString(host), Value::BulkString(port)] = answer.as_sequence()? else { return None };
    let port = std::str::from_utf8(port).ok()?.parse().ok().filter(|port| *port != 0)?;
    Some(ServerAddress::new(std::str::from_utf8(host).ok()?, port))
}

/// `["master", …]`.
fn is_master(answer: &Value) -> bool {
    matches!(answer.as_sequence(), Some([Value::BulkString(role), ..]) if role == b"master")
}
