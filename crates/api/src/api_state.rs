//! What every resource of the API has at hand.

use crate::{Accounts, Node, Refusal};
use std::sync::Arc;

/// The node, and who may ask it. Cheap to clone.
#[derive(Clone)]
pub(crate) struct ApiState {
    node: Arc<dyn Node>,
    accounts: Arc<Accounts>,
}

impl ApiState {
    pub(crate) const fn new(node: Arc<dyn Node>, accounts: Arc<Accounts>) -> Self {
        Self { node, accounts }
    }

    /// Users, keys and who is logged in.
    pub(crate) const fn accounts(&self) -> &Arc<Accounts> {
        &self.accounts
    }

    /// The node, for what is known without waiting.
    pub(crate) fn node(&self) -> &dyn Node {
        &*self.node
    }

    /// Asks the node, on a thread that may wait.
    pub(crate) async fn ask<T: Send + 'static>(
        &self,
        ask: impl FnOnce(&dyn Node) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let node = Arc::clone(&self.node);
        wait_for(move || ask(&*node)).await
    }

    /// Does something with users and keys, on a thread that may wait.
    pub(crate) async fn with_accounts<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Accounts) -> Result<T, Refusal> + Send + 'static,
    ) -> Result<T, Refusal> {
        let accounts = Arc::clone(&self.accounts);
        wait_for(move || work(&accounts)).await
    }
}

/// Does something that may wait for a disk or compute for long. As many wait as there are connections, which have a limit.
async fn wait_for<T: Send + 'static>(work: impl FnOnce() -> Result<T, Refusal> + Send + 'static) -> Result<T, Refusal> {
    match tokio::task::spawn_blocking(work).await {
        Ok(result) => result,
        // It panicked, or the node stops.
        Err(error) => {
            tracing::error!(msg = "api_request_failed", %error);
            Err(Refusal::internal("The request was not carried out"))
        }
    }
}
