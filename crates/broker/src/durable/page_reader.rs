//! Reads the bodies of queued messages, apart from the thread that writes: a slow read holds nobody up.

use super::{Body, DurableMail, FeedMark, HandedBack, PageEnd, Queued};
use crate::{mailbox::Mail, shared::Shared};
use dunlin_inbox::{Page, PageEntry};
use dunlin_model::ArcStr;
use dunlin_router::SessionKey;
use dunlin_storage::store::BodyReader;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::thread::JoinHandle;
use tracing::error;

/// A page of one session whose bodies are wanted.
pub(crate) struct PageJob {
    pub(crate) session: SessionKey,
    pub(crate) purpose: Purpose,
    pub(crate) page: Page,
}

/// What a page is read for.
pub(crate) enum Purpose {
    /// To be sent to the session's client.
    Feed(FeedMark),
    /// To be given to other members of this shared group.
    HandBack(ArcStr),
}

/// The thread that reads pages. Each connected session has at most one page under way, so the line is bounded by them.
pub(crate) struct PageReader {
    jobs: Option<Sender<PageJob>>,
    thread: Option<JoinHandle<()>>,
}

impl PageReader {
    #[allow(clippy::disallowed_methods, reason = "a connected session has one page under way, which bounds the line")]
    pub(crate) fn start(shared: Arc<Shared>, mut bodies: BodyReader) -> io::Result<Self> {
        let (jobs, inbound) = channel::<PageJob>();
        let thread = std::thread::Builder::new().name("page-reader".into()).spawn(move || {
            while let Ok(job) = inbound.recv() {
                let worker = usize::from(job.session.worker);
                let mail = read(&mut bodies, job);
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

fn read(bodies: &mut BodyReader, job: PageJob) -> DurableMail {
    let PageJob { session, purpose, page } = job;
    match purpose {
        Purpose::Feed(feed) => read_feed(bodies, session, feed, page),
        Purpose::HandBack(filter) => read_hand_back(bodies, session, filter, page),
    }
}

fn read_hand_back(bodies: &mut BodyReader, session: SessionKey, filter: ArcStr, page: Page) -> DurableMail {
    let next = (!page.at_tail).then_some(page.next);
    let mut messages = Vec::with_capacity(page.entries.len());
    for PageEntry { position, place, .. } in page.entries {
        match bodies.read(place) {
            Ok(message) => messages.push((position, message)),
            // Its session will find out when it comes back.
            Err(error) => error!(msg = "stored_message_unreadable", segment = place.segment, %error),
        }
    }
    let handed_back = vec![HandedBack { session, filter, messages, next }];
    DurableMail { handed_back, ..DurableMail::default() }
}

fn read_feed(bodies: &mut BodyReader, session: SessionKey, feed: FeedMark, page: Page) -> DurableMail {
    let mut mail = DurableMail::default();
    for entry in page.entries {
        let PageEntry { position, place, qos, retain, dup, received, subscription_ids, shared } = entry;
        let body = if received {
            Body::Received
        } else {
            bodies.read(place).map_or_else(
                |error| {
                    error!(msg = "stored_message_unreadable", segment = place.segment, offset = place.offset, %error);
                    Body::Lost
                },
                Body::Message,
            )
        };
        let position = Some(position);
        mail.push(Queued { session, feed, position, body, qos, retain, dup, subscription_ids, shared });
    }
    mail.pages.push(PageEnd { session, feed, next: page.next, is_up_to_date: false });
    mail
}
