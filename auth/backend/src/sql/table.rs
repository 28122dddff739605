//! A query and the connections it is asked over.

use super::row_memory::key;
use super::{Purpose, RowMemory, Rows, SqlDriver, SqlQuery, SqlQueryError, SqlQuestion, SqlSettings};
use crate::{Deadline, Pool};
use dunlin_access::BackendFailure;
use dunlin_expression::Bindings;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// A query and the connections it is asked over.
#[derive(Debug)]
pub(super) struct Table<D: SqlDriver> {
    pub(super) pool: Pool<D>,
    pub(super) memory: Option<Arc<RowMemory>>,
    query: SqlQuery,
    max_rows: usize,
    /// Another one for each table, so that none answers for another, nor for one that had other settings.
    number: u64,
}

impl<D: SqlDriver> Table<D> {
    pub(super) fn new(
        driver: D,
        settings: &SqlSettings,
        query: &str,
        purpose: Purpose,
        max_rows: usize,
    ) -> Result<Self, SqlQueryError> {
        static NEXT_NUMBER: AtomicU64 = AtomicU64::new(0);
        Ok(Self {
            pool: Pool::new(driver, settings.pool_size, settings.query_timeout),
            memory: None,
            query: SqlQuery::parse(query, D::DIALECT, purpose)?,
            max_rows,
            number: NEXT_NUMBER.fetch_add(1, Ordering::Relaxed),
        })
    }

    /// Asks for nothing but an answer.
    pub(super) async fn probe(&self) -> Result<(), BackendFailure> {
        let question = SqlQuestion { text: "SELECT 1".into(), parameters: Vec::new(), max_rows: 1 };
        self.pool.ask(&question, self.pool.deadline()).await.map(drop)
    }

    /// The rows about this client; `None` where it has a name that no table can hold.
    pub(super) async fn rows(
        &self,
        client: &(dyn Bindings + Sync),
        deadline: Deadline,
    ) -> Result<Option<Arc<Rows>>, BackendFailure> {
        let question = self.query.question(client, self.max_rows);
        if !question.parameters.iter().all(|value| D::can_hold(value)) {
            return Ok(None);
        }
        let Some(memory) = &self.memory else {
            return self.pool.ask(&question, deadline).await.map(Arc::new).map(Some);
        };
        let key = key(self.number, &question);
        if let Some(rows) = memory.recall(&key) {
            return Ok(Some(rows));
        }
        let rows = Arc::new(self.pool.ask(&question, deadline).await?);
        memory.keep(&key, &rows);
        Ok(Some(rows))
    }
}
