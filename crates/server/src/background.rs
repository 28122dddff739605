//! Tasks that ask other systems and that no event loop waits for.

use dunlin_broker::{Task, TaskRuntime};
use std::io;
use tokio::runtime::{Builder, Runtime};

/// Threads that run such tasks. They wait mostly; what takes the processor for long goes to threads of its own.
const THREADS: usize = 2;

/// Runs tasks that ask other systems, such as the back ends of access control.
#[derive(Debug)]
pub struct Background {
    /// `None` only while it is dropped.
    runtime: Option<Runtime>,
}

impl Background {
    /// Starts its threads.
    ///
    /// # Errors
    /// The operating system gives none.
    pub fn start() -> io::Result<Self> {
        let runtime =
            Builder::new_multi_thread().worker_threads(THREADS).thread_name("background").enable_all().build()?;
        Ok(Self { runtime: Some(runtime) })
    }
}

impl TaskRuntime for Background {
    fn spawn(&self, task: Task) {
        if let Some(runtime) = &self.runtime {
            runtime.spawn(task);
        }
    }
}

impl Drop for Background {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // What is under way has nobody left to answer to.
            runtime.shutdown_background();
        }
    }
}
