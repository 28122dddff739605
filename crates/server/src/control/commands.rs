//! What can be asked over the control socket.

use super::{
    protocol::{Reply, Request},
    store_commands,
};
use dunlin_broker::{Broker, StoreInspector};
use serde_json::Value;

/// What commands work with.
pub(super) struct Context {
    pub(super) store: StoreInspector,
}

/// Carries out a command.
type Handler = fn(&Context, &Value) -> Result<Value, String>;

/// All commands, in the order of the alphabet.
const COMMANDS: &[(&str, Handler)] = &[
    ("store.compact", store_commands::compact),
    ("store.info", store_commands::info),
    ("store.verify", store_commands::verify),
];

/// Answers requests about one broker.
pub struct Answerer {
    context: Context,
}

impl Answerer {
    /// For this broker.
    #[must_use]
    pub fn new(broker: &Broker) -> Self {
        Self { context: Context { store: broker.store_inspector() } }
    }

    /// Answers a line.
    pub(super) fn answer(&self, line: &[u8]) -> Reply {
        let request: Request = match serde_json::from_slice(line) {
            Ok(request) => request,
            Err(error) => return Reply::error(format!("the request is not understood: {error}")),
        };
        let Some((_, handler)) = COMMANDS.iter().find(|(name, _)| *name == request.command) else {
            let known: Vec<_> = COMMANDS.iter().map(|(name, _)| *name).collect();
            let message = format!("there is no command `{}`: this broker knows {}", request.command, known.join(", "));
            return Reply::error(message);
        };
        handler(&self.context, &request.arguments).map_or_else(Reply::error, Reply::Ok)
    }
}
