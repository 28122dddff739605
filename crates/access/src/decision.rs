//! What authorization says of an action, or whom has to be asked.

use crate::{Action, ClientInfo, Permission};
use std::sync::Arc;

/// Who has decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecidedBy {
    /// Nobody: the client is a superuser.
    Superuser,
    /// The rules that came with the client.
    ClientAcl,
    /// The source at this place of the list.
    Source(u8),
    /// The source at this place, by not answering.
    FailureOf(u8),
    /// A source, a short while ago.
    Cache,
    /// `authorization.no_match`, because no rule is about it.
    NoMatch,
}

/// What is said of an action.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ruling {
    /// Yes or no.
    pub permission: Permission,
    /// Why.
    pub by: DecidedBy,
}

impl Ruling {
    /// Whether it is yes.
    #[must_use]
    pub const fn is_allow(self) -> bool {
        self.permission.is_allow()
    }
}

/// What authorization says of an action at once.
#[derive(Debug)]
#[must_use]
pub enum Decision {
    /// It is decided.
    Made(Ruling),
    /// Somebody else has to be asked: [`Authorization::answer`](crate::Authorization::answer) does.
    Open(Box<Question>),
}

/// A question that somebody else has to be asked. It owns all that belongs to it, so that it can go elsewhere.
#[derive(Clone, Debug)]
pub struct Question {
    pub(crate) client: Arc<ClientInfo>,
    pub(crate) action: Action,
    /// As the client wrote it.
    pub(crate) topic: Box<str>,
    /// As the sources see it, where that differs.
    pub(crate) mounted_topic: Option<Box<str>>,
    /// The first source that has not answered yet.
    pub(crate) next_source: usize,
    /// The sources that are asked about this client.
    pub(crate) active: u64,
    pub(crate) epoch: u64,
}

impl Question {
    /// Who wants it.
    #[must_use]
    pub fn client(&self) -> &ClientInfo {
        &self.client
    }

    /// What it wants.
    #[must_use]
    pub const fn action(&self) -> Action {
        self.action
    }

    /// A name or a filter, as the client wrote it.
    #[must_use]
    pub fn topic(&self) -> &str {
        &self.topic
    }
}
