//! Where questions to a back end wait for their turn.

use dunlin_access::BackendFailure;
use parking_lot::Mutex;
use std::fmt;
use std::future::Future;
use std::time::Duration;
use tokio::sync::Semaphore;

/// How many questions a back end is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeskSettings {
    /// Questions at the same time, which is the number of connections (`pool_size`); 0 counts as 1.
    pub slots: usize,
    /// Questions that wait beyond those; who comes when as many wait is told [`BackendFailure::Overloaded`].
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

/// Where questions to a back end wait for their turn, first come, first served.
pub struct Desk {
    settings: DeskSettings,
    slots: Semaphore,
    places: Semaphore,
    last_failure: Mutex<Option<BackendFailure>>,
}

impl Desk {
    /// A desk nobody waits at.
    #[must_use]
    pub fn new(settings: DeskSettings) -> Self {
        let slots = settings.slots.clamp(1, Semaphore::MAX_PERMITS);
        let places = slots.saturating_add(settings.max_waiting).min(Semaphore::MAX_PERMITS);
        Self { settings, slots: Semaphore::new(slots), places: Semaphore::new(places), last_failure: Mutex::new(None) }
    }

    /// Polls the question when its turn has come. Dropping the future takes it back at any time.
    ///
    /// # Errors
    /// What the question ended with; [`BackendFailure::Timeout`] at the deadline; [`BackendFailure::Overloaded`] at once where
    /// too many wait.
    pub async fn ask<T>(&self, question: impl Future<Output = Result<T, BackendFailure>>) -> Result<T, BackendFailure> {
        let Ok(_place) = self.places.try_acquire() else { return Err(BackendFailure::Overloaded) };
        let in_turn = async {
            // The semaphore is never closed; were it, nothing could be asked without a slot.
            let _slot = self.slots.acquire().await.map_err(|_| BackendFailure::Overloaded)?;
            question.await
        };
        let answer = match tokio::time::timeout(self.settings.timeout, in_turn).await {
            Ok(answer) => answer,
            Err(_) => {
                Err(BackendFailure::Timeout(u64::try_from(self.settings.timeout.as_millis()).unwrap_or(u64::MAX)))
            }
        };
        self.note(answer.as_ref().err());
        answer
    }

    /// An answer that makes no sense is an answer all the same: that the server can be asked, it shows.
    fn note(&self, failure: Option<&BackendFailure>) {
        let failure = failure.filter(|failure| !matches!(failure, BackendFailure::BadAnswer(_)));
        let mut last = self.last_failure.lock();
        if last.as_ref() != failure {
            *last = failure.cloned();
        }
    }

    /// Whether the back end answers.
    ///
    /// # Errors
    /// How the last question failed, while none has been answered since.
    pub fn status(&self) -> Result<(), BackendFailure> {
        self.last_failure.lock().clone().map_or(Ok(()), Err)
    }

    /// How many slots are free, and how many places.
    #[must_use]
    pub fn free(&self) -> (usize, usize) {
        (self.slots.available_permits(), self.places.available_permits())
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
    use std::future::{pending, poll_fn};
    use std::pin::{Pin, pin};
    use std::task::Poll;

    fn desk(slots: usize, max_waiting: usize) -> Desk {
        Desk::new(DeskSettings { slots, max_waiting, timeout: Duration::from_millis(100) })
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
        assert_eq!(desk.status(), Ok(()), "being busy is no failure of the back end");
    }

    #[tokio::test(start_paused = true)]
    async fn who_waits_too_long_fails_by_the_one_deadline() {
        let desk = desk(1, 1);
        let mut asked = pin!(desk.ask(pending::<Result<(), _>>()));
        poll_once(asked.as_mut()).await;
        let start = tokio::time::Instant::now();
        assert_eq!(desk.ask(async { Ok(1) }).await, Err(BackendFailure::Timeout(100)));
        assert!(start.elapsed() <= Duration::from_millis(101));
        assert_eq!(desk.status(), Err(BackendFailure::Timeout(100)));
        assert_eq!(asked.await, Err(BackendFailure::Timeout(100)));
        assert_eq!(desk.free(), (1, 2), "slot and place are free again");
        assert_eq!(desk.ask(async { Ok(2) }).await, Ok(2));
        assert_eq!(desk.status(), Ok(()), "it answers again");
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
        assert_eq!(desk.status(), Ok(()));
        let gone = BackendFailure::Unreachable("gone".into());
        assert_eq!(desk.ask(async { Err::<(), _>(gone.clone()) }).await, Err(gone.clone()));
        assert_eq!(desk.status(), Err(gone));
    }
}
