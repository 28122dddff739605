//! The server: the only place that names all concrete parts. Reads the configuration, starts the broker, stops it in order.

mod commands;
mod configuration;
mod control;
mod logging;
mod memory;
mod server;
mod settings;

pub use commands::{CtlArguments, StoreArguments};
pub use configuration::{ConfigurationError, read};
pub use control::{Answerer, ControlClient, ControlError, ControlServer, StartControlError, socket_path};
pub use logging::start_logging;
pub use memory::GiveBack;
pub use server::Server;
pub use settings::{broker_settings, listener_settings};
