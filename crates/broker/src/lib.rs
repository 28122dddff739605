//! The meeting room: workers that own connections and sessions, and what they share.
//!
//! A client id belongs to one worker (by its hash) for as long as the broker runs, so its connection, its session and any
//! takeover are handled by one thread without a lock. Workers share the router and the retained store behind read-write
//! locks that are never held across a system call, and hand each other messages in batches.
//!
//! Where to look: one turn of the event loop `worker.rs`; bytes in `worker/reading.rs`, bytes out `worker/writing.rs`; CONNECT
//! `worker/connecting.rs`; who gets a message `worker/routing.rs`; SUBSCRIBE `worker/subscribing.rs`; ends `worker/closing.rs`;
//! what operators see and do `clients.rs`.

mod acceptor;
mod active_listener;
mod alarm_bell;
mod announcer;
mod authentication;
mod banned;
mod broker;
mod clients;
mod clock;
mod drops;
mod durable;
mod entrance;
mod kept_messages;
mod latencies;
mod limits;
mod listener_stats;
mod listening;
mod live_settings;
mod log_throttle;
mod mailbox;
mod overload;
mod publishing;
mod readings;
mod route_cache;
mod sent_counts;
mod services;
mod settings;
mod shared;
mod slab;
mod slow_subscriptions;
mod spans;
mod task_runtime;
mod timelines;
mod timers;
mod topic_metrics;
mod traces;
mod worker;

pub use alarm_bell::AlarmBell;
pub use announcer::Announcer;
pub use authentication::{AccessControl, Authentication};
pub use banned::{BanKeeper, Bans};
pub use broker::{Broker, StartError};
pub use clients::{
    AskError, ClientCursor, ClientDrops, ClientFacts, ClientFilter, ClientPage, Clients, KeptVerdict, Span,
    Subscribing, SubscriptionFacts, SubscriptionPage, SubscriptionQuery, TopicFacts, TopicPage,
};
pub use dunlin_telemetry::{Alarm, AlarmDetail, AlarmMemory, Metric};
pub use durable::{
    Ack, AckOverride, DiskBudget, DurableError, DurableSettings, InspectError, Overflow, StoreCompacted, StoreHealth,
    StoreInfo, StoreInspector,
};
pub use entrance::Entrance;
pub use kept_messages::{DelayedFacts, DelayedMessages, DelayedPage, RetainedMessages, RetainedPage};
pub use limits::{ConnectionQuota, Limits, OverLimit, ZoneLimits};
pub use listening::ListenerReport;
pub use live_settings::{AbsentSettings, AlarmSettings, ClientEvent, LiveSettings};
pub use overload::OverloadSettings;
pub use publishing::{OutsideMessage, Published, Publisher};
pub use readings::{Gauge, Readings};
pub use settings::{
    Access, AutoSubscription, BrokerSettings, ClientAttribute, FlappingSettings, ListenerAuthentication,
    ListenerSettings, RetainerSettings, ZoneSettings,
};
pub use slow_subscriptions::{SLOW_SUBSCRIPTIONS_MAX, SlowSubscription, SlowSubscriptions, SlowSubscriptionsSettings};
pub use spans::{EndToEnd, SpanMode, SpanSet, SpanSink, SpanSwitch};
pub use task_runtime::{Task, TaskRuntime};
pub use timelines::{ClientTimeline, TimelineEntry, TimelineEvent, TimelineVerdict};
pub use topic_metrics::{TOPIC_METRIC_NAMES, TOPIC_METRICS_MAX, TopicMetrics, TopicMetricsError, TopicReport};
pub use traces::{PayloadEncoding, PayloadView, Trace, TraceRecord, TraceSet, TraceSink, TraceSubject, TraceSwitch};
pub use worker::decode_delayed;
