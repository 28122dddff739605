//! Commands of EMQX that this node has nothing to do for, or that are called otherwise today.

const MISSING: &[(&[&str], &str)] = &[
    (&["rules", "schema_registry", "schema_validation"], "there is no rule engine here yet"),
    (&["plugins", "exhook"], "there are no plug-ins here yet"),
    (&["gateway", "gateway-registry", "gateway-clients", "gateway-metrics"], "there are no gateways here yet"),
    (&["rebalance", "eviction"], "a node has no cluster to give its clients to here yet"),
    (&["ds"], "durable sessions have no replicas here yet: `dunlin ctl store info` shows the store"),
    (&["license"], "there are no licences here: nothing needs one"),
    (&["mt", "a2a_registry"], "there are no namespaces here yet"),
    (&["relup"], "a new version is installed and started: `dunlin restart`"),
    (&["mnesia"], "there is no Erlang here: `dunlin ctl store info` shows the store"),
    (
        &["vm", "observer"],
        "there is no Erlang here: `dunlin ctl top` and `dunlin ctl broker stats` show what the node does",
    ),
    (&["admin"], "it is called `admins` today: `dunlin ctl admins passwd USERNAME PASSWORD`"),
    (&["session-top"], "`dunlin ctl clients list --json` has the queue of each client: mqueue_len"),
];

/// Commands beside `ctl` that ask an Erlang machine.
const OF_ERLANG: &[&str] =
    &["attach", "ertspath", "escript", "eval", "eval-ex", "remote", "remote_console", "root_dir", "rpc", "rpcterms"];

/// What `ctl trace` traced without being told to start.
const TRACED: &[&str] = &["client", "ip_address", "topic"];

/// Why a command does not exist; `None` for one that EMQX has not either. `usage` is that of the command which does not know it.
pub(super) fn why(name: &str, usage: &str) -> Option<&'static str> {
    if usage.contains("dunlin ctl trace [OPTIONS]") {
        return TRACED.contains(&name).then_some("write `start` before it: `dunlin ctl trace start topic TOPIC FILE`");
    }
    if usage.contains("dunlin ctl [OPTIONS]") {
        return MISSING.iter().find(|(names, _)| names.contains(&name)).map(|(_, why)| *why);
    }
    let is_of_erlang = usage.contains("dunlin [OPTIONS]") && OF_ERLANG.contains(&name);
    is_of_erlang
        .then_some("there is no Erlang here: `dunlin ctl` asks a running node, `dunlin help` has what else there is")
}
