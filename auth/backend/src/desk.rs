//! Where questions to a back end wait for their turn.

use crate::health::Health;
use crate::{AskError, Deadline};
use dunlin_access::{BackendFailure, BackendQuestions, BackendStatus};
use std::fmt;
use std::future::Future;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many questions a back end is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskSettings {
    /// Questions at the same time, which is the number of connections (`pool_size`); 0 counts as 1.
    pub slots: usize,
    /// Questions that wait beyond those; who comes when as many wait, or waits too long, is told [`BackendFailure::Overloaded`].
    pub max_waiting: usize,
    /// From the moment of the question to its answer: waiting, connecting and asking together.
    pub timeout: Duration,
}

impl DeskSettings {
    /// 8 slots, as EMQX's `pool_size`, and room for 10,000 that wait: a crowd that comes back after a restart.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { slots: 8, max_waiting: 10_000, timeout }
    }
}

/// Where questions to a back end wait for their turn, first come, first served; and what is known of the back end by how they end.
pub struct Desk {
    settings: DeskSettings,
    slots: Semaphore,
    places: Semaphore,
    health: Health,
}

impl Desk {
    /// A desk nobody waits at. `backend` is what the log calls the back end.
    #[must_use]
    pub fn new(backend: impl Into<String>, settings: DeskSettings) -> Self {
        let slots = settings.slots.clamp(1, Semaphore::MAX_PERMITS);
        let places = slots.saturating_add(settings.max_waiting).min(Semaphore::MAX_PERMITS);
        let (slots, places) = (Semaphore::new(slots), Semaphore::new(places));
        Self { settings, slots, places, health: Health::of(backend.into()) }
    }

    /// The end of a question that is asked now.
    #[must_use]
    pub fn deadline(&self) -> Deadline {
        Deadline::after(self.settings.timeout)
    }

    /// Polls the question when its turn has come. Dropping the future takes it back at any time.
    ///
    /// # Errors
    /// What the question ended with; [`BackendFailure::Timeout`] at the deadline; [`BackendFailure::Overloaded`] at once where
    /// too many wait, and at the deadline where more than half of the time was spent waiting: that says nothing of the back end.
    pub async fn ask<T>(&self, question: impl Future<Output = Result<T, BackendFailure>>) -> Result<T, BackendFailure> {
        let asked = async { question.await.map_err(AskError::Refused) };
        let answer = self.in_turn(self.deadline(), asked).await.map_err(BackendFailure::from);
        self.health.note(sign_of_life(&answer));
        answer
    }

    /// Asks to learn whether the back end answers. Nobody has to where questions have ended since the last time, or where all slots
    /// are taken by some.
    pub async fn probe<T>(&self, question: impl Future<Output = Result<T, BackendFailure>>) {
        if self.health.take_news() {
            return;
        }
        let Ok(_slot) = self.slots.try_acquire() else { return };
        let answer = self.deadline().limit(question).await.and_then(|answer| answer);
        self.health.note_probe(sign_of_life(&answer));
    }

    /// Waits for a slot and then for a question, until the deadline. What it ends with says nothing of the back end yet.
    pub(crate) async fn in_turn<T>(
        &self,
        deadline: Deadline,
        question: impl Future<Output = Result<T, AskError>>,
    ) -> Result<T, AskError> {
        const OVERLOADED: AskError = AskError::Refused(BackendFailure::Overloaded);
        let Ok(_place) = self.places.try_acquire() else { return Err(OVERLOADED) };
        // The semaphore is never closed; were it, nothing could be asked without a slot.
        let Ok(Ok(_slot)) = deadline.limit(self.slots.acquire()).await else { return Err(OVERLOADED) };
        let is_late = deadline.is_half_over();
        match deadline.limit(question).await.map_err(AskError::Refused).and_then(|answer| answer) {
            Err(AskError::Refused(BackendFailure::Timeout(_))) if is_late => Err(OVERLOADED),
            answer => answer,
        }
    }

    pub(crate) const fn health(&self) -> &Health {
        &self.health
    }

    /// Whether the back end answers: how the last question ended.
    #[must_use]
    pub fn status(&self) -> BackendStatus {
        self.health.status()
    }

    /// Questions that have ended so far; one that was taken back has not.
    #[must_use]
    pub fn questions(&self) -> BackendQuestions {
        self.health.questions()
    }

    /// How many slots are free, and how many places.
    #[must_use]
    pub fn free(&self) -> (usize, usize) {
        (self.slots.available_permits(), self.places.available_permits())
    }
}

/// An answer that makes no sense is an answer all the same: that the server can be asked, it shows.
fn sign_of_life<T>(answer: &Result<T, BackendFailure>) -> Result<(), &BackendFailure> {
    match answer {
        Ok(_) | Err(BackendFailure::BadAnswer(_)) => Ok(()),
        Err(failure) => Err(failure),
    }
}

