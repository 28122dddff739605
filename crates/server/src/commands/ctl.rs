//! `dunlin ctl`: questions to a running node, and what it is told.

use super::{
    CommandError, EXIT_CODES, asker::Asker, ctl_access, ctl_admins, ctl_api_keys, ctl_banned, ctl_clients, ctl_cluster,
    ctl_conf, ctl_data, ctl_listeners, ctl_log, ctl_node, ctl_overload, ctl_retainer, ctl_slow_subs, ctl_store,
    ctl_top, ctl_topic_metrics, ctl_topics, ctl_trace, data_dir, end, tune,
};
use crate::control::ControlClient;
use clap::{Args, Subcommand};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

const EXAMPLES: &str = "\
Examples:
  dunlin ctl status                                 of the broker of the default configuration
  dunlin --config dunlin.conf ctl listeners         of the broker with this configuration
  dunlin ctl --data-dir /var/lib/dunlin log set-level debug
  dunlin ctl conf load --merge changes.hocon        set what the file says, now and for every start
  dunlin ctl conf reload                            read dunlin.conf again
  DUNLIN_NODE__DATA_DIR=/var/lib/dunlin dunlin ctl store compact";

const LOG_EXAMPLES: &str = "\
What is changed here lasts until the node stops; `log.console.level` in the configuration is for ever.

Examples:
  dunlin ctl log set-level debug
  dunlin ctl log primary-level                      what it is
  dunlin ctl log primary-level warning
  dunlin ctl log handlers list
  dunlin ctl log handlers set-level file info
  dunlin ctl log handlers stop console
  dunlin ctl log handlers start console
  dunlin ctl log outputs list
  dunlin ctl log outputs set-level file info
  dunlin ctl log outputs disable console
  dunlin ctl log outputs enable console";

/// What a node answers from its memory comes at once; one that is busy with another command may take a moment.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Arguments of `dunlin ctl`.
#[derive(Args, Debug)]
#[command(after_help = format!("{EXAMPLES}\n\n{EXIT_CODES}"))]
pub(super) struct CtlArguments {
    /// Data folder of the broker [default: `node.data_dir` of the configuration]
    #[arg(short, long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,
    /// Print JSON: an object, or one in each line where there may be many
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    subject: Subject,
}

#[derive(Subcommand, Debug)]
enum Subject {
    /// Show broker status
    Status,
    /// Show broker version, uptime and description, its statistics or metrics
    #[command(after_help = ctl_node::BROKER_EXAMPLES)]
    Broker(ctl_node::BrokerArguments),
    /// List listeners, start, stop or restart one
    #[command(after_help = ctl_listeners::EXAMPLES)]
    Listeners(ctl_listeners::ListenersArguments),
    /// Users of the API and the dashboard: list, add, passwd, mfa, del
    #[command(subcommand, after_help = ctl_admins::EXAMPLES)]
    Admins(ctl_admins::Command),
    /// Keys of the API: list, show, add, enable, disable, del
    #[command(name = "api_keys", subcommand, after_help = ctl_api_keys::EXAMPLES)]
    ApiKeys(ctl_api_keys::Command),
    /// Authenticators: whether they can be asked, and what they have said; users of the built-in databases
    #[command(after_help = ctl_access::AUTHN_EXAMPLES)]
    Authn(ctl_access::AuthnArguments),
    /// Sources of rules, and what was decided; forget verdicts that are kept; rules of the built-in database
    #[command(after_help = ctl_access::AUTHZ_EXAMPLES)]
    Authz(ctl_access::AuthzArguments),
    /// Who is kept out: list, add, del, clear
    #[command(subcommand, after_help = ctl_banned::EXAMPLES)]
    Banned(ctl_banned::Command),
    /// Clients: list, show, kick
    #[command(subcommand, after_help = ctl_clients::EXAMPLES)]
    Clients(ctl_clients::Command),
    /// Subscriptions of clients: list, show, add, del
    #[command(subcommand, after_help = ctl_topics::SUBSCRIPTIONS_EXAMPLES)]
    Subscriptions(ctl_topics::Subscriptions),
    /// Topics that somebody is subscribed to: list, show
    #[command(subcommand, after_help = ctl_topics::TOPICS_EXAMPLES)]
    Topics(ctl_topics::Topics),
    /// Subscriptions that are served slowest: list, clean
    #[command(name = "slow-subs", alias = "slow_subs", subcommand, after_help = ctl_slow_subs::EXAMPLES)]
    SlowSubs(ctl_slow_subs::Command),
    /// What happens to the messages of single topics: list, show, add, del, reset
    #[command(name = "topic-metrics", subcommand, after_help = ctl_topic_metrics::EXAMPLES)]
    TopicMetrics(ctl_topic_metrics::Command),
    /// Topics that a client has for itself: list, delete
    #[command(subcommand, after_help = ctl_topics::EXCLUSIVE_EXAMPLES)]
    Exclusive(ctl_topics::Exclusive),
    /// The cluster, which is this node: status
    #[command(subcommand, after_help = ctl_cluster::EXAMPLES)]
    Cluster(ctl_cluster::Command),
    /// Retained messages: info, topics, clean
    #[command(subcommand, after_help = ctl_retainer::EXAMPLES)]
    Retainer(ctl_retainer::Command),
    /// Show the configuration, and change it
    #[command(subcommand)]
    Conf(ctl_conf::Command),
    /// Overload protection: status, enable, disable
    #[command(subcommand, after_help = ctl_overload::EXAMPLES)]
    Olp(ctl_overload::Command),
    /// Backups of what the node was set up with: export, import, list
    #[command(subcommand, after_help = ctl_data::EXAMPLES)]
    Data(ctl_data::Command),
    /// Read certificates and keys anew
    #[command(name = "pem_cache", subcommand, after_help = ctl_listeners::PEM_CACHE_EXAMPLES)]
    PemCache(ctl_listeners::PemCacheCommand),
    /// Levels and handlers of the log
    #[command(subcommand, after_help = LOG_EXAMPLES)]
    Log(ctl_log::Command),
    /// The store of the durable sessions
    #[command(subcommand, after_help = format!("{}\n\n{EXIT_CODES}", ctl_store::EXAMPLES))]
    Store(ctl_store::Command),
    /// Trace a client, a topic or an address for half an hour
    #[command(subcommand, after_help = ctl_trace::EXAMPLES)]
    Trace(ctl_trace::Command),
    /// Traces by name
    #[command(subcommand, after_help = ctl_trace::EXAMPLES)]
    Traces(ctl_trace::NamedCommand),
    /// What the node does just now, refreshed
    #[command(after_help = ctl_top::EXAMPLES)]
    Top(ctl_top::TopArguments),
    /// Say what of this machine to change for so many connections; no node has to run
    #[command(after_help = tune::EXAMPLES)]
    Tune(tune::TuneArguments),
}

