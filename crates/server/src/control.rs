//! The control socket: how `dunlin ctl` talks to a running broker.
//!
//! A Unix socket in the data folder, for the user the broker runs as and nobody else. Each line is one JSON object:
//!
//! ```text
//! -> {"command":"store.info","arguments":{}}
//! <- {"ok":{"sessions":12, …}}        or        {"error":{"message":"…"}}
//! ```
//!
//! A connection may carry several requests, one after the other. One thread serves all connections, so that whatever is asked
//! takes at most one processor from the clients; a command that would take long is made of short ones.
//!
//! Where to look: the socket `control/server.rs`, what can be asked `control/commands.rs`, the other side `control/client.rs`.

mod client;
mod commands;
mod protocol;
mod server;
mod store_commands;

pub use client::{ControlClient, ControlError};
pub use commands::Answerer;
pub use server::{ControlServer, StartControlError};

use std::path::{Path, PathBuf};

/// Name of the socket in the data folder.
const SOCKET_NAME: &str = "dunlin.sock";

/// The socket of the broker whose data folder this is.
#[must_use]
pub fn socket_path(data_dir: &Path) -> PathBuf {
    data_dir.join(SOCKET_NAME)
}
