//! Tasks that ask other systems and that no event loop waits for.

use dunlin_broker::{Task, TaskRuntime};
use parking_lot::Mutex;
use std::io;
use std::sync::OnceLock;
use tokio::runtime::{Builder, Handle, Runtime};

/// Threads that run such tasks. They wait mostly; what takes the processor for long goes to threads of its own.
const THREADS: usize = 2;

/// Runs tasks that ask other systems, such as the back ends of access control. It has no threads before somebody needs them: most
/// nodes ask nobody, and keep the memory.
#[derive(Debug, Default)]
pub struct Background {
    runtime: OnceLock<Runtime>,
    starting: Mutex<()>,
}

impl Background {
    /// One that is ready for tasks.
    ///
    /// # Errors
    /// The operating system gives no threads.
    pub fn start() -> io::Result<Self> {
        let background = Self::default();
        background.ensure_started()?;
        Ok(background)
    }

    /// Starts its threads, unless they run. Tasks that come before that are dropped.
    ///
    /// # Errors
    /// The operating system gives none.
    pub fn ensure_started(&self) -> io::Result<()> {
        let _one_at_a_time = self.starting.lock();
        if self.runtime.get().is_none() {
            let mut builder = Builder::new_multi_thread();
            let runtime = builder.worker_threads(THREADS).thread_name("background").enable_all().build()?;
            // Nobody else has set it: the lock is held.
            let _ = self.runtime.set(runtime);
        }
        Ok(())
    }

    /// Where tasks run; `None` before it was started.
    pub(crate) fn handle(&self) -> Option<&Handle> {
        self.runtime.get().map(Runtime::handle)
    }
}

impl TaskRuntime for Background {
    fn spawn(&self, task: Task) {
        if let Some(handle) = self.handle() {
            handle.spawn(task);
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
