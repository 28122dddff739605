//! Runs what the HTTP client does in the background.

use hyper::rt::Executor;
use std::future::Future;
use tracing::instrument::WithSubscriber;
use tracing::subscriber::NoSubscriber;

/// Spawns on the runtime that it is used in. What the libraries say of each frame does not get into the log: a log that is exported
/// would never end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuietExecutor;

impl<F> Executor<F> for QuietExecutor
where
    F: Future<Output: Send> + Send + 'static,
{
    fn execute(&self, future: F) {
        tokio::spawn(future.with_subscriber(NoSubscriber::new()));
    }
}
