//! The official driver, asked a bounded number of questions at once.

use crate::MongodbSettings;
use crate::client_options::client_options;
use dunlin_access::BackendFailure;
use dunlin_auth_backend::{AskError, Driver};
use mongodb::bson::{Bson, Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::{Client, Collection};
use std::fmt;
use std::time::Duration;
use tokio::sync::OnceCell;

/// The official driver, asked for documents of one collection.
///
/// Its client has connections of its own, and finds servers again that were gone. What the pool above it counts as a connection is
/// leave to use it, given when a server has answered.
pub(crate) struct Mongodb {
    settings: MongodbSettings,
    collection: String,
    /// Made with the first question, as it begins to look for servers at once.
    client: OnceCell<Client>,
}

/// Which documents are wanted.
#[derive(Debug)]
pub(crate) struct Find {
    pub(crate) filter: Document,
    pub(crate) skip: u64,
    /// At least 1.
    pub(crate) limit: u32,
}

impl Mongodb {
    pub(crate) fn new(settings: MongodbSettings, collection: &str) -> Self {
        Self { settings, collection: collection.to_owned(), client: OnceCell::new() }
    }

    async fn client(&self) -> Result<&Client, Error> {
        self.client.get_or_try_init(|| async { Client::with_options(client_options(&self.settings).await?) }).await
    }

    async fn find(&self, collection: &Collection<Document>, find: &Find) -> Result<Vec<Document>, Error> {
        let question = collection.find(find.filter.clone()).skip(find.skip).limit(i64::from(find.limit));
        // All in one answer: no cursor is left behind at the server by whoever is not interested any more.
        let mut cursor = question.batch_size(find.limit).max_time(self.settings.timeout).await?;
        let mut documents = Vec::new();
        while cursor.advance().await? {
            documents.push(cursor.deserialize_current()?);
        }
        Ok(documents)
    }
}

impl Driver for Mongodb {
    type Connection = Collection<Document>;
    type Question = Find;
    type Reply = Vec<Document>;

    async fn connect(&self) -> Result<Self::Connection, BackendFailure> {
        let unreachable = |error: Error| BackendFailure::Unreachable(describe(&error));
        let database = self.client().await.map_err(unreachable)?.database(&self.settings.database);
        database.run_command(doc! { "ping": 1 }).await.map_err(unreachable)?;
        Ok(database.collection(&self.collection))
    }

    fn is_usable(&self, _collection: &Self::Connection) -> bool {
        true
    }

    async fn ask(&self, collection: &mut Self::Connection, find: &Find) -> Result<Vec<Document>, AskError> {
        self.find(collection, find).await.map_err(|error| failure(&error, self.settings.timeout))
    }

    /// No document has such an id; that the collection may be read, this shows too.
    fn ping(&self) -> Find {
        Find { filter: doc! { "_id": Bson::Null }, skip: 0, limit: 1 }
    }
}

/// Codes of servers that cannot answer anything now, or nothing to this user: not authorized, authentication failed, shutting
/// down, steppings down of a primary, network trouble behind a router.
const UNAVAILABLE_CODES: [i32; 14] = [6, 7, 13, 18, 89, 91, 133, 189, 9001, 10107, 11600, 11602, 13435, 13436];
/// `MaxTimeMSExpired`
const TIME_IS_UP: i32 = 50;

/// Whether the server is lost, cannot answer anything now, or this one question only was a bad one.
fn failure(error: &Error, timeout: Duration) -> AskError {
    match error.kind.as_ref() {
        ErrorKind::Command(command) if command.code == TIME_IS_UP => {
            let timeout_ms = u64::try_from(timeout.as_millis()).unwrap_or(u64::MAX);
            AskError::Refused(BackendFailure::Timeout(timeout_ms))
        }
        ErrorKind::Command(command) if UNAVAILABLE_CODES.contains(&command.code) => {
            AskError::Refused(BackendFailure::Unreachable(describe(error)))
        }
        ErrorKind::Command(_)
        | ErrorKind::BsonDeserialization(_)
        | ErrorKind::Bson(_)
        | ErrorKind::InvalidResponse { .. } => AskError::Refused(BackendFailure::BadAnswer(describe(error))),
        _ => AskError::Lost(describe(error)),
    }
}

fn describe(error: &Error) -> String {
    error.kind.to_string()
}

impl fmt::Debug for Mongodb {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "mongodb {}, collection {}", self.settings.servers.join(" "), self.collection)
    }
}
