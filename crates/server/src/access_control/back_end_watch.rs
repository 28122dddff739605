//! Looks whether back ends are there while no client asks them, and has an alarm for each that is not.
//!
//! One task does it for all, from the first back end on. It holds the list weakly, and the list holds back ends weakly: nobody lives
//! longer for being looked at.

use dunlin_access::{Authenticator, AuthorizationSource, BackendStatus};
use dunlin_broker::AlarmBell;
use parking_lot::Mutex;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinSet;
use tokio::time::Instant;

/// What clients find out, and those who look for themselves, becomes an alarm after so long at most.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Somebody who is asked by authenticators or by sources of rules.
pub(super) enum BackEnd {
    Authenticator(Weak<dyn Authenticator>),
    Source(Weak<dyn AuthorizationSource>),
}

/// A back end that is looked at.
pub(super) struct Watched {
    /// What its alarm is called.
    name: String,
    back_end: Arc<BackEnd>,
    interval: Duration,
    /// When it is looked at again.
    next: Instant,
    /// One look at a time, however long it takes.
    turn: Arc<Semaphore>,
    has_alarm: bool,
}

/// Back ends that are looked at.
pub(super) struct BackEndWatch {
    list: Mutex<List>,
    changed: Arc<Notify>,
}

#[derive(Default)]
struct List {
    watched: Vec<Watched>,
    /// There from the moment on when there is a broker that has alarms.
    bell: Option<AlarmBell>,
    is_running: bool,
}

impl BackEnd {
    /// Finds out how it is, where it does not find out by itself.
    async fn probe(&self) {
        match self {
            Self::Authenticator(authenticator) => {
                let Some(authenticator) = authenticator.upgrade() else { return };
                if let Some(probe) = authenticator.probe() {
                    probe.await;
                }
            }
            Self::Source(source) => {
                let Some(source) = source.upgrade() else { return };
                if let Some(probe) = source.probe() {
                    probe.await;
                }
            }
        }
    }

    /// `None` where it is gone.
    fn status(&self) -> Option<BackendStatus> {
        match self {
            Self::Authenticator(authenticator) => Some(authenticator.upgrade()?.status()),
            Self::Source(source) => Some(source.upgrade()?.status()),
        }
    }
}

impl Watched {
    pub(super) fn new(name: String, back_end: BackEnd, interval: Duration) -> Self {
        let (back_end, turn) = (Arc::new(back_end), Arc::new(Semaphore::new(1)));
        // The first time at once.
        Self { name, back_end, interval, next: Instant::now(), turn, has_alarm: false }
    }

    /// Raises or ends its alarm.
    fn settle(&mut self, bell: &AlarmBell) {
        match self.back_end.status() {
            // Somebody may have ended it by hand.
            Some(BackendStatus::Disconnected(failure)) if !self.has_alarm || !bell.is_active(&self.name) => {
                bell.raise(&self.name, &format!("resource down: {failure}"));
                self.has_alarm = true;
            }
            Some(BackendStatus::Connected) if self.has_alarm => {
                bell.end(&self.name);
                self.has_alarm = false;
            }
            _ => {}
        }
    }
}

impl BackEndWatch {
    /// Nobody is looked at yet.
    pub(super) fn new() -> Arc<Self> {
        Arc::new(Self { list: Mutex::default(), changed: Arc::default() })
    }

    /// From now on alarms are told here.
    pub(super) fn ring(&self, bell: AlarmBell) {
        self.list.lock().bell = Some(bell);
        self.changed.notify_one();
    }

    /// Looks at these from now on, and at once. An alarm ends whose back end is not among them.
    pub(super) fn set(self: &Arc<Self>, mut watched: Vec<Watched>, runtime: Option<&Handle>) {
        let mut list = self.list.lock();
        let alarms = list.watched.iter().filter(|earlier| earlier.has_alarm);
        let (kept, over): (Vec<_>, Vec<_>) =
            alarms.map(|earlier| earlier.name.clone()).partition(|name| watched.iter().any(|new| new.name == *name));
        watched.iter_mut().for_each(|new| new.has_alarm = kept.contains(&new.name));
        if let Some(bell) = &list.bell {
            over.iter().for_each(|name| bell.end(name));
        }
        list.watched = watched;
        self.changed.notify_one();
        if let Some(runtime) = runtime.filter(|_| !list.is_running && !list.watched.is_empty()) {
            list.is_running = true;
            runtime.spawn(look(Arc::downgrade(self), Arc::clone(&self.changed)));
        }
    }

    /// Begins to look at those whose time has come, and tells of all what is known. When to come again.
    fn begin(&self, looks: &mut JoinSet<()>) -> Instant {
        let now = Instant::now();
        let mut list = self.list.lock();
        let List { watched, bell, .. } = &mut *list;
        for watched in watched.iter_mut() {
            if let Some(bell) = bell {
                watched.settle(bell);
            }
            if now < watched.next {
                continue;
            }
            watched.next = now + watched.interval;
            if let Ok(turn) = Arc::clone(&watched.turn).try_acquire_owned() {
                let back_end = Arc::clone(&watched.back_end);
                looks.spawn(async move {
                    back_end.probe().await;
                    drop(turn);
                });
            }
        }
        watched.iter().map(|watched| watched.next).fold(now + LONGEST_PAUSE, Instant::min)
    }
}

impl Drop for BackEndWatch {
    fn drop(&mut self) {
        self.changed.notify_one();
    }
}

/// Runs until nobody has the list any more.
async fn look(watch: Weak<BackEndWatch>, changed: Arc<Notify>) {
    // Those that are under way end with this task.
    let mut looks = JoinSet::new();
    loop {
        let Some(next) = watch.upgrade().map(|watch| watch.begin(&mut looks)) else { return };
        tokio::select! {
            biased;
            Some(_) = looks.join_next() => {}
            () = changed.notified() => {}
            () = tokio::time::sleep_until(next) => {}
        }
    }
}
