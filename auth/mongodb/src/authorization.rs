//! Authorization by documents of rules.

use crate::authenticator::pool;
use crate::driver::{Find, Mongodb};
use crate::{Filter, MongodbSettings, SettingsError, values};
use dunlin_access::{
    Action, Answer, AuthorizationSource, BackendFailure, BackendQuestions, BackendStatus, ClientInfo, Rule,
    RuleSettings, Verdict,
};
use dunlin_auth_backend::Pool;

/// `limit` where nothing else is said.
pub const DEFAULT_LIMIT: u32 = 1_000;
/// More rules for one client are read by nobody.
const MAX_LIMIT: u32 = 100_000;

/// The source `mongodb`: a filter finds documents with `permission`, `action`, `topic` or `topics` and what narrows them. The
/// first one that fits counts, in the order in which they are found.
#[derive(Debug)]
pub struct MongodbAuthorization {
    pool: Pool<Mongodb>,
    filter: Filter,
    skip: u64,
    limit: u32,
    rules: RuleSettings,
}

impl MongodbAuthorization {
    /// `filter` is one of [`Filter::for_rules`]; `skip` and `limit` say which of the documents count. Connects to nothing yet.
    ///
    /// # Errors
    /// The settings cannot work.
    pub fn new(
        settings: MongodbSettings,
        collection: &str,
        filter: Filter,
        (skip, limit): (u64, u32),
        rules: RuleSettings,
    ) -> Result<Self, SettingsError> {
        if !(1..=MAX_LIMIT).contains(&limit) {
            return Err(SettingsError::Limit(limit));
        }
        Ok(Self { pool: pool(settings, collection)?, filter, skip, limit, rules })
    }

    /// How many more questions could be asked at once.
    #[must_use]
    pub fn free_connections(&self) -> usize {
        self.pool.free_connections()
    }

    async fn verdict(&self, client: &ClientInfo, action: Action, topic: &str) -> Result<Verdict, BackendFailure> {
        let Some(filter) = self.filter.for_client(client, None) else {
            // It cannot be told from another client, and there may be rules that deny.
            return Ok(Verdict::Deny);
        };
        let find = Find { filter, skip: self.skip, limit: self.limit };
        let documents = self.pool.ask(&find, self.pool.deadline()).await?;
        // Rules behind the one that counts need make no sense; one before it that makes none could have been the one.
        for (index, document) in documents.iter().enumerate() {
            let rule = Rule::from_row(&values::row(document))
                .map_err(|error| BackendFailure::BadAnswer(format!("document {} of the rules: {error}", index + 1)))?;
            if rule.is_about(&self.rules, client, action, topic) {
                return Ok(rule.permission.into());
            }
        }
        Ok(Verdict::NoMatch)
    }
}

impl AuthorizationSource for MongodbAuthorization {
    fn kind(&self) -> &'static str {
        "mongodb"
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
        self.pool.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        Some(Box::pin(self.pool.probe()))
    }

    fn questions(&self) -> Option<BackendQuestions> {
        Some(self.pool.questions())
    }
}
