//! Wills, when they are published: rules may have changed since CONNECT, or ended.

use super::{Worker, authorizing::without_delay};
use crate::{log_throttle::Provoked, shared::Shared};
use dunlin_access::{Action, Decision, Permit, Ruling};
use dunlin_model::Message;
use dunlin_session::Output;
use dunlin_telemetry::Metric;
use tracing::info;

impl Worker {
    /// What authorization has to know when the will of a session is published; `None` where it has no will.
    pub(super) fn keep_will_permit(&mut self, session: u32, permit: Option<Box<Permit>>) {
        if let Some(entry) = self.sessions.get_mut(session) {
            entry.will_permit = permit;
        }
    }

    /// Takes out wills that their client may not publish any more.
    pub(super) fn keep_back_wills(&mut self, shared: &Shared, session: u32, outputs: &mut Vec<Output>) {
        outputs.retain(|output| match output {
            Output::PublishWill(will) => !self.is_will_denied(shared, session, will),
            _ => true,
        });
    }

    fn is_will_denied(&mut self, shared: &Shared, session: u32, will: &Message) -> bool {
        let Some(ruling) = self.ruling_on_will(session, will).filter(|ruling| !ruling.is_allow()) else { return false };
        self.counters(shared).add(Metric::PacketsPublishAuthError, 1);
        let (client_id, topic) = (will.publisher(), will.topic());
        self.record_denied_will(client_id, topic, ruling);
        if let Some(held_back) = self.log_throttle.pass(Provoked::WillDenied, self.now) {
            let (msg, source) = ("last_will_testament_publish_denied", self.name_of(ruling.by));
            info!(msg, clientid = client_id, topic, reason = "not authorized", source, held_back);
        }
        true
    }

    /// What is said of a will now. `None` where nobody is left who could be asked, or somebody would have to be who cannot answer at
    /// once: what was decided at CONNECT holds.
    fn ruling_on_will(&mut self, session: u32, will: &Message) -> Option<Ruling> {
        let Self { access, sessions, tally, now, .. } = self;
        let authorization = access.authorization.as_ref()?;
        let mut permit = sessions.get_mut(session)?.will_permit.take()?;
        let mounted = without_delay(will.topic());
        let mountpoint = permit.client().mountpoint.clone().unwrap_or_default();
        let topic = without_delay(mounted.strip_prefix(&*mountpoint).unwrap_or(mounted));
        let action = Action::Publish { qos: will.qos(), retain: will.retain() };
        match authorization.decide_now(&mut permit, action, topic, *now, tally) {
            Decision::Made(ruling) => Some(ruling),
            Decision::Open(_) => None,
        }
    }
}
