//! Torture: a broker is killed again and again while clients use it, started again on the same data, and everything the
//! clients saw is checked.
//!
//! - [`message`]: payloads that say which message they are.
//! - [`oracle`]: what was promised and what has come: pure.
//! - [`plan`], [`script`]: who takes part, and what they do in a cycle: drawn from a seed, pure.
//! - [`outbound`], [`inbound`]: the two halves of the client's side of a session: pure.
//! - [`client`], [`link`], [`stage`]: clients, their connections, all of them together on one thread.
//! - [`broker_process`], [`compaction`], [`run_folder`], [`run`]: the broker, its data, the cycles.
//! - [`seeds`]: runs that once failed.
//! - [`report`], [`cli`]: the program.

pub mod broker_process;
pub mod cli;
pub mod client;
pub mod clock;
pub mod compaction;
pub mod error;
pub mod inbound;
pub mod link;
pub mod message;
pub mod oracle;
pub mod outbound;
pub mod plan;
pub mod report;
pub mod run;
pub mod run_folder;
pub mod script;
pub mod seeds;
pub mod stage;
