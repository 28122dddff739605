//! Authorization by a table of rules.

use super::table::Table;
use super::{Purpose, RowMemory, Rows, SqlDriver, SqlQueryError, SqlSettings, Value};
use crate::Pool;
use dunlin_access::{
    Action, Answer, AuthorizationSource, BackendFailure, BackendQuestions, BackendStatus, ClientInfo, Permission, Row,
    Rule, RuleSettings, Verdict,
};
use std::sync::Arc;

/// The most rows for one client. What does not fit could be the row that denies, so there is no verdict then.
const MAX_ROWS: usize = 10_000;

/// Authorization by a table of rules: a query finds the rows `permission`, `action`, `topic` and what narrows them, such as
/// `qos`, `retain`, `clientid_re`, `username_re`, `ipaddr`, `zone` and `listener`. The first one that fits counts.
#[derive(Debug)]
pub struct SqlAuthorization<D: SqlDriver> {
    table: Table<D>,
    rules: RuleSettings,
}

impl<D: SqlDriver> SqlAuthorization<D> {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// The query cannot be used.
    pub fn with_driver(
        driver: D,
        settings: &SqlSettings,
        query: &str,
        rules: RuleSettings,
    ) -> Result<Self, SqlQueryError> {
        Ok(Self { table: Table::new(driver, settings, query, Purpose::Authorization, MAX_ROWS)?, rules })
    }

    /// Does not ask again for a while what it has asked: `authorization.node_cache`.
    #[must_use]
    pub fn remembering(mut self, memory: Arc<RowMemory>) -> Self {
        self.table.memory = Some(memory);
        self
    }

    /// Asks the database for nothing but an answer, so that the status is that of now and not that of the last client.
    ///
    /// # Errors
    /// There is none.
    pub async fn probe(&self) -> Result<(), BackendFailure> {
        self.table.probe().await
    }

    /// Its connections.
    pub fn pool(&self) -> &Pool<D> {
        &self.table.pool
    }

    async fn verdict(&self, client: &ClientInfo, action: Action, topic: &str) -> Result<Verdict, BackendFailure> {
        let Some(rows) = self.table.rows(client, self.table.pool.deadline()).await? else {
            // Nobody can have meant to allow something to a name that no table can hold, and a rule for all that denies may be
            // among the rows that cannot be asked for.
            return Ok(Verdict::Deny);
        };
        if rows.has_more {
            return Err(BackendFailure::BadAnswer(format!("more than {MAX_ROWS} rules for one client")));
        }
        self.first_verdict(&rows, client, action, topic)
    }

    /// Rows behind the one that counts need make no sense; one before it that makes none could have been the one.
    fn first_verdict(
        &self,
        rows: &Rows,
        client: &ClientInfo,
        action: Action,
        topic: &str,
    ) -> Result<Verdict, BackendFailure> {
        for (index, values) in rows.rows.iter().enumerate() {
            let row: Row = rows.columns.iter().cloned().zip(values.iter().map(json)).collect();
            let rule = Rule::from_row(&row)
                .map_err(|error| BackendFailure::BadAnswer(format!("row {} of the rules: {error}", index + 1)))?;
            if rule.is_about(&self.rules, client, action, topic) {
                return Ok(match rule.permission {
                    Permission::Allow => Verdict::Allow,
                    Permission::Deny => Verdict::Deny,
                });
            }
        }
        Ok(Verdict::NoMatch)
    }
}

fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Null => serde_json::Value::Null,
        Value::Integer(number) => (*number).into(),
        Value::Boolean(is) => (*is).into(),
        Value::Bytes(_) => value.text().map_or(serde_json::Value::Null, |text| text.into_owned().into()),
    }
}

impl<D: SqlDriver> AuthorizationSource for SqlAuthorization<D> {
    fn kind(&self) -> &'static str {
        D::KIND
    }

    fn authorize<'a>(
        &'a self,
        client: &'a ClientInfo,
        action: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>> {
        Box::pin(self.verdict(client, action, topic))
    }

    fn status(&self) -> BackendStatus {
        self.table.pool.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        Some(Box::pin(self.table.pool.probe()))
    }

    fn questions(&self) -> Option<BackendQuestions> {
        Some(self.table.pool.questions())
    }
}
