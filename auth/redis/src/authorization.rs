//! Authorization by a hash of topics.

use crate::command::Command;
use crate::redis_servers::RedisServers;
use crate::{RedisSettings, SettingsError};
use dunlin_access::{
    Action, Answer, AuthorizationSource, BackendFailure, BackendQuestions, BackendStatus, ClientInfo, Rule,
    RuleSettings, Verdict,
};
use redis::Value;

/// The most rules for one client.
const MAX_RULES: usize = 10_000;

/// The source `redis`: each client has a hash, whose fields are topics and whose values say what is allowed there. What is in
/// no field is no match, as nothing in a hash denies.
#[derive(Debug)]
pub struct RedisAuthorization {
    servers: RedisServers,
    command: Command,
    rules: RuleSettings,
}

impl RedisAuthorization {
    /// `command` is `HGETALL key`, or `HMGET key topic …` for some topics only. Connects to nothing yet.
    ///
    /// # Errors
    /// The settings or the command cannot work.
    pub fn new(settings: RedisSettings, command: &str, rules: RuleSettings) -> Result<Self, SettingsError> {
        Ok(Self { servers: RedisServers::new(settings)?, command: Command::for_rules(command)?, rules })
    }

    /// How many more questions could be asked at once, on the servers that are known.
    #[must_use]
    pub fn free_connections(&self) -> usize {
        self.servers.free_connections()
    }

    async fn verdict(&self, client: &ClientInfo, action: Action, topic: &str) -> Result<Verdict, BackendFailure> {
        let Some((key, command)) = self.command.for_client(client, None) else { return Ok(Verdict::NoMatch) };
        let answer = self.servers.ask(&key, command, self.servers.deadline()).await?;
        let mut unreadable = None;
        for (filter, value) in fields(self.command.fields(), answer)? {
            match rule(&filter, &value) {
                Ok(rule) if rule.is_about(&self.rules, client, action, topic) => return Ok(Verdict::Allow),
                Ok(_) => {}
                Err(problem) => unreadable = Some(problem),
            }
        }
        // They all allow, and in no order: one that cannot be read takes nothing from the others, but could have been the one.
        unreadable.map_or(Ok(Verdict::NoMatch), |problem| Err(BackendFailure::BadAnswer(problem)))
    }
}

/// A topic and what is said of it.
type Field = (Vec<u8>, Vec<u8>);

fn fields(asked: &[String], answer: Value) -> Result<Vec<Field>, BackendFailure> {
    let no_hash = || BackendFailure::BadAnswer("the fields of a hash have no other answer".into());
    let Value::Array(values) = answer else { return Err(no_hash()) };
    if values.len() > 2 * MAX_RULES {
        return Err(BackendFailure::BadAnswer(format!("more than {MAX_RULES} rules for one client")));
    }
    let bytes = |value| match value {
        Value::BulkString(bytes) => Ok(Some(bytes)),
        Value::Nil => Ok(None),
        _ => Err(no_hash()),
    };
    let values = values.into_iter().map(bytes).collect::<Result<Vec<_>, _>>()?;
    if !asked.is_empty() {
        let topics = asked.iter().map(|topic| topic.clone().into_bytes());
        return Ok(topics.zip(values).filter_map(|(topic, value)| Some((topic, value?))).collect());
    }
    let mut values = values.into_iter().flatten();
    let mut fields = Vec::new();
    while let Some(topic) = values.next() {
        fields.push((topic, values.next().ok_or_else(no_hash)?));
    }
    Ok(fields)
}

fn rule(topic: &[u8], value: &[u8]) -> Result<Rule, String> {
    let text = |bytes| {
        std::str::from_utf8(bytes).map_err(|_| format!("a rule is no UTF-8: {}", String::from_utf8_lossy(bytes)))
    };
    Rule::from_redis(text(topic)?, text(value)?).map_err(|problem| problem.to_string())
}

impl AuthorizationSource for RedisAuthorization {
    fn kind(&self) -> &'static str {
        "redis"
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
        self.servers.status()
    }

    fn probe(&self) -> Option<Answer<'_, ()>> {
        Some(Box::pin(self.servers.probe()))
    }

    fn questions(&self) -> Option<BackendQuestions> {
        Some(self.servers.questions())
    }
}
