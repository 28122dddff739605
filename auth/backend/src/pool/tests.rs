//! A pool in virtual time, with a driver that does what the test says.

use super::*;
use BackendStatus::{Connected, Connecting, Disconnected};
use std::future::pending;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering::SeqCst};
use tokio::time::{Instant, advance};

/// What the back end does with a question.
#[derive(Clone, Copy, Debug)]
enum Does {
    Answer,
    Refuse,
    DoNotFit,
    Lose,
    LoseUnlessNew,
    Hang,
}

#[derive(Debug, Default)]
struct State {
    is_away: AtomicBool,
    is_stuck: AtomicBool,
    attempts: AtomicUsize,
    open: AtomicUsize,
    most_open: AtomicUsize,
    abandoned: AtomicUsize,
}

struct Connection {
    state: Arc<State>,
    questions: usize,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.state.open.fetch_sub(1, SeqCst);
    }
}

#[derive(Debug, Default)]
struct Scripted(Arc<State>);

impl Driver for Scripted {
    type Connection = Connection;
    type Question = Does;
    type Reply = usize;

    async fn connect(&self) -> Result<Connection, BackendFailure> {
        self.0.attempts.fetch_add(1, SeqCst);
        if self.0.is_stuck.load(SeqCst) {
            pending::<()>().await;
        }
        if self.0.is_away.load(SeqCst) {
            return Err(BackendFailure::Unreachable("away".into()));
        }
        let open = self.0.open.fetch_add(1, SeqCst) + 1;
        self.0.most_open.fetch_max(open, SeqCst);
        Ok(Connection { state: Arc::clone(&self.0), questions: 0 })
    }

    fn is_usable(&self, _: &Connection) -> bool {
        true
    }

    async fn ask(&self, connection: &mut Connection, question: &Does) -> Result<usize, AskError> {
        connection.questions += 1;
        match question {
            Does::LoseUnlessNew if connection.questions > 1 => Err(AskError::Lost("closed".into())),
            Does::Answer | Does::LoseUnlessNew => {
                tokio::task::yield_now().await;
                Ok(connection.questions)
            }
            Does::Refuse => Err(AskError::Refused(BackendFailure::BadAnswer("no such table".into()))),
            Does::DoNotFit => Err(AskError::Unfit("no number".into())),
            Does::Lose => Err(AskError::Lost("closed".into())),
            Does::Hang => pending().await,
        }
    }

    fn ping(&self) -> Does {
        Does::LoseUnlessNew
    }

    fn abandon(&self, connection: Connection) {
        self.0.abandoned.fetch_add(1, SeqCst);
        drop(connection);
    }
}

const TIMEOUT: Duration = Duration::from_secs(5);

fn pool(connections: usize) -> Arc<Pool<Scripted>> {
    Arc::new(Pool::new(Scripted::default(), NonZeroUsize::new(connections).expect("some"), TIMEOUT))
}

async fn ask(pool: &Pool<Scripted>, does: Does) -> Result<usize, BackendFailure> {
    pool.ask(&does, pool.deadline()).await
}

fn open(pool: &Pool<Scripted>) -> usize {
    pool.driver().0.open.load(SeqCst)
}

#[tokio::test(start_paused = true)]
async fn connections_are_used_again_and_never_more_than_allowed() {
    let pool = pool(3);
    let questions: Vec<_> = (0..100)
        .map(|_| {
            let pool = Arc::clone(&pool);
            tokio::spawn(async move { ask(&pool, Does::Answer).await })
        })
        .collect();
    for question in questions {
        assert!(question.await.expect("it ends").is_ok());
    }
    assert_eq!(pool.driver().0.most_open.load(SeqCst), 3);
    assert_eq!(pool.driver().0.attempts.load(SeqCst), 3);
    assert_eq!(pool.status(), Connected);
}

