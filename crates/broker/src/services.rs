//! Services around MQTT that an operator switches on: topics that become others, and subscriptions that clients get as they come.
//! Workers keep what is in effect; where a service is off they have nothing of it.

use crate::{AutoSubscription, LiveSettings};
use dunlin_rewrite::RewriteRules;
use std::sync::Arc;

/// What is in effect. `None` is off.
#[derive(Clone, Default)]
pub(crate) struct Services {
    /// `rewrite`.
    pub(crate) rewrites: Option<Arc<RewriteRules>>,
    /// `auto_subscribe`.
    pub(crate) auto_subscriptions: Option<Arc<[AutoSubscription]>>,
}

impl Services {
    pub(crate) fn new(settings: &LiveSettings) -> Self {
        let LiveSettings { rewrite, auto_subscriptions, .. } = settings;
        Self {
            rewrites: Some(Arc::clone(rewrite)).filter(|rules| !rules.is_empty()),
            auto_subscriptions: Some(Arc::from(&**auto_subscriptions)).filter(|all: &Arc<[_]>| !all.is_empty()),
        }
    }
}
