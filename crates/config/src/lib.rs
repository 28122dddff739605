//! The configuration of a Dunlin node: HOCON text with EMQX's keys in, a checked [`Config`] out.
//!
//! The way of a value: text and environment -> `source` (one tree; each value knows where it came from) -> `section` and
//! `rule` (types, ranges, unknown keys) -> `settings` (plain structs with real types). Everything wrong is reported at
//! once. Nothing here reads the process environment or a clock; files are read only where the text says `include`.
//!
//! ```
//! let text = r#"
//!     listeners.tcp.default.bind = "127.0.0.1:1883"
//!     mqtt.max_packet_size = 256KB
//! "#;
//! let loaded = dunlin_config::load(text, "dunlin.conf", [])?;
//! assert_eq!(loaded.config.mqtt.max_packet_size_bytes, 262_144);
//! assert!(loaded.warnings.is_empty());
//! # Ok::<(), dunlin_config::ConfigErrors>(())
//! ```

mod config;
mod error;
mod nearest;
mod rule;
mod section;
mod settings;
mod source;
mod unit;

pub use config::{Config, Loaded, load};
pub use error::{ConfigError, ConfigErrors, Warning};
pub use settings::{
    AckOverride, ConsoleLog, Delayed, DiskBudget, DurableAck, DurableSessions, ForceShutdown, LogFormatter, LogLevel,
    Mqtt, Node, QueueOverflow, QueuePriority, RetainedStorage, Retainer, SharedGroup, SharedStrategy, StickyPick,
    TcpKeepalive, TcpListener, TcpOptions,
};
pub use unit::Rate;
