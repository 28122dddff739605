//! Durable sessions: what a worker wants to have on disk, and the threads that put it there.
//!
//! A worker collects commands during a turn and hands them over as one [`Submission`] with a ticket. The committer encodes
//! all submissions that wait into the log, waits once for the disk, and then tells every worker which ticket is safe and
//! which messages were queued for its sessions. Until then the worker holds back the bytes that tell a client of success
//! ([`crate::worker`]): no acknowledgement is sent for what a crash could still undo.
//!
//! ```text
//! worker ──Submission──> committer ──> log, fdatasync ──> Inbox
//!    ▲                       │ │
//!    └──── DurableMail ──────┘ └──PageRequest──> page reader ──> bodies of messages, by DurableMail
//! ```

mod checkpoints;
mod committer;
mod directory;
mod full_sessions;
mod handle;
mod inspection;
mod mail;
mod page_reader;
mod settings;
mod spare_maker;
mod start;
mod submission;
mod upkeep;

pub(crate) use handle::{Durable, Health};
pub use inspection::{InspectError, StoreCompacted, StoreHealth, StoreInfo, StoreInspector};
pub(crate) use inspection::{StoredDelivery, deliveries, queue_lengths};
pub(crate) use mail::{Body, DurableMail, Lent, PageEnd, Queued};
pub use settings::{Ack, AckOverride, DiskBudget, DurableSettings, Overflow};
pub use start::DurableError;
pub(crate) use start::{LOG_DAMAGED, Restored, RestoredSession, open, open_with};
pub(crate) use submission::{Addressee, FeedMark, Publication, RestoredPlace, Submission, Ticket, Work};
