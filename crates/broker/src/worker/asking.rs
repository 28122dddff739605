//! Questions of a connection that somebody else answers. Nothing more of it is read until then, so that its packets keep their
//! order; other connections go on.

use super::{Worker, connection::Phase};
use crate::{
    shared::Shared,
    task_runtime::{Answer, Reply},
};
use dunlin_access::{Action, Answered, Ruling};
use dunlin_model::{DisconnectReason, Millis, ReasonCode};
use dunlin_session::Fault;
use std::future::Future;
use std::sync::Arc;

/// What a connection has asked.
#[derive(Default)]
pub(crate) enum Asking {
    /// Nothing.
    #[default]
    Nothing,
    /// A question with this number is on its way.
    Waiting { number: u64, asked_at: Millis, _asker: Arc<()> },
    /// The answers are there; they hold for the packet in front, as long as the access control is the one that was asked.
    Answered { answers: Box<[Answered]>, epoch: u32 },
}

impl Asking {
    pub(crate) const fn is_nothing(&self) -> bool {
        matches!(self, Self::Nothing)
    }

    pub(crate) const fn is_waiting(&self) -> bool {
        matches!(self, Self::Waiting { .. })
    }

    /// The answers, in the order of the questions; none while they are not there.
    pub(crate) fn answers(&self, wanted_epoch: u32) -> &[Answered] {
        match self {
            Self::Answered { answers, epoch } if *epoch == wanted_epoch => answers,
            _ => &[],
        }
    }

    /// What was said of this.
    pub(crate) fn ruling_on(&self, action: Action, topic: &str, wanted_epoch: u32) -> Option<Ruling> {
        let Self::Answered { answers, epoch } = self else { return None };
        if *epoch != wanted_epoch {
            return None;
        }
        let is_it = |answered: &&Answered| answered.question.action() == action && answered.question.topic() == topic;
        answers.iter().find(is_it).map(|answered| answered.ruling)
    }
}

impl Worker {
    /// Has a task answer a question of a connection.
    pub(super) fn ask<T>(&mut self, shared: &Shared, slot: u32, task: impl FnOnce(Reply) -> T)
    where
        T: Future<Output = ()> + Send + 'static,
    {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        self.last_question += 1;
        let asker = Arc::new(());
        let reply = Reply::new(Arc::clone(&shared.mailboxes[self.index]), slot, self.last_question, &asker);
        connection.set_asking(Asking::Waiting { number: self.last_question, asked_at: self.now, _asker: asker });
        if self.spans.is_some() {
            self.span_asked(shared, slot);
        }
        match &shared.settings.runtime {
            Some(runtime) => runtime.spawn(Box::pin(task(reply))),
            // Nobody can be asked: the answer is that there is none.
            None => drop(reply),
        }
    }

    /// An answer has come.
    pub(super) fn take_answer(&mut self, shared: &Shared, slot: u32, number: u64, answer: Answer) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        let asked_at = match connection.rare().map(|rare| &rare.asking) {
            Some(Asking::Waiting { number: asked, asked_at, .. }) if *asked == number => *asked_at,
            _ => return,
        };
        connection.set_asking(Asking::Nothing);
        // It was not the client that was silent.
        connection.last_packet_at = self.now;
        // What is stored for it holds back its answers, as if its packet had just been read.
        self.storing.begin_packet(slot, connection.out.len());
        if let Some(latency) = answer.latency() {
            self.watch.latencies.observe(latency, self.now.saturating_sub(asked_at));
        }
        if self.spans.is_some() {
            self.span_answered(shared, slot, &answer);
        }
        match answer {
            Answer::Lost => self.refuse_for_now(shared, slot),
            Answer::Admission(outcome) => self.take_admission(shared, slot, outcome),
            Answer::Exchange(exchange, step) => self.take_step(shared, slot, exchange, step),
            Answer::Rulings(answers) => {
                self.take_rulings(slot, answers);
                self.go_on_admitting(shared, slot);
            }
        }
        self.storing.end_packet();
        self.read_on(shared, slot);
    }

    /// Goes on with what was read before the question.
    pub(super) fn read_on(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get_mut(slot) else { return };
        if matches!(connection.phase, Phase::Lingering) || connection.is_asking {
            return;
        }
        connection.unfinished = super::connection::Unfinished::Read;
        self.unread.push(slot);
        self.arm_connection(shared, slot);
    }

    /// Nobody could answer: what cannot be decided is refused, and the client may come again.
    fn refuse_for_now(&mut self, shared: &Shared, slot: u32) {
        let Some(connection) = self.connections.get(slot) else { return };
        let (code, reason) = (ReasonCode::ServerUnavailable, DisconnectReason::ServerUnavailable);
        match connection.phase {
            Phase::Established => {
                let fault = Fault::new(ReasonCode::ServerBusy, DisconnectReason::ServerBusy);
                self.close_with_fault(shared, slot, fault);
            }
            _ => self.with_connect(shared, slot, |worker, connect, _, _| {
                worker.refuse_connect(shared, slot, connect, code, reason);
            }),
        }
    }
}