impl fmt::Debug for Desk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Desk").field("settings", &self.settings).field("free", &self.free()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use BackendStatus::{Connected, Connecting, Disconnected};
    use std::future::{pending, poll_fn};
    use std::pin::{Pin, pin};
    use std::task::Poll;

    fn desk(slots: usize, max_waiting: usize) -> Desk {
        Desk::new("test", DeskSettings { slots, max_waiting, timeout: Duration::from_millis(100) })
    }

    async fn poll_once<T>(mut future: Pin<&mut impl Future<Output = T>>) {
        poll_fn(|context| {
            assert!(future.as_mut().poll(context).is_pending());
            Poll::Ready(())
        })
        .await;
    }

    #[tokio::test(start_paused = true)]
    async fn more_questions_than_places_are_refused_at_once() {
        let desk = desk(1, 1);
        let mut asked = pin!(desk.ask(pending::<Result<(), _>>()));
        let mut waiting = pin!(desk.ask(pending::<Result<(), _>>()));
        poll_once(asked.as_mut()).await;
        poll_once(waiting.as_mut()).await;
        assert_eq!(desk.ask(async { Ok(1) }).await, Err(BackendFailure::Overloaded));
        assert_eq!(desk.status(), Connecting, "being busy is no failure of the back end");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_fails_by_the_one_deadline() {
        let desk = desk(1, 1);
        let mut asked = pin!(desk.ask(pending::<Result<(), _>>()));
        poll_once(asked.as_mut()).await;
        let start = tokio::time::Instant::now();
        assert_eq!(desk.ask(async { Ok(1) }).await, Err(BackendFailure::Overloaded));
        assert!(start.elapsed() <= Duration::from_millis(101));
        assert_eq!(desk.status(), Connecting, "it was not asked");
        assert_eq!(asked.await, Err(BackendFailure::Timeout(100)));
        assert_eq!(desk.status(), Disconnected(BackendFailure::Timeout(100)));
        assert_eq!(desk.free(), (1, 2), "slot and place are free again");
        assert_eq!(desk.ask(async { Ok(2) }).await, Ok(2));
        assert_eq!(desk.status(), Connected, "it answers again");
    }

    #[tokio::test(start_paused = true)]
    async fn a_question_that_waited_most_of_its_time_says_nothing_of_the_back_end() {
        let desk = desk(1, 2);
        let takes = |millis| async move {
            tokio::time::sleep(Duration::from_millis(millis)).await;
            Ok(millis)
        };
        let answers = tokio::join!(desk.ask(takes(60)), desk.ask(takes(60)), desk.ask(takes(60)));
        assert_eq!(answers, (Ok(60), Err(BackendFailure::Overloaded), Err(BackendFailure::Overloaded)));
        assert_eq!(desk.status(), Connected, "it answers within its time");
        // Who has waited for less than half of it knows more.
        let answers = tokio::join!(desk.ask(takes(40)), desk.ask(takes(70)));
        assert_eq!(answers, (Ok(40), Err(BackendFailure::Timeout(100))));
        assert_eq!(desk.status(), Disconnected(BackendFailure::Timeout(100)));
    }

    #[tokio::test(start_paused = true)]
    async fn a_dropped_question_gives_its_place_back() {
        let desk = desk(1, 0);
        {
            let mut dropped = Box::pin(desk.ask(pending::<Result<(), _>>()));
            poll_once(dropped.as_mut()).await;
            assert_eq!(desk.ask(async { Ok(1) }).await, Err(BackendFailure::Overloaded));
        }
        assert_eq!(desk.ask(async { Ok(1) }).await, Ok(1));
    }

    #[tokio::test]
    async fn no_slot_at_all_is_one() {
        assert_eq!(desk(0, 0).ask(async { Ok(1) }).await, Ok(1));
    }

    #[tokio::test]
    async fn an_answer_of_no_use_shows_that_it_answers() {
        let desk = desk(1, 0);
        let nonsense = Err::<(), _>(BackendFailure::BadAnswer("nonsense".into()));
        assert_eq!(desk.ask(async { nonsense.clone() }).await, nonsense);
        assert_eq!(desk.status(), Connected);
        let gone = BackendFailure::Unreachable("gone".into());
        assert_eq!(desk.ask(async { Err::<(), _>(gone.clone()) }).await, Err(gone.clone()));
        assert_eq!(desk.status(), Disconnected(gone));
    }

    #[tokio::test(start_paused = true)]
    async fn somebody_is_asked_only_where_nothing_is_known() {
        let desk = desk(1, 1);
        desk.probe(async { Ok(()) }).await;
        assert_eq!(desk.status(), Connected);
        let gone = BackendFailure::Unreachable("gone".into());
        assert!(desk.ask(async { Err::<(), _>(gone.clone()) }).await.is_err());
        desk.probe(async { panic!("a client has brought news") as Result<(), _> }).await;
        assert_eq!(desk.status(), Disconnected(gone));
        desk.probe(pending::<Result<(), _>>()).await;
        assert_eq!(desk.status(), Disconnected(BackendFailure::Timeout(100)));
        let mut asked = Box::pin(desk.ask(pending::<Result<(), _>>()));
        poll_once(asked.as_mut()).await;
        desk.probe(async { panic!("all slots are taken") as Result<(), _> }).await;
        drop(asked);
        desk.probe(async { Err::<(), _>(BackendFailure::BadAnswer("nonsense".into())) }).await;
        assert_eq!((desk.status(), desk.free()), (Connected, (1, 2)), "it has answered");
    }
}
