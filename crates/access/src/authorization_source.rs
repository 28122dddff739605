//! One source of authorization rules.

use crate::{Action, Answer, BackendFailure, BackendQuestions, BackendStatus, ClientInfo, RuleList, Verdict};
use std::fmt::Debug;

/// One source of authorization rules.
///
/// An answer comes within the back end's own timeout, whatever happens to it, and dropping the future gives back all it held.
pub trait AuthorizationSource: Debug + Send + Sync {
    /// Its `type`, such as `file` or `redis`.
    fn kind(&self) -> &'static str;

    /// Its rules, where they are the same for every client and never change: another config has another source. Then much of
    /// a verdict is found out once for each connection.
    fn fixed_rules(&self) -> Option<&RuleList> {
        None
    }

    /// The verdict, where nobody else has to be asked for it; `None` where [`Self::authorize`] has to be used.
    fn authorize_now(&self, client: &ClientInfo, action: Action, topic: &str) -> Option<Verdict> {
        let _ = (client, action, topic);
        None
    }

    /// What do the rules say? `topic` is a name to publish to, or a filter to subscribe to.
    ///
    /// # Errors
    /// The back end could not answer. What that means, `authorization.ignore_backend_failures` says.
    fn authorize<'a>(
        &'a self,
        client: &'a ClientInfo,
        action: Action,
        topic: &'a str,
    ) -> Answer<'a, Result<Verdict, BackendFailure>>;

    /// Whether its back end can be asked. One without a back end always can.
    fn status(&self) -> BackendStatus {
        BackendStatus::Connected
    }

    /// Finds out whether its back end can be asked, which [`Self::status`] tells afterwards, and takes no longer than a question.
    /// Nobody is asked where clients have brought news since the last time. `None`: it has no back end, or sees to that itself.
    fn probe(&self) -> Option<Answer<'_, ()>> {
        None
    }

    /// What its back end was asked since this was made. `None`: it has no back end, or asks it for nobody in particular.
    fn questions(&self) -> Option<BackendQuestions> {
        None
    }
}
