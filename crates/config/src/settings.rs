//! The settings, one file per root of the configuration: plain structs, their defaults and how they are read.

mod access_entry;
mod alarm;
mod api_key;
pub mod authentication;
mod authentication_settings;
mod authorization;
pub mod authorization_sources;
mod auto_subscribe;
pub mod back_end;
mod banned;
mod client_attribute;
mod conn_congestion;
mod crl_cache;
mod dashboard;
mod delayed;
mod durable_sessions;
mod etc_file;
mod flapping_detect;
mod force_shutdown;
mod limiter;
mod listener;
mod log;
mod managed_certificate;
mod mqtt;
mod node;
mod opentelemetry;
mod overload_protection;
mod prometheus;
mod psk_authentication;
mod retainer;
mod rewrite;
mod shared_group;
mod slow_subs;
mod sys_topics;
mod sysmon;
mod trace;
mod unsupported;
mod zone;

pub use access_entry::AccessEntry;
pub use alarm::{Alarm, AlarmAction};
pub use api_key::ApiKeySettings;
pub use authentication_settings::AuthenticationSettings;
pub use authorization::{AnswerCache, Authorization, DenyAction, TopicTemplateAllow, VerdictCache};
pub use auto_subscribe::AutoSubscription;
pub use banned::Banned;
pub use client_attribute::ClientAttribute;
pub use conn_congestion::ConnCongestion;
pub use crl_cache::CrlCache;
pub use dashboard::{Dashboard, DashboardListener};
pub use delayed::Delayed;
pub use durable_sessions::{AckOverride, DiskBudget, DurableAck, DurableSessions, QueueOverflow};
pub use etc_file::EtcFile;
pub use flapping_detect::FlappingDetect;
pub use force_shutdown::ForceShutdown;
pub use limiter::{Limit, Limiter, OverLimit};
pub use listener::{
    AccessRule, DeflateLevel, DeflateOptions, DeflateStrategy, EnableAuthn, IpNetwork, Listener, ListenerKind,
    OcspOptions, PartialChain, Piggyback, QuicOptions, SessionTickets, SniCertificate, SslOptions, TcpKeepalive,
    TcpOptions, TlsVersion, WebSocketOptions,
};
pub use log::{
    AuditLog, FileLog, Log, LogDestination, LogFormatter, LogHandler, LogLevel, TimeOffset, TimestampFormat,
};
pub use managed_certificate::ManagedCertificate;
pub use mqtt::{CertificatePart, Mqtt, QueuePriority};
pub use node::Node;
pub use opentelemetry::{
    EndToEndTracing, ExportBatches, Exporter, ExporterProtocol, OpenTelemetry, OpenTelemetryLogs, OpenTelemetryMetrics,
    OpenTelemetryTraces, TraceMode,
};
pub use overload_protection::OverloadProtection;
pub use prometheus::{Prometheus, PushGateway};
pub use psk_authentication::PskAuthentication;
pub use retainer::{RetainedStorage, Retainer};
pub use shared_group::{SharedGroup, SharedStrategy, StickyPick};
pub use slow_subs::{SlowSubs, SlowSubsStats};
pub use sys_topics::{SysEventMessages, SysTopics};
pub use sysmon::Sysmon;
pub use trace::Trace;
pub use zone::Zone;

pub(crate) use authentication::read_chain;
pub(crate) use auto_subscribe::read_auto_subscribe;
pub(crate) use listener::{DEFAULT_ZONE, check_listeners, default_listeners, read_listeners};
pub(crate) use log::LogDefaults;
pub(crate) use rewrite::read_rewrite_rule;
pub(crate) use shared_group::read_shared_groups;
pub(crate) use unsupported::{ROOTS, ROOTS_WITHOUT_COUNTERPART, UNSUPPORTED_ROOTS};
pub(crate) use zone::{read_zones, show_what_zones_inherit};
