//! One connection to a PostgreSQL server.

use crate::value::{ColumnValue, TextParameter};
use dunlin_access::BackendFailure;
use dunlin_auth_backend::AskError;
use dunlin_auth_backend::sql::{Rows, SqlQuestion, Value};
use futures_util::TryStreamExt;
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::task::JoinHandle;
use tokio_postgres::error::{Severity, SqlState};
use tokio_postgres::types::Type;
use tokio_postgres::{CancelToken, Client, Error, Row, RowStream, Statement};

/// The longest answer.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// One connection to a PostgreSQL server. Dropping it closes the socket at once, also while an answer is awaited.
pub struct Connection {
    client: Client,
    /// Moves bytes between the socket and the client.
    task: JoinHandle<()>,
    prepared: Option<(Arc<str>, Statement)>,
    /// Every answer was read to its end.
    is_clean: bool,
}

impl Drop for Connection {
    fn drop(&mut self) {
        // By itself the task would wait for the answers that are still to come.
        self.task.abort();
    }
}

impl Connection {
    pub(crate) fn start<S, T>(client: Client, connection: tokio_postgres::Connection<S, T>) -> Self
    where
        S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
        T: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    {
        let task = tokio::spawn(async move {
            // The client is told of failures too.
            let _ = connection.await;
        });
        Self { client, task, prepared: None, is_clean: true }
    }

    pub(crate) fn is_usable(&self) -> bool {
        self.is_clean && !self.client.is_closed()
    }

    pub(crate) fn cancel_token(&self) -> CancelToken {
        self.client.cancel_token()
    }

    pub(crate) async fn ask(&mut self, question: &SqlQuestion, prepares: bool) -> Result<Rows, AskError> {
        self.is_clean = false;
        let mut result = self.rows(question, prepares).await;
        if let Err(Unanswered::Database(error)) = &result
            && self.prepared.take().is_some()
            && is_outdated(error)
        {
            result = self.rows(question, prepares).await;
        }
        match result {
            Ok(rows) => {
                self.is_clean = !rows.has_more;
                Ok(rows)
            }
            Err(Unanswered::TooLong) => {
                let reason = format!("more than {MAX_ANSWER_BYTES} bytes");
                Err(AskError::Refused(BackendFailure::BadAnswer(reason)))
            }
            Err(Unanswered::Database(error)) => {
                let error = ask_error(&error);
                self.is_clean = !matches!(error, AskError::Lost(_));
                Err(error)
            }
        }
    }

    async fn rows(&mut self, question: &SqlQuestion, prepares: bool) -> Result<Rows, Unanswered> {
        let parameters = question.parameters.iter().map(|value| TextParameter(value));
        let stream = if prepares {
            let statement = self.statement(&question.text).await?;
            self.client.query_raw(&statement, parameters).await?
        } else {
            // With no type said, the server finds one, as it does for statements that are prepared.
            let parameters = parameters.map(|parameter| (parameter, Type::UNKNOWN));
            self.client.query_typed_raw(&question.text, parameters).await?
        };
        collect(stream, question.max_rows).await
    }

    async fn statement(&mut self, text: &Arc<str>) -> Result<Statement, Error> {
        if let Some((prepared_text, statement)) = &self.prepared
            && prepared_text == text
        {
            return Ok(statement.clone());
        }
        let statement = self.client.prepare(text).await?;
        self.prepared = Some((Arc::clone(text), statement.clone()));
        Ok(statement)
    }
}

enum Unanswered {
    TooLong,
    Database(Error),
}

impl From<Error> for Unanswered {
    fn from(error: Error) -> Self {
        Self::Database(error)
    }
}

async fn collect(stream: RowStream, max_rows: usize) -> Result<Rows, Unanswered> {
    let mut stream = pin!(stream);
    let mut rows = Rows::default();
    let mut bytes = 0;
    while let Some(row) = stream.try_next().await? {
        if rows.rows.is_empty() {
            rows.columns = row.columns().iter().map(|column| column.name().to_owned()).collect();
        }
        if rows.rows.len() == max_rows {
            rows.has_more = true;
            break;
        }
        bytes += row.raw_size_bytes();
        if bytes > MAX_ANSWER_BYTES {
            return Err(Unanswered::TooLong);
        }
        rows.rows.push(values(&row)?);
    }
    Ok(rows)
}

fn values(row: &Row) -> Result<Vec<Value>, Error> {
    (0..row.len()).map(|index| row.try_get::<_, ColumnValue>(index).map(|value| value.0)).collect()
}

/// The table was changed since the statement was prepared, or somebody between has given us another connection.
fn is_outdated(error: &Error) -> bool {
    matches!(error.code(), Some(&SqlState::FEATURE_NOT_SUPPORTED | &SqlState::INVALID_SQL_STATEMENT_NAME))
}

fn ask_error(error: &Error) -> AskError {
    let Some(database_error) = error.as_db_error() else {
        let is_about_a_value = std::error::Error::source(error).is_some_and(|source| !source.is::<std::io::Error>());
        return match is_about_a_value && !error.is_closed() {
            true => AskError::Refused(BackendFailure::BadAnswer(describe(error))),
            false => AskError::Lost(describe(error)),
        };
    };
    let is_fatal = matches!(database_error.parsed_severity(), Some(Severity::Fatal | Severity::Panic));
    if is_fatal {
        AskError::Lost(describe(error))
    } else if database_error.code().code().starts_with(DATA_EXCEPTION) {
        AskError::Unfit(describe(error))
    } else {
        AskError::Refused(BackendFailure::BadAnswer(describe(error)))
    }
}

/// The class of errors that come of values, such as a name where a number is expected.
const DATA_EXCEPTION: &str = "22";

/// One line, with the reason below what the library says.
pub(crate) fn describe(error: &Error) -> String {
    if let Some(error) = error.as_db_error() {
        return format!("{} ({})", error.message(), error.code().code());
    }
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}
