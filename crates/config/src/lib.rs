//! The configuration of a Dunlin node: HOCON text with EMQX's keys in, a checked [`Config`] out.
//!
//! The way of a value: [`Sources`] (one tree; each value knows where it came from) -> `section` and `rule` (types, ranges,
//! unknown keys, keys of EMQX 4) -> `settings` (plain structs with real types). Everything wrong is reported at once.
//! Nothing here reads the process environment or a clock; files are read only where the text says `include`, and when a
//! [`Secret`] is revealed.
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

mod change;
mod config;
mod error;
mod nearest;
mod old_keys;
mod pem;
mod redaction;
mod rule;
mod secret;
mod section;
mod settings;
mod source;

pub use change::{Change, Effect, changes};
pub use config::{Config, Loaded, load};
pub use dunlin_hocon::{Node as SourceNode, Origin, unit::Rate};
pub use dunlin_rewrite::{RewriteAction, RewriteRule};
pub use error::{ConfigError, ConfigErrors, Warning};
pub use pem::Pem;
pub use redaction::without_secrets;
pub use secret::{MASK, Secret};
pub use settings::{
    AccessEntry, AccessRule, AckOverride, Alarm, AlarmAction, AnswerCache, ApiKeySettings, AuditLog,
    AuthenticationSettings, Authorization, AutoSubscription, Banned, CertificatePart, ClientAttribute, ConnCongestion,
    CrlCache, Dashboard, DashboardListener, DeflateLevel, DeflateOptions, DeflateStrategy, Delayed, DenyAction,
    DiskBudget, DurableAck, DurableSessions, EnableAuthn, EndToEndTracing, EtcFile, ExportBatches, Exporter,
    ExporterProtocol, FileLog, FlappingDetect, ForceShutdown, IpNetwork, Limit, Limiter, Listener, ListenerKind, Log,
    LogDestination, LogFormatter, LogHandler, LogLevel, ManagedCertificate, Mqtt, Node, OcspOptions, OpenTelemetry,
    OpenTelemetryLogs, OpenTelemetryMetrics, OpenTelemetryTraces, OverLimit, OverloadProtection, PartialChain,
    Piggyback, Prometheus, PskAuthentication, PushGateway, QueueOverflow, QueuePriority, QuicOptions, RetainedStorage,
    Retainer, SessionTickets, SharedGroup, SharedStrategy, SlowSubs, SlowSubsStats, SniCertificate, SslOptions,
    StickyPick, SysEventMessages, SysTopics, Sysmon, TcpKeepalive, TcpOptions, TimeOffset, TimestampFormat, TlsVersion,
    TopicTemplateAllow, Trace, TraceMode, VerdictCache, WebSocketOptions, Zone,
};
pub use settings::{authentication, authorization_sources, back_end};
pub use source::Sources;
