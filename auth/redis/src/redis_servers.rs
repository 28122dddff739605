//! A Redis, whatever its servers are.

use crate::cluster::Cluster;
use crate::connection::Reply;
use crate::link::{Link, Question};
use crate::{Deployment, RedisSettings, SettingsError};
use dunlin_access::{BackendFailure, BackendQuestions, BackendStatus};
use dunlin_auth_backend::{Deadline, Pool};
use redis::{Cmd, Value};
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A Redis, whatever its servers are: one, one that sentinels know, or a cluster. Nothing is opened before the first question.
#[derive(Debug)]
pub(crate) struct RedisServers {
    settings: Arc<RedisSettings>,
    arrangement: Arrangement,
    /// Questions to all of them, whichever of them was asked.
    answered: AtomicU64,
    failed: AtomicU64,
}

#[derive(Debug)]
enum Arrangement {
    OneMaster(Box<Pool<Link>>),
    Cluster(Box<Cluster>),
}

impl RedisServers {
    pub(crate) fn new(settings: RedisSettings) -> Result<Self, SettingsError> {
        settings.check()?;
        let connections = NonZeroUsize::new(settings.pool_size).ok_or(SettingsError::NoConnections)?;
        let settings = Arc::new(settings);
        let pool = |link| Arrangement::OneMaster(Box::new(Pool::new(link, connections, settings.timeout)));
        let arrangement = match (&settings.deployment, settings.servers.as_slice()) {
            (Deployment::Single, [server, ..]) => pool(Link::to(Arc::clone(&settings), server.clone())),
            (Deployment::Single, []) => return Err(SettingsError::NoServers),
            (Deployment::Sentinel { master_name }, _) => pool(Link::to_master(Arc::clone(&settings), master_name)),
            (Deployment::Cluster, _) => {
                Arrangement::Cluster(Box::new(Cluster::new(Arc::clone(&settings), connections)))
            }
        };
        Ok(Self { settings, arrangement, answered: AtomicU64::new(0), failed: AtomicU64::new(0) })
    }

    /// The end of a question that is asked now.
    pub(crate) fn deadline(&self) -> Deadline {
        Deadline::after(self.settings.timeout)
    }

    /// Asks the server that has `key`.
    pub(crate) async fn ask(&self, key: &[u8], command: Cmd, deadline: Deadline) -> Result<Value, BackendFailure> {
        let answer = self.ask_owner(key, command, deadline).await;
        let is_answer = matches!(answer, Ok(_) | Err(BackendFailure::BadAnswer(_)));
        if is_answer { &self.answered } else { &self.failed }.fetch_add(1, Ordering::Relaxed);
        answer
    }

    /// Questions that have ended so far.
    pub(crate) fn questions(&self) -> BackendQuestions {
        BackendQuestions { success: self.answered.load(Ordering::Relaxed), failed: self.failed.load(Ordering::Relaxed) }
    }

    async fn ask_owner(&self, key: &[u8], command: Cmd, deadline: Deadline) -> Result<Value, BackendFailure> {
        match &self.arrangement {
            Arrangement::OneMaster(pool) => match pool.ask(&Question::from(command), deadline).await? {
                Reply::Value(value) => Ok(value),
                Reply::Moved(_) | Reply::Ask(_) => {
                    let reason = "it is a node of a cluster: `redis_type` must be cluster";
                    Err(BackendFailure::Unreachable(reason.into()))
                }
            },
            Arrangement::Cluster(cluster) => cluster.ask(key, command, deadline).await,
        }
    }

    pub(crate) fn status(&self) -> BackendStatus {
        match &self.arrangement {
            Arrangement::OneMaster(pool) => pool.status(),
            Arrangement::Cluster(cluster) => cluster.status(),
        }
    }

    /// Asks every server that has data whether it is there, unless clients have brought news.
    pub(crate) async fn probe(&self) {
        match &self.arrangement {
            Arrangement::OneMaster(pool) => pool.probe().await,
            Arrangement::Cluster(cluster) => cluster.probe().await,
        }
    }

    pub(crate) fn free_connections(&self) -> usize {
        match &self.arrangement {
            Arrangement::OneMaster(pool) => pool.free_connections(),
            Arrangement::Cluster(cluster) => cluster.free_connections(),
        }
    }
}
