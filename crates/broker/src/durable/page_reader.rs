//! Reads the bodies of queued messages, apart from the thread that writes: a slow read holds nobody up.

use super::{Body, DurableMail, FeedMark, PageEnd, Queued};
use crate::{mailbox::Mail, shared::Shared};
use dunlin_inbox::{Page, PageEntry, Place};
use dunlin_model::Message;
use dunlin_router::SessionKey;
use dunlin_storage::store::BodyReader;
use hashbrown::HashMap;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use tracing::error;

/// As many places that could not be read are remembered.
const FAILED_MAX: usize = 1024;

/// A page of one session whose bodies are wanted.
pub(crate) struct PageJob {
    pub(crate) session: SessionKey,
    pub(crate) feed: FeedMark,
    pub(crate) page: Page,
}

/// The thread that reads pages. Each connected session has at most one page under way, so the line is bounded by them.
pub(crate) struct PageReader {
    jobs: Option<Sender<PageJob>>,
    thread: Option<JoinHandle<()>>,
}

impl PageReader {
    #[allow(clippy::disallowed_methods, reason = "a connected session has one page under way, which bounds the line")]
    pub(crate) fn start(shared: Arc<Shared>, bodies: BodyReader) -> io::Result<Self> {
        let (jobs, inbound) = channel::<PageJob>();
        let mut bodies = PageBodies { bodies, failed: HashMap::new() };
        let thread = std::thread::Builder::new().name("page-reader".into()).spawn(move || {
            while let Ok(job) = inbound.recv() {
                let worker = usize::from(job.session.worker);
                let mail = bodies.read_page(job);
                // The page goes on as mail: it stays under way until the worker has opened it.
                shared.mailboxes[worker].post(Mail::Durable(mail));
            }
        })?;
        Ok(Self { jobs: Some(jobs), thread: Some(thread) })
    }

    pub(crate) fn read(&self, job: PageJob) {
        if let Some(jobs) = &self.jobs {
            // It ends only when the broker does.
            let _ = jobs.send(job);
        }
    }
}

impl Drop for PageReader {
    fn drop(&mut self) {
        self.jobs = None;
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Reads bodies, and knows where that failed.
struct PageBodies {
    bodies: BodyReader,
    /// Places that could not be read, by the session that wanted them.
    failed: HashMap<SessionKey, Place>,
}

/// What came of reading a body.
enum Reading {
    Message(Message),
    /// It may have been moved since the page was made: the place is to be asked for again.
    AskAgain,
    /// It was not moved: it cannot be read.
    Lost,
}

impl PageBodies {
    /// Compaction may move a message, and give its old segment up, while a page waits to be read. So a place that cannot be
    /// read is asked for once more; only if it is still the same the message is lost.
    fn read(&mut self, session: SessionKey, place: Place) -> Reading {
        let error = match self.bodies.read(place) {
            Ok(message) => return Reading::Message(message),
            Err(error) => error,
        };
        if self.failed.remove(&session) == Some(place) {
            error!(msg = "stored_message_unreadable", segment = place.segment, offset = place.offset, %error);
            return Reading::Lost;
        }
        if self.failed.len() >= FAILED_MAX {
            // Sessions that never came back; others only try once more than needed.
            self.failed.clear();
        }
        self.failed.insert(session, place);
        Reading::AskAgain
    }

    fn read_page(&mut self, job: PageJob) -> DurableMail {
        let PageJob { session, feed, page } = job;
        let mut mail = DurableMail::default();
        let mut next = page.next;
        for entry in page.entries {
            let PageEntry { position, place, qos, retain, dup, received, subscription_ids, shared } = entry;
            let body = if received {
                Body::Received
            } else {
                match self.read(session, place) {
                    Reading::Message(message) => Body::Message(message),
                    Reading::Lost => Body::Lost,
                    Reading::AskAgain => {
                        next = position;
                        break;
                    }
                }
            };
            let position = Some(position);
            mail.push(Queued { session, feed, position, body, qos, retain, dup, subscription_ids, shared });
        }
        mail.pages.push(PageEnd { session, feed, next, is_up_to_date: false });
        mail
    }
}