#[tokio::test(start_paused = true)]
async fn a_question_ends_in_time_and_its_connection_is_not_used_again() {
    let pool = pool(1);
    let start = Instant::now();
    assert_eq!(ask(&pool, Does::Hang).await, Err(BackendFailure::Timeout(5000)));
    assert_eq!(start.elapsed(), TIMEOUT);
    assert_eq!(pool.status(), Disconnected(BackendFailure::Timeout(5000)));
    assert_eq!((pool.driver().0.abandoned.load(SeqCst), open(&pool), pool.free_connections()), (1, 0, 1));
    assert_eq!(ask(&pool, Does::Answer).await, Ok(1));
    assert_eq!(pool.status(), Connected);
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_connection_counts_and_is_not_the_fault_of_the_back_end() {
    let pool = pool(1);
    let holder = tokio::spawn({
        let pool = Arc::clone(&pool);
        async move { ask(&pool, Does::Hang).await }
    });
    tokio::task::yield_now().await;
    advance(Duration::from_secs(2)).await;
    let start = Instant::now();
    // The connection becomes free after three seconds, and the answer never comes.
    assert_eq!(ask(&pool, Does::Hang).await, Err(BackendFailure::Overloaded));
    assert_eq!(start.elapsed(), TIMEOUT);
    assert!(holder.await.expect("it ends").is_err());
}

#[tokio::test(start_paused = true)]
async fn whoever_leaves_gives_back_everything() {
    let pool = pool(2);
    for _ in 0..100 {
        let question = tokio::spawn({
            let pool = Arc::clone(&pool);
            async move { ask(&pool, Does::Hang).await }
        });
        tokio::task::yield_now().await;
        question.abort();
        assert!(question.await.is_err());
    }
    assert_eq!((open(&pool), pool.free_connections()), (0, 2));
    assert_eq!(ask(&pool, Does::Answer).await, Ok(1));
    assert_eq!(pool.status(), Connected, "leaving says nothing of the back end");
}

#[tokio::test(start_paused = true)]
async fn a_kept_connection_that_was_closed_is_replaced_at_once() {
    let pool = pool(2);
    assert_eq!(ask(&pool, Does::Answer).await, Ok(1));
    assert_eq!(ask(&pool, Does::LoseUnlessNew).await, Ok(1));
    assert_eq!(ask(&pool, Does::Lose).await, Err(BackendFailure::Unreachable("closed".into())));
    assert_eq!(open(&pool), 0);
}

#[tokio::test(start_paused = true)]
async fn a_refused_question_keeps_its_connection() {
    let pool = pool(1);
    let refused = BackendFailure::BadAnswer("no such table".into());
    assert_eq!(ask(&pool, Does::Refuse).await, Err(refused.clone()));
    assert_eq!(pool.status(), Disconnected(refused));
    assert_eq!(ask(&pool, Does::Answer).await, Ok(2));
}

#[tokio::test(start_paused = true)]
async fn a_value_that_does_not_fit_says_nothing_of_the_back_end() {
    let pool = pool(1);
    assert_eq!(ask(&pool, Does::DoNotFit).await, Err(BackendFailure::BadAnswer("no number".into())));
    assert_eq!(pool.status(), Connected);
    assert_eq!(ask(&pool, Does::Answer).await, Ok(2), "the connection is as good as before");
}

#[tokio::test(start_paused = true)]
async fn while_the_back_end_is_away_one_question_tries_at_a_time() {
    let pool = pool(4);
    pool.driver().0.is_away.store(true, SeqCst);
    for _ in 0..1_000 {
        assert_eq!(ask(&pool, Does::Answer).await, Err(BackendFailure::Unreachable("away".into())));
        advance(Duration::from_millis(10)).await;
    }
    let attempts = pool.driver().0.attempts.load(SeqCst);
    assert!((12..=16).contains(&attempts), "{attempts} attempts in 10 s");
    pool.driver().0.is_away.store(false, SeqCst);
    advance(Duration::from_secs(2)).await;
    assert_eq!(ask(&pool, Does::Answer).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn connecting_ends_in_time_too() {
    let pool = pool(4);
    pool.driver().0.is_stuck.store(true, SeqCst);
    let start = Instant::now();
    assert_eq!(ask(&pool, Does::Answer).await, Err(BackendFailure::Timeout(5000)));
    assert_eq!(start.elapsed(), TIMEOUT);
    assert_eq!(ask(&pool, Does::Answer).await, Err(BackendFailure::Timeout(5000)));
    assert_eq!(start.elapsed(), TIMEOUT, "the next one is told at once");
}

#[tokio::test(start_paused = true)]
async fn only_so_many_may_wait() {
    let pool = pool(1);
    let mut waiting = Vec::new();
    for _ in 0..MAX_WAITING {
        let pool = Arc::clone(&pool);
        waiting.push(tokio::spawn(async move { ask(&pool, Does::Hang).await }));
    }
    while pool.desk.free().1 > 0 {
        tokio::task::yield_now().await;
    }
    assert_eq!(ask(&pool, Does::Answer).await, Err(BackendFailure::Overloaded));
    assert_eq!(pool.status(), Connecting);
    for (place, waiting) in waiting.into_iter().enumerate() {
        let failure = if place == 0 { BackendFailure::Timeout(5000) } else { BackendFailure::Overloaded };
        assert_eq!(waiting.await.expect("it ends"), Err(failure));
    }
    assert_eq!(pool.status(), Disconnected(BackendFailure::Timeout(5000)), "by the one that was asked");
    assert_eq!(ask(&pool, Does::Answer).await, Ok(1));
}

#[tokio::test(start_paused = true)]
async fn whether_it_answers_is_found_out_when_nobody_asks() {
    let pool = pool(1);
    assert_eq!(pool.status(), Connecting);
    pool.probe().await;
    assert_eq!((pool.status(), open(&pool)), (Connected, 1));
    // The connection that was kept is lost, and with it the back end.
    pool.driver().0.is_away.store(true, SeqCst);
    pool.probe().await;
    assert_eq!((pool.status(), open(&pool)), (Disconnected(BackendFailure::Unreachable("away".into())), 0));
    pool.driver().0.is_away.store(false, SeqCst);
    advance(Duration::from_secs(1)).await;
    pool.probe().await;
    assert_eq!((pool.status(), pool.free_connections()), (Connected, 1));
}
