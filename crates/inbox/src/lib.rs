//! Durable sessions as a deterministic state machine: queues, subscriptions and QoS state, changed by commands from a log.
//!
//! Pure: bytes and values in, values out. The owner of the log encodes each [`Command`] into it, applies it to the [`Inbox`],
//! and from time to time writes what changed since ([`Inbox::begin_checkpoint`]) to a key-value store in one atomic batch,
//! together with the log position it reaches. A start loads that image and replays the log from there: the same commands in
//! the same order give the same state.
//!
//! The inbox holds no message and no session record: bodies lie in the log, found by their [`Place`]; records go through to
//! the key-value store. In memory are a summary of each queue and the parts of the queues that are in use.
//!
//! ```text
//!  Command ──encode──> frame of the log ──sync──> acknowledged
//!     │                     ▲
//!     └──apply──> Inbox     └── Place of each body
//!                   │ begin_checkpoint                        ┌ load_queue, load_meta (at start)
//!                   └────────> Changes ──> key-value store ───┴ load_chunk (when missing)
//! ```

mod changes;
mod chunk;
mod command;
mod decode_error;
mod effects;
mod entry;
mod inbox;
mod numbers;
mod page;
mod pending;
mod queue;
mod record;
mod references;
mod retained_changes;
mod session_table;
pub mod space;
mod stored_message;
mod wire;

pub use changes::{Change, Changes};
pub use command::{Command, Decoded, GroupMember, Recipient, encode_queue};
pub use decode_error::DecodeError;
pub use inbox::{Applied, ApplyError, Dropped, Inbox, Moved, QueueInfo, QueueTotals, Recount};
pub use numbers::{ChunkId, Place, Position, SessionNumber};
pub use page::{Page, PageEntry};
pub use record::{SessionRecord, SubscriptionRecord, WillRecord, decode_awaiting, decode_session, decode_subscription};
pub use session_table::SessionTable;
pub use space::Space;
pub use stored_message::{decode_message, encode_message, encoded_message_len};
