//! A directory that is asked, over connections that are kept for the next questions.

use crate::connection::{Connection, Lost};
use crate::entry::Entry;
use crate::filter::Filter;
use crate::message::{Done, Search};
use crate::{Encryption, LdapSettings, LdapSettingsError, Server};
use dunlin_access::BackendFailure;
use dunlin_auth_backend::{Desk, IdleLines, Reconnection};
use rustls::pki_types::ServerName;
use std::sync::Arc;
use std::time::Duration;

/// Two are as bad as many: which of them is the client?
const MAX_ENTRIES: i32 = 2;

/// A directory that is asked.
#[derive(Debug)]
pub(crate) struct Directory {
    servers: Vec<(Server, Option<ServerName<'static>>)>,
    username: String,
    password: Secret,
    encryption: Encryption,
    connect_timeout: Duration,
    timeout_secs: i32,
    pub(crate) desk: Desk,
    /// Bound as `username`.
    searching: Arc<IdleLines<Connection>>,
    /// Bound as somebody, and again for each question.
    binding: Arc<IdleLines<Connection>>,
    reconnection: Reconnection,
    /// What every entry is like.
    any_entry: Vec<u8>,
}

struct Secret(String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("******")
    }
}

impl Directory {
    pub(crate) fn new(settings: &LdapSettings) -> Result<Self, LdapSettingsError> {
        if settings.servers.is_empty() {
            return Err(LdapSettingsError::NoServer);
        }
        let name = |server: &Server| {
            if matches!(settings.encryption, Encryption::None) {
                return Ok(None);
            }
            let name = settings.server_name.as_deref().unwrap_or(&server.host).to_owned();
            ServerName::try_from(name.clone()).map(Some).map_err(|_| LdapSettingsError::ServerName(name))
        };
        let mut servers = Vec::with_capacity(settings.servers.len());
        for server in &settings.servers {
            servers.push((server.clone(), name(server)?));
        }
        // Without a placeholder there is nothing that it could lack.
        let any_entry = Filter::parse("(objectClass=*)", &[])?.encode(&|_: &str| None).unwrap_or_default();
        let names: Vec<_> = servers.iter().map(|(server, _)| format!("{}:{}", server.host, server.port)).collect();
        Ok(Self {
            servers,
            username: settings.username.clone(),
            password: Secret(settings.password.clone()),
            encryption: settings.encryption.clone(),
            connect_timeout: settings.connect_timeout,
            timeout_secs: i32::try_from(settings.query_timeout.as_secs()).unwrap_or(i32::MAX).max(1),
            desk: Desk::new(format!("ldap {}", names.join(" ")), settings.desk()),
            searching: IdleLines::new(settings.max_idle),
            binding: IdleLines::new(settings.max_idle),
            reconnection: Reconnection::default(),
            any_entry,
        })
    }

    /// Whether it can be searched, as who searches for clients.
    pub(crate) async fn probe(&self) {
        // The entry above all others has the names of what a directory can do; no attribute is asked for (RFC 4511 §4.5.1.8).
        let attributes = ["1.1".to_owned()];
        self.desk.probe(self.find("", true, &self.any_entry, &attributes)).await;
    }

    /// The one entry below `base` that the filter is about. A base that is not there has none; where `is_own_base` says that it
    /// is made of what the client says, neither has one that is no name.
    ///
    /// Must be asked within [`Self::desk`].
    pub(crate) async fn find(
        &self,
        base: &str,
        is_own_base: bool,
        filter: &[u8],
        attributes: &[String],
    ) -> Result<Option<Entry>, BackendFailure> {
        let search = Search { base, filter, attributes, max_entries: MAX_ENTRIES, timeout_secs: self.timeout_secs };
        let kept = match self.searching.take() {
            Some(mut line) => match line.search(&search).await {
                Err(Lost::Gone(_)) => None,
                answer => Some((line, answer?)),
            },
            None => None,
        };
        let (line, (mut entries, done)) = match kept {
            Some(answered) => answered,
            None => {
                let mut line = self.connect_as_searcher().await?;
                let answer = line.search(&search).await?;
                (line, answer)
            }
        };
        self.searching.give_back(line);
        match done.code {
            Done::SUCCESS | Done::SIZE_LIMIT_EXCEEDED if entries.len() > 1 => {
                Err(BackendFailure::BadAnswer("more than one entry for a client".into()))
            }
            Done::SUCCESS => Ok(entries.pop()),
            Done::NO_SUCH_OBJECT => Ok(None),
            Done::INVALID_NAME if is_own_base => Ok(None),
            code => Err(BackendFailure::BadAnswer(format!("search failed with {code}: {}", done.message))),
        }
    }

    /// Whether the password is that of the entry. Never asks with an empty one, which would be nobody's.
    ///
    /// Must be asked within [`Self::desk`].
    pub(crate) async fn is_password(&self, name: &str, password: &[u8]) -> Result<bool, BackendFailure> {
        if name.is_empty() || password.is_empty() {
            return Ok(false);
        }
        let kept = match self.binding.take() {
            Some(mut line) => match line.bind(name, password).await {
                Err(Lost::Gone(_)) => None,
                answer => Some((line, answer?)),
            },
            None => None,
        };
        let (line, done) = match kept {
            Some(answered) => answered,
            None => {
                let mut line = self.connect().await?;
                let done = line.bind(name, password).await?;
                (line, done)
            }
        };
        self.binding.give_back(line);
        match done.code {
            Done::SUCCESS => Ok(true),
            _ if done.is_about_credentials() => Ok(false),
            code => Err(BackendFailure::BadAnswer(format!("bind failed with {code}: {}", done.message))),
        }
    }

    async fn connect_as_searcher(&self) -> Result<Connection, BackendFailure> {
        let mut line = self.connect().await?;
        if self.username.is_empty() {
            return Ok(line);
        }
        let done = line.bind(&self.username, self.password.0.as_bytes()).await?;
        if done.code == Done::SUCCESS {
            Ok(line)
        } else {
            let reason = format!("{} may not bind: {} {}", self.username, done.code, done.message);
            Err(BackendFailure::Unreachable(reason))
        }
    }

    async fn connect(&self) -> Result<Connection, BackendFailure> {
        let attempt = self.reconnection.begin()?;
        let mut last = BackendFailure::Overloaded;
        for (server, name) in &self.servers {
            let opening = Connection::open(server, name.as_ref(), &self.encryption);
            last = match tokio::time::timeout(self.connect_timeout, opening).await {
                Ok(Ok(line)) => {
                    attempt.succeed();
                    return Ok(line);
                }
                Ok(Err(Lost::Gone(error))) => {
                    BackendFailure::Unreachable(format!("{}:{}: {error}", server.host, server.port))
                }
                Ok(Err(Lost::Nonsense(what))) => {
                    BackendFailure::Unreachable(format!("{}:{}: {what}", server.host, server.port))
                }
                Err(_) => {
                    let timeout_ms = self.connect_timeout.as_millis();
                    let reason = format!("{}:{}: no connection within {timeout_ms} ms", server.host, server.port);
                    BackendFailure::Unreachable(reason)
                }
            };
        }
        attempt.fail(last.clone());
        Err(last)
    }
}
