//! A service that is not there, slow, or broken.

use crate::service::{Service, admission, ask, authenticator, credentials};
use dunlin_access::{Authenticator, BackendFailure, BackendStatus, Outcome};
use dunlin_auth_http::{HttpAuthenticator, HttpSettings};
use dunlin_real_servers::{PATIENCE, free_port};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

fn allowed() -> Outcome {
    Outcome::Allow(Box::default())
}

async fn until_allowed(way: &HttpAuthenticator) {
    let deadline = Instant::now() + PATIENCE;
    while ask(way, "alice", "right").await != allowed() {
        assert!(Instant::now() < deadline, "{:?}", way.status());
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn nobody_is_there() {
    let settings = HttpSettings::new(dunlin_auth_http::Method::Get, &format!("http://127.0.0.1:{}/", free_port()));
    let way = authenticator(&settings);
    for _ in 0..3 {
        assert!(matches!(ask(&way, "alice", "right").await, Outcome::Failed(BackendFailure::Unreachable(_))));
    }
    assert!(matches!(way.status(), BackendStatus::Disconnected(BackendFailure::Unreachable(_))));
    let nowhere = HttpSettings { url: "http://host.invalid/".into(), ..settings };
    assert!(matches!(ask(&authenticator(&nowhere), "alice", "right").await, Outcome::Failed(_)));
}

#[tokio::test]
async fn connections_are_kept_and_no_more_than_the_pool_has() {
    let service = Service::start();
    let settings = HttpSettings { pool_size: 4, ..service.settings("/connections") };
    let way = Arc::new(authenticator(&settings));
    let asking: Vec<_> = (0..200)
        .map(|_| {
            let way = Arc::clone(&way);
            tokio::spawn(async move { admission(&way, "alice").await })
        })
        .collect();
    for asked in asking {
        asked.await.expect("it is let in");
    }
    let most: usize = admission(&way, "alice").await.attributes["most"].parse().expect("a number");
    assert!((1..=4).contains(&most), "{most}");
}

#[tokio::test]
async fn a_connection_closed_behind_an_answer_costs_nobody_an_answer() {
    let service = Service::start();
    for target in ["/closes", "/hangs_up"] {
        let way = authenticator(&HttpSettings { pool_size: 1, ..service.settings(target) });
        for _ in 0..20 {
            assert_eq!(ask(&way, "alice", "right").await, allowed(), "{target}");
        }
    }
}

#[tokio::test]
async fn nonsense_is_a_failure_and_bounded() {
    let service = Service::start();
    for target in ["/long", "/breaks", "/babbles", "/endless"] {
        let way = authenticator(&service.settings(target));
        for _ in 0..3 {
            let outcome = ask(&way, "alice", "right").await;
            assert!(matches!(outcome, Outcome::Failed(BackendFailure::BadAnswer(_))), "{target}: {outcome:?}");
        }
    }
}

#[tokio::test]
async fn a_silent_one_is_given_up_at_the_deadline() {
    let service = Service::start();
    let settings = HttpSettings {
        pool_size: 2,
        max_waiting: 6,
        request_timeout: Duration::from_millis(300),
        ..service.settings("/silent")
    };
    let way = Arc::new(authenticator(&settings));
    let start = Instant::now();
    let asking: Vec<_> = (0..10)
        .map(|_| {
            let way = Arc::clone(&way);
            tokio::spawn(async move { ask(&way, "alice", "right").await })
        })
        .collect();
    let mut outcomes = Vec::new();
    for asked in asking {
        outcomes.push(asked.await.expect("no panic"));
    }
    let count = |failure: BackendFailure| {
        outcomes.iter().filter(|outcome| **outcome == Outcome::Failed(failure.clone())).count()
    };
    assert_eq!((count(BackendFailure::Timeout(300)), count(BackendFailure::Overloaded)), (2, 8), "{outcomes:?}");
    assert!(start.elapsed() < Duration::from_secs(10), "all at the same time, not one after the other");
    assert_eq!(way.status(), BackendStatus::Disconnected(BackendFailure::Timeout(300)));
}

#[tokio::test]
async fn a_dropped_question_gives_its_slot_and_its_connection_back() {
    let service = Service::start();
    let settings = HttpSettings { pool_size: 1, max_waiting: 0, ..service.settings("/silent") };
    let way = authenticator(&settings);
    let shown = credentials("alice", b"right");
    {
        let mut question = way.authenticate(&shown);
        let arrived = tokio::task::spawn_blocking(move || {
            service.process.wait_for_line("silent");
            service
        });
        let service = tokio::select! {
            outcome = &mut question => panic!("{outcome:?}"),
            service = arrived => service.expect("it arrives"),
        };
        assert_eq!(way.authenticate(&shown).await, Outcome::Failed(BackendFailure::Overloaded));
        drop(question);
        let again = way.authenticate(&shown);
        let waited = tokio::time::timeout(Duration::from_millis(50), again).await;
        assert!(waited.is_err(), "the slot is free: it is asked, and waits");
        let others = authenticator(&service.settings("/connections"));
        let deadline = Instant::now() + PATIENCE;
        while admission(&others, "alice").await.attributes["now"] != "1" {
            assert!(Instant::now() < deadline, "connections of dropped questions are closed");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_under_load_and_started_again() {
    let mut service = Service::start();
    let way = Arc::new(authenticator(&service.settings("/auth")));
    until_allowed(&way).await;
    let asking: Vec<_> = (0..20)
        .map(|_| {
            let way = Arc::clone(&way);
            tokio::spawn(async move {
                let (mut right, mut failed) = (0, 0);
                while failed == 0 || right == 0 {
                    match ask(&way, "alice", "right").await {
                        Outcome::Allow(_) if failed > 0 => right += 1,
                        Outcome::Allow(_) => {}
                        Outcome::Failed(_) => {
                            failed += 1;
                            tokio::time::sleep(Duration::from_millis(10)).await;
                        }
                        other => panic!("{other:?}"),
                    }
                }
            })
        })
        .collect();
    until_allowed(&way).await;
    service.process.kill();
    while way.status().failure().is_none() {
        let _ = ask(&way, "alice", "right").await;
    }
    service.start_again();
    for asked in asking {
        tokio::time::timeout(PATIENCE, asked).await.expect("it ends").expect("no panic");
    }
    until_allowed(&way).await;
    assert_eq!(way.status(), BackendStatus::Connected);
    assert_eq!(way.free_slots(), 8, "none is lost");
}
