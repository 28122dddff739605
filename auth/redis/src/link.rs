//! How the connections of a pool are made: to a server that is known, or to the one that sentinels know.

use crate::connection::{Connection, Reply, Role};
use crate::sentinels::Sentinels;
use crate::{RedisSettings, ServerAddress};
use dunlin_access::BackendFailure;
use dunlin_auth_backend::{AskError, Driver};
use redis::{Cmd, cmd};
use std::fmt;
use std::sync::Arc;

/// How the connections of a pool are made.
pub(crate) struct Link {
    settings: Arc<RedisSettings>,
    place: Place,
}

/// Where the connections of a pool lead.
enum Place {
    At(ServerAddress),
    MasterOf(Sentinels),
}

/// A command, and whether it follows a redirection to a node that does not have the slot yet.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) command: Cmd,
    pub(crate) is_asking: bool,
}

impl From<Cmd> for Question {
    fn from(command: Cmd) -> Self {
        Self { command, is_asking: false }
    }
}

impl Link {
    /// To one server.
    pub(crate) fn to(settings: Arc<RedisSettings>, address: ServerAddress) -> Self {
        Self { settings, place: Place::At(address) }
    }

    /// To whatever server the sentinels of these settings say.
    pub(crate) fn to_master(settings: Arc<RedisSettings>, master_name: &str) -> Self {
        let sentinels = Sentinels::new(Arc::clone(&settings), master_name);
        Self { settings, place: Place::MasterOf(sentinels) }
    }
}

impl Driver for Link {
    type Connection = Connection;
    type Question = Question;
    type Reply = Reply;

    async fn connect(&self) -> Result<Connection, BackendFailure> {
        match &self.place {
            Place::At(address) => Connection::open(&self.settings, address, Role::Data).await,
            Place::MasterOf(sentinels) => sentinels.connect_to_master().await,
        }
    }

    fn is_usable(&self, connection: &Connection) -> bool {
        connection.is_open()
    }

    async fn ask(&self, connection: &mut Connection, question: &Question) -> Result<Reply, AskError> {
        if question.is_asking {
            connection.ask(&cmd("ASKING")).await?;
        }
        connection.ask(&question.command).await
    }

    fn ping(&self) -> Question {
        cmd("PING").into()
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.place {
            Place::At(address) => write!(formatter, "redis {address}"),
            Place::MasterOf(sentinels) => sentinels.fmt(formatter),
        }
    }
}
