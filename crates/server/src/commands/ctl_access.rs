//! `dunlin ctl authn` and `dunlin ctl authz`.

use super::{
    CommandError,
    asker::Asker,
    ctl::{PATIENCE, number, word},
    ctl_rules,
    ctl_users::UsersArguments,
};
use clap::{Args, Subcommand};
use serde_json::{Value, json};
use std::process::ExitCode;

pub(super) const AUTHN_EXAMPLES: &str = "\
An authenticator is `disconnected` while its back end does not answer; that is found out even if no client comes.

Examples:
  dunlin ctl authn
  dunlin ctl authn --json
  dunlin ctl authn node-cache                what back ends answered a short while ago
  dunlin ctl authn users add ann --password-file -";

pub(super) const AUTHZ_EXAMPLES: &str = "\
Verdicts that are known before a client does anything, or from its cache, count for no source.

Examples:
  dunlin ctl authz
  dunlin ctl authz node-cache
  dunlin ctl authz cache-clean all            after rules in a database have changed
  dunlin ctl authz cache-clean meter-7        of one client
  dunlin ctl authz rules set username:ann 'allow all users/ann/#'";

#[derive(Args, Debug)]
pub(super) struct AuthnArguments {
    #[command(subcommand)]
    command: Option<AuthnCommand>,
}

#[derive(Subcommand, Debug)]
enum AuthnCommand {
    /// What back ends answered a short while ago, and how often that was enough
    #[command(name = "node-cache")]
    NodeCache,
    /// Users of the built-in databases: list, add, set, del, import
    Users(UsersArguments),
}

#[derive(Args, Debug)]
pub(super) struct AuthzArguments {
    #[command(subcommand)]
    command: Option<AuthzCommand>,
}

#[derive(Subcommand, Debug)]
enum AuthzCommand {
    /// What back ends answered a short while ago, and how often that was enough
    #[command(name = "node-cache")]
    NodeCache,
    /// Rules of the built-in database: list, show, set, del, import, clear
    #[command(subcommand)]
    Rules(ctl_rules::Command),
    /// Forget verdicts that are kept: of all clients, or of one
    #[command(name = "cache-clean")]
    CacheClean {
        /// `all`, `node`, or a client id
        #[arg(value_name = "all|node|CLIENTID")]
        whose: String,
        /// The name of the node, behind `node`
        node: Option<String>,
    },
}

impl AuthnArguments {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self.command {
            Some(AuthnCommand::Users(arguments)) => return arguments.run(client),
            Some(AuthnCommand::NodeCache) => return show_cache(client, "authn.node_cache"),
            None => {}
        }
        let authenticators = client.call("authn", json!({}), Some(PATIENCE))?;
        let lines = || authenticators.as_array().into_iter().flatten().map(authenticator_line).collect();
        client.show(&authenticators, lines)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl AuthzArguments {
    pub(super) fn run(self, client: &Asker) -> Result<ExitCode, CommandError> {
        match self.command {
            Some(AuthzCommand::CacheClean { whose, node }) => return clean(client, &whose, node.as_deref()),
            Some(AuthzCommand::Rules(command)) => return command.run(client),
            Some(AuthzCommand::NodeCache) => return show_cache(client, "authz.node_cache"),
            None => {}
        }
        let state = client.call("authz", json!({}), Some(PATIENCE))?;
        client.show(&state, || authorization_text(&state))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn show_cache(client: &Asker, command: &str) -> Result<ExitCode, CommandError> {
    let state = client.call(command, json!({}), Some(PATIENCE))?;
    client.show(&state, || cache_line(&state))?;
    Ok(ExitCode::SUCCESS)
}

/// `NodeCache(enable=true, count=2, memory=512, hits=5, …)`.
fn cache_line(state: &Value) -> String {
    let is_enabled = state.get("enable").and_then(Value::as_bool).unwrap_or(false);
    let names = ["count", "memory", "hits", "misses", "inserts", "evictions"];
    let counts: String = names.iter().map(|name| format!(", {name}={}", number(state, name))).collect();
    format!("NodeCache(enable={is_enabled}{counts})\n")
}

fn clean(client: &Asker, whose: &str, node: Option<&str>) -> Result<ExitCode, CommandError> {
    match (whose, node) {
        ("node", Some(node)) => {
            let status = client.call("node.status", json!({}), Some(PATIENCE))?;
            let here = word(&status, "node");
            if node != here {
                return Err(CommandError::Told(format!("there is no node '{node}': this one is '{here}', alone")));
            }
        }
        (_, Some(_)) => return Err(CommandError::Told("only `node` is followed by a name".into())),
        _ => {}
    }
    let of_client = (!matches!(whose, "all" | "node")).then_some(whose);
    client.call("authz.cache_clean", json!({"clientid": of_client}), Some(PATIENCE))?;
    client.done("ok\n")?;
    Ok(ExitCode::SUCCESS)
}

/// `Authenticator(password_based:redis, chain=global, enable=true, status=connected, total=1, …)`.
fn authenticator_line(state: &Value) -> String {
    let names = ["total", "success", "failed", "nomatch", "ignore"];
    let chain = format!("chain={}, ", word(state, "chain"));
    line("Authenticator", word(state, "id"), &chain, state, &names)
}

fn authorization_text(state: &Value) -> String {
    let sources = state.get("sources").and_then(Value::as_array).into_iter().flatten();
    let names = ["total", "allow", "deny", "nomatch", "failed", "ignore"];
    let lines: String = sources.map(|source| line("Source", word(source, "type"), "", source, &names)).collect();
    let metrics = state.get("metrics").and_then(Value::as_array).into_iter().flatten();
    let rows: String = metrics
        .filter_map(|entry| Some(format!("{:30}: {}\n", entry.get(0)?.as_str()?, entry.get(1)?.as_u64()?)))
        .collect();
    lines + &rows
}

fn line(title: &str, id: &str, chain: &str, state: &Value, names: &[&str]) -> String {
    let is_enabled = state.get("enable").and_then(Value::as_bool).unwrap_or(false);
    let counts: String = names.iter().map(|name| format!(", {name}={}", number(state, name))).collect();
    let reason = state.get("reason").and_then(Value::as_str);
    let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{title}({id}, {chain}enable={is_enabled}, status={}{counts}){reason}\n", word(state, "status"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_a_line() {
        let mut state = json!({"chain": "tcp:default", "id": "jwt", "enable": true, "status": "connected", "reason": null,
            "total": 4, "success": 2, "failed": 1, "nomatch": 0, "ignore": 1});
        let text = "Authenticator(jwt, chain=tcp:default, enable=true, status=connected, total=4, success=2, failed=1, \
                    nomatch=0, ignore=1)";
        assert_eq!(authenticator_line(&state), format!("{text}\n"));
        state["reason"] = "no answer within 5 ms".into();
        assert_eq!(authenticator_line(&state), format!("{text}: no answer within 5 ms\n"));
        let state = json!({"sources": [{"type": "file", "enable": false, "status": "connected", "total": 1, "allow": 1}],
            "metrics": [["authorization.allow", 1]]});
        let text = "Source(file, enable=false, status=connected, total=1, allow=1, deny=0, nomatch=0, failed=0, ignore=0)\n\
                    authorization.allow           : 1\n";
        assert_eq!(authorization_text(&state), text);
        let state =
            json!({"enable": true, "count": 1, "memory": 2, "hits": 3, "misses": 4, "inserts": 5, "evictions": 6});
        let text = "NodeCache(enable=true, count=1, memory=2, hits=3, misses=4, inserts=5, evictions=6)\n";
        assert_eq!(cache_line(&state), text);
    }
}
