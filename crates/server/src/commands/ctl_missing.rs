//! Commands of EMQX's `ctl` that this node has nothing to do for.

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
    (&["session-top"], "`dunlin ctl clients list --json` has the queue of each client: mqueue_len"),
];

/// Why a command does not exist; `None` for one that EMQX has not either.
pub(super) fn why(name: &str) -> Option<&'static str> {
    MISSING.iter().find(|(names, _)| names.contains(&name)).map(|(_, why)| *why)
}