impl CtlArguments {
    /// Asks, and prints the answer. `config` is the configuration file that was named.
    pub(super) fn run(self, config: Option<&Path>) -> ExitCode {
        let Self { data_dir: named, json, subject } = self;
        end(data_dir(named, config).and_then(|folder| subject.run(&folder, config, json)))
    }
}

impl Subject {
    fn run(self, folder: &Path, config: Option<&Path>, is_json: bool) -> Result<ExitCode, CommandError> {
        let client = &Asker::new(ControlClient::new(folder), is_json);
        match self {
            Self::Status => ctl_node::status(client),
            Self::Broker(arguments) => arguments.run(client),
            Self::Listeners(arguments) => arguments.run(client),
            Self::Admins(command) => command.run(client),
            Self::ApiKeys(command) => command.run(client),
            Self::Authn(arguments) => arguments.run(client),
            Self::Authz(arguments) => arguments.run(client),
            Self::Banned(command) => command.run(client),
            Self::Clients(command) => command.run(client),
            Self::Subscriptions(command) => command.run(client),
            Self::Topics(command) => command.run(client),
            Self::SlowSubs(command) => command.run(client),
            Self::TopicMetrics(command) => command.run(client),
            Self::Exclusive(command) => command.run(client),
            Self::Cluster(command) => command.run(client),
            Self::Retainer(command) => command.run(client),
            Self::Conf(command) => command.run(client),
            Self::Olp(command) => command.run(client),
            Self::Data(command) => command.run(client),
            Self::PemCache(command) => command.run(client),
            Self::Log(command) => command.run(client),
            Self::Store(command) => command.run(client),
            Self::Trace(command) => command.run(client),
            Self::Traces(command) => command.run(client),
            Self::Top(arguments) => arguments.run(client),
            Self::Tune(arguments) => arguments.run(folder, config, is_json),
        }
    }
}

/// A text of an answer.
pub(super) fn word<'a>(value: &'a Value, key: &str) -> &'a str {
    value.get(key).and_then(Value::as_str).unwrap_or("unknown")
}

/// A number of an answer.
pub(super) fn number(value: &Value, key: &str) -> u64 {
    value.get(key).and_then(Value::as_u64).unwrap_or(0)
}

/// The texts of a list of an answer.
pub(super) fn words<'a>(value: &'a Value, key: &str) -> Vec<&'a str> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}
