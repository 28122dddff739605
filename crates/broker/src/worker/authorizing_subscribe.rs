//! Which filters of a SUBSCRIBE a client gets. One with many of them is decided about in portions, where back ends have to be asked, so
//! that neither its memory nor its time in the event loop grows faster than the packet.

use super::{
    Worker,
    asking::Asking,
    authorizing::{Leave, PATIENCE_MS},
};
use crate::{log_throttle::Provoked, shared::Shared};
use dunlin_access::{Action, Answered, Decision, Question, Ruling, SourceFailure};
use dunlin_codec::Subscribe;
use dunlin_model::Millis;
use dunlin_telemetry::Metric;
use dunlin_topic::SubscriptionFilter;

/// So many filters of a packet are asked about at a time: first a few, then as many as are known already, up to this. Each portion
/// means to read the packet from its beginning.
const PORTION: std::ops::RangeInclusive<usize> = 64..=4_096;

/// How far the SUBSCRIBE in front of a connection is decided about, while back ends are asked.
pub(crate) struct Deciding {
    /// Of its filters from the first on, as far as it is known without a gap; `None` where one is no filter.
    rulings: Vec<Option<Ruling>>,
    /// Sources that have failed meanwhile.
    failed: Vec<SourceFailure>,
    /// Nobody is asked any more then.
    give_up_at: Millis,
    /// Which authorization that was.
    epoch: u32,
}

impl Worker {
    pub(super) fn leave_to_subscribe(&mut self, shared: &Shared, slot: u32, subscribe: &Subscribe<'_>) -> Leave {
        let Self { connections, sessions, access, tally, now, access_epoch, .. } = self;
        let (Some(authorization), Some(connection)) = (&access.authorization, connections.get_mut(slot)) else {
            return Leave::Gone;
        };
        let Some(entry) = sessions.get_mut(connection.session) else { return Leave::Gone };
        let kept = if connection.rare().is_some() { connection.rare_mut().deciding.take() } else { None };
        let mut deciding = kept.filter(|kept| kept.epoch == *access_epoch).unwrap_or_else(|| {
            let give_up_at = now.saturating_add(PATIENCE_MS);
            Box::new(Deciding { rulings: Vec::new(), failed: Vec::new(), give_up_at, epoch: *access_epoch })
        });
        let is_publisher = connection.rare().is_some_and(|rare| rare.permit.is_some());
        let mut permit = connection.take_permit(authorization, &entry.session);
        let answers = connection.rare().map_or(&[][..], |rare| rare.asking.answers(*access_epoch));
        let decide = |action: Action, filter: &str| authorization.decide_now(&mut permit, action, filter, *now, tally);
        let questions = deciding.go_on(subscribe, answers, decide);
        connection.keep_permit(permit, *access_epoch, is_publisher);
        if !questions.is_empty() {
            let (failed, give_up_at) = (deciding.failed.clone(), deciding.give_up_at);
            connection.rare_mut().deciding = Some(deciding);
            self.ask_sources_until(shared, slot, questions, failed, give_up_at);
            return Leave::Awaited;
        }
        connection.set_asking(Asking::Nothing);
        self.leave_by_rulings(shared, slot, subscribe, &deciding.rulings)
    }

    /// All of it is known.
    fn leave_by_rulings(
        &mut self,
        shared: &Shared,
        slot: u32,
        subscribe: &Subscribe<'_>,
        rulings: &[Option<Ruling>],
    ) -> Leave {
        let mut last_denied = None;
        for ((text, options), ruling) in subscribe.filters.iter().zip(rulings) {
            let (Some(ruling), Ok(parsed)) = (ruling, SubscriptionFilter::parse(text)) else { continue };
            let action = Action::Subscribe { qos: options.qos };
            self.trace_ruling(slot, action, parsed.filter(), *ruling);
            self.record_ruling(slot, action, parsed.filter(), *ruling);
            if !ruling.is_allow() {
                last_denied = Some((text, *ruling));
            }
        }
        let Some((filter, ruling)) = last_denied else { return Leave::Given(None) };
        let denied: Vec<bool> = rulings.iter().map(|ruling| ruling.is_some_and(|ruling| !ruling.is_allow())).collect();
        let count = denied.iter().filter(|denied| **denied).count() as u64;
        self.counters(shared).add(Metric::PacketsSubscribeAuthError, count);
        self.note_denied(slot, Provoked::SubscribeDenied, filter, ruling);
        if self.closes_when_denied(shared, slot) { Leave::Gone } else { Leave::Without(denied) }
    }
}

impl Deciding {
    /// Goes on behind what is known, until so much is open that it is enough for now. What was asked last is answered by `answers`.
    fn go_on(
        &mut self,
        subscribe: &Subscribe<'_>,
        answers: &[Answered],
        mut decide: impl FnMut(Action, &str) -> Decision,
    ) -> Vec<Question> {
        for failure in answers.iter().flat_map(|answered| &answered.failures) {
            if self.failed.iter().all(|(place, _)| *place != failure.0) {
                self.failed.push(failure.clone());
            }
        }
        let portion = self.rulings.len().clamp(*PORTION.start(), *PORTION.end());
        let (mut questions, mut answers) = (Vec::new(), answers.iter().peekable());
        for (text, options) in subscribe.filters.iter().skip(self.rulings.len()) {
            // What is no filter is refused by the session.
            let ruling = match SubscriptionFilter::parse(text) {
                Err(_) => None,
                Ok(parsed) => {
                    let (action, filter) = (Action::Subscribe { qos: options.qos }, parsed.filter());
                    // They are in the order of the filters.
                    let is_it = |answered: &&Answered| {
                        answered.question.action() == action && answered.question.topic() == filter
                    };
                    let decision = match answers.next_if(is_it) {
                        Some(answered) => Decision::Made(answered.ruling),
                        None => decide(action, filter),
                    };
                    match decision {
                        Decision::Made(ruling) => Some(ruling),
                        Decision::Open(question) => {
                            questions.push(*question);
                            if questions.len() >= portion {
                                break;
                            }
                            continue;
                        }
                    }
                }
            };
            // Behind an open one it is found out again, for little.
            if questions.is_empty() {
                self.rulings.push(ruling);
            }
        }
        questions
    }
}
