//! One connection to a MySQL server.

use crate::value::read;
use dunlin_access::BackendFailure;
use dunlin_auth_backend::AskError;
use dunlin_auth_backend::sql::{Rows, SqlQuestion};
use mysql_async::consts::ColumnType;
use mysql_async::prelude::Queryable;
use mysql_async::{Conn, Error, Opts, Params, Row, Value};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::time::timeout;

/// The longest answer.
const MAX_ANSWER_BYTES: usize = 4 * 1024 * 1024;

/// The server gives up a query so much later than whoever asked has: it is not to decide what a late answer is called.
const SERVER_DELAY: Duration = Duration::from_secs(1);

/// How long it may take to say goodbye.
const LEAVE_TIMEOUT: Duration = Duration::from_secs(1);

/// One connection to a MySQL server.
pub struct Connection {
    /// There until it is dropped.
    connection: Option<Conn>,
    /// Every answer was read to its end.
    is_clean: bool,
}

impl Drop for Connection {
    /// By itself the library would wait for the answers that are still to come.
    fn drop(&mut self) {
        if let (Some(connection), Ok(runtime)) = (self.connection.take(), Handle::try_current()) {
            runtime.spawn(timeout(LEAVE_TIMEOUT, connection.disconnect()));
        }
    }
}

impl Connection {
    /// Connects, and has the server end queries that take longer than a question may.
    pub(crate) async fn open(opts: Opts, query_timeout: Duration) -> Result<Self, Error> {
        let mut connection = Self { connection: Some(Conn::new(opts).await?), is_clean: true };
        // The two have different names for it, and old versions have none.
        let limit = query_timeout + SERVER_DELAY;
        let mut limits = [
            format!("SET SESSION max_execution_time = {}", limit.as_millis()),
            format!("SET SESSION max_statement_time = {}", limit.as_secs_f64()),
        ];
        let conn = connection.conn()?;
        let is_mariadb = conn.server_version().0 >= 10;
        if is_mariadb {
            limits.reverse();
        }
        for limit in limits {
            match conn.query_drop(limit).await {
                Ok(()) => break,
                Err(Error::Server(_)) => {}
                Err(error) => return Err(error),
            }
        }
        Ok(connection)
    }

    pub(crate) fn is_usable(&self) -> bool {
        self.is_clean && self.connection.as_ref().is_some_and(|connection| !connection.is_disconnected())
    }

    fn conn(&mut self) -> Result<&mut Conn, Error> {
        self.connection.as_mut().ok_or_else(|| mysql_async::DriverError::ConnectionClosed.into())
    }

    pub(crate) async fn ask(&mut self, question: &SqlQuestion) -> Result<Rows, AskError> {
        self.is_clean = false;
        match self.rows(question).await {
            Ok(Ok(rows)) => {
                self.is_clean = !rows.has_more;
                Ok(rows)
            }
            Ok(Err(reason)) => Err(AskError::Refused(BackendFailure::BadAnswer(reason))),
            Err(error) => {
                let error = ask_error(&error);
                self.is_clean = !matches!(error, AskError::Lost(_));
                Err(error)
            }
        }
    }

    async fn rows(&mut self, question: &SqlQuestion) -> Result<Result<Rows, String>, Error> {
        let parameters = question.parameters.iter().map(|value| Value::Bytes(value.clone()));
        let parameters = match question.parameters.is_empty() {
            true => Params::Empty,
            false => Params::Positional(parameters.collect()),
        };
        let mut result = self.conn()?.exec_iter(&*question.text, parameters).await?;
        let columns = result.columns_ref();
        let types: Vec<ColumnType> = columns.iter().map(|column| column.column_type()).collect();
        let mut rows =
            Rows { columns: columns.iter().map(|column| column.name_str().into_owned()).collect(), ..Rows::default() };
        let mut bytes = 0;
        while let Some(row) = result.next().await? {
            if rows.rows.len() == question.max_rows {
                rows.has_more = true;
                break;
            }
            match values(row, &types) {
                Ok(values) => rows.rows.push(values),
                Err(problem) => return Ok(Err(problem)),
            }
            bytes += rows.rows.last().map_or(0, |row| row.iter().map(dunlin_auth_backend::sql::Value::size).sum());
            if bytes > MAX_ANSWER_BYTES {
                return Ok(Err(format!("more than {MAX_ANSWER_BYTES} bytes")));
            }
        }
        Ok(Ok(rows))
    }
}

fn values(row: Row, types: &[ColumnType]) -> Result<Vec<dunlin_auth_backend::sql::Value>, String> {
    row.unwrap().into_iter().zip(types).map(|(value, column_type)| read(value, *column_type)).collect()
}

/// The server is going, or has lost what it knew of this connection.
const LOST: [u16; 8] = [
    1053, // shutdown in progress
    1077, // normal shutdown
    1079, // shutdown complete
    1153, // packet too large, after which it closes
    1243, // a prepared statement it does not know
    1615, // a prepared statement that has to be prepared anew
    1927, // connection was killed
    4031, // disconnected after being idle
];

/// Of values that are no text in the character set of the connection.
const UNFIT: [u16; 2] = [1300, 1366];

fn ask_error(error: &Error) -> AskError {
    let Error::Server(server_error) = error else { return AskError::Lost(describe(error)) };
    if LOST.contains(&server_error.code) || server_error.state.starts_with("08") {
        AskError::Lost(describe(error))
    } else if UNFIT.contains(&server_error.code) || server_error.state.starts_with("22") {
        AskError::Unfit(describe(error))
    } else {
        AskError::Refused(BackendFailure::BadAnswer(describe(error)))
    }
}

/// One line.
pub(crate) fn describe(error: &Error) -> String {
    match error {
        Error::Server(error) => format!("{} ({})", error.message, error.code),
        error => error.to_string(),
    }
}
