//! The server: the only place that names all concrete parts. Reads the configuration, starts the broker, stops it in order.

mod configuration;
mod logging;
mod server;
mod settings;

pub use configuration::{ConfigurationError, read};
pub use logging::start_logging;
pub use server::Server;
pub use settings::{broker_settings, listener_settings};
