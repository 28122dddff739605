//! The API of a node: its threads, its listeners, and what they serve.

use crate::api_state::ApiState;
use crate::server::Serving;
use crate::{Accounts, ApiListener, Node, ServerConfigSource, resources};
use axum::Router;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::{Builder, Runtime};

/// Threads that read requests and write answers. They never wait for anything else.
const WORKER_THREADS: usize = 1;
/// Threads that carry out requests, and may wait for a disk.
const WAITING_THREADS_MAX: usize = 8;

/// See the head of the file. Dropping it closes everything at once.
pub struct Api {
    router: Router,
    listeners: Mutex<BTreeMap<String, Serving>>,
    // Behind the listeners, which need it to close.
    runtime: Option<Runtime>,
}

impl Api {
    /// Starts the threads; nothing listens yet. `pages` are served beside the resources, with the same limits and headers.
    ///
    /// # Errors
    /// If threads cannot be started.
    pub fn new(node: Arc<dyn Node>, accounts: Arc<Accounts>, pages: Router) -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(WORKER_THREADS)
            .max_blocking_threads(WAITING_THREADS_MAX)
            .thread_name("api")
            .enable_io()
            .enable_time()
            .build()?;
        let router = resources::router(ApiState::new(node, accounts), pages);
        Ok(Self { router, listeners: Mutex::default(), runtime: Some(runtime) })
    }

    /// Serves what comes to a listener, under a name such as `http:dashboard`. One that has the name already closes.
    ///
    /// # Errors
    /// If the runtime refuses the socket.
    pub fn open(&self, name: &str, listener: ApiListener, tls: Option<ServerConfigSource>) -> io::Result<SocketAddr> {
        let runtime = self.runtime.as_ref().ok_or_else(|| io::Error::other("the API has ended"))?;
        let serving = listener.serve(runtime.handle(), self.router.clone(), tls)?;
        let address = serving.address;
        self.listeners.lock().insert(name.to_owned(), serving);
        Ok(address)
    }

    /// Closes a listener: its address is free then, and whoever waits for an answer gets it. Does not wait for that. No call for a
    /// thread that must not wait.
    pub fn close(&self, name: &str) {
        let serving = self.listeners.lock().remove(name);
        if let (Some(mut serving), Some(runtime)) = (serving, &self.runtime) {
            runtime.handle().block_on(serving.let_go());
        }
    }

    /// Where a listener listens.
    #[must_use]
    pub fn address(&self, name: &str) -> Option<SocketAddr> {
        self.listeners.lock().get(name).map(|serving| serving.address)
    }

    /// What a listener was opened with.
    #[must_use]
    pub fn settings(&self, name: &str) -> Option<crate::ListenerSettings> {
        self.listeners.lock().get(name).map(|serving| serving.settings.clone())
    }

    /// Closes all listeners; waits at most `grace` for answers that are on their way.
    pub fn stop(mut self, grace: Duration) {
        let listeners = std::mem::take(&mut *self.listeners.lock());
        let Some(runtime) = self.runtime.take() else { return };
        runtime.block_on(async {
            for serving in listeners.values() {
                serving.close();
            }
            let all = async {
                for serving in listeners.values() {
                    serving.ended().await;
                }
            };
            // Whoever has no answer by then gets none.
            let _ = tokio::time::timeout(grace, all).await;
        });
        runtime.shutdown_background();
    }
}

impl Drop for Api {
    fn drop(&mut self) {
        self.listeners.lock().clear();
        if let Some(runtime) = self.runtime.take() {
            // Not from within: a request may be what ends the API.
            runtime.shutdown_background();
        }
    }
}
