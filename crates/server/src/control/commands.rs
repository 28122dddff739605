//! What can be asked over the control socket.

use super::answerer::{Answerer, Phase, Running};
use super::protocol::Request;
use super::{
    access_commands, admin_commands, api_key_commands, audited, banned_commands, client_commands, conf_commands,
    data_commands, listener_commands, log_commands, node_commands, overload_commands, retainer_commands, rule_commands,
    slow_subs_commands, store_commands, topic_metrics_commands, trace_commands, user_commands,
};
use crate::calendar;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// Carries out a command.
enum Handler {
    /// At any time.
    Always(fn(&Answerer, &Value) -> Result<Value, String>),
    /// While clients are served.
    Running(fn(&Answerer, &Running, &Value) -> Result<Value, String>),
}

/// All commands, in the order of the alphabet.
const COMMANDS: &[(&str, Handler)] = &[
    ("admins.add", Handler::Running(admin_commands::add)),
    ("admins.del", Handler::Running(admin_commands::delete)),
    ("admins.list", Handler::Running(admin_commands::list)),
    ("admins.mfa", Handler::Running(admin_commands::set_mfa)),
    ("admins.passwd", Handler::Running(admin_commands::set_password)),
    ("api_keys.add", Handler::Running(api_key_commands::add)),
    ("api_keys.del", Handler::Running(api_key_commands::delete)),
    ("api_keys.list", Handler::Running(api_key_commands::list)),
    ("api_keys.show", Handler::Running(api_key_commands::show)),
    ("api_keys.switch", Handler::Running(api_key_commands::switch)),
    ("authn", Handler::Running(access_commands::authenticators)),
    ("authn.node_cache", Handler::Running(access_commands::login_cache)),
    ("authn.users.add", Handler::Running(user_commands::add)),
    ("authn.users.delete", Handler::Running(user_commands::delete)),
    ("authn.users.import", Handler::Running(user_commands::import)),
    ("authn.users.list", Handler::Running(user_commands::list)),
    ("authn.users.update", Handler::Running(user_commands::update)),
    ("authz", Handler::Running(access_commands::authorization)),
    ("authz.cache_clean", Handler::Running(access_commands::clean_verdicts)),
    ("authz.node_cache", Handler::Running(access_commands::verdict_cache)),
    ("authz.rules.clear", Handler::Running(rule_commands::clear)),
    ("authz.rules.delete", Handler::Running(rule_commands::delete)),
    ("authz.rules.list", Handler::Running(rule_commands::list)),
    ("authz.rules.set", Handler::Running(rule_commands::set)),
    ("authz.rules.show", Handler::Running(rule_commands::show)),
    ("banned.add", Handler::Running(banned_commands::add)),
    ("banned.clear", Handler::Running(banned_commands::clear)),
    ("banned.delete", Handler::Running(banned_commands::delete)),
    ("banned.list", Handler::Running(banned_commands::list)),
    ("clients.kick", Handler::Running(client_commands::kick)),
    ("clients.list", Handler::Running(client_commands::list)),
    ("clients.show", Handler::Running(client_commands::show)),
    ("clients.timeline", Handler::Running(client_commands::timeline)),
    ("conf.keys", Handler::Running(conf_commands::keys)),
    ("conf.load", Handler::Running(conf_commands::load)),
    ("conf.reload", Handler::Running(conf_commands::reload)),
    ("conf.remove", Handler::Running(conf_commands::remove)),
    ("conf.show", Handler::Running(conf_commands::show)),
    ("data.export", Handler::Running(data_commands::export)),
    ("data.import", Handler::Running(data_commands::import)),
    ("data.list", Handler::Running(data_commands::list)),
    ("exclusive.delete", Handler::Running(client_commands::end_exclusive)),
    ("exclusive.list", Handler::Running(client_commands::exclusive)),
    ("listeners", Handler::Running(listener_commands::list)),
    ("listeners.restart", Handler::Running(listener_commands::restart)),
    ("listeners.start", Handler::Running(listener_commands::start)),
    ("listeners.stop", Handler::Running(listener_commands::stop)),
    ("log.handlers", Handler::Always(log_commands::handlers)),
    ("log.primary_level", Handler::Always(log_commands::primary_level)),
    ("log.set_handler_level", Handler::Always(log_commands::set_handler_level)),
    ("log.set_level", Handler::Always(log_commands::set_level)),
    ("log.start_handler", Handler::Always(log_commands::start_handler)),
    ("log.stop_handler", Handler::Always(log_commands::stop_handler)),
    ("node.metrics", Handler::Running(node_commands::metrics)),
    ("node.stats", Handler::Running(node_commands::stats)),
    ("node.status", Handler::Always(node_commands::status)),
    ("overload.status", Handler::Running(overload_commands::status)),
    ("pem_cache.clean", Handler::Running(listener_commands::clean_pem_cache)),
    ("retainer.clean", Handler::Running(retainer_commands::clean)),
    ("retainer.info", Handler::Running(retainer_commands::info)),
    ("retainer.topics", Handler::Running(retainer_commands::topics)),
    ("slow_subs.clean", Handler::Running(slow_subs_commands::clean)),
    ("slow_subs.list", Handler::Running(slow_subs_commands::list)),
    ("store.compact", Handler::Running(store_commands::compact)),
    ("store.info", Handler::Running(store_commands::info)),
    ("store.verify", Handler::Running(store_commands::verify)),
    ("subscriptions.add", Handler::Running(client_commands::subscribe)),
    ("subscriptions.del", Handler::Running(client_commands::unsubscribe)),
    ("subscriptions.list", Handler::Running(client_commands::subscriptions)),
    ("subscriptions.show", Handler::Running(client_commands::subscriptions_of)),
    ("topic_metrics.add", Handler::Running(topic_metrics_commands::add)),
    ("topic_metrics.del", Handler::Running(topic_metrics_commands::delete)),
    ("topic_metrics.list", Handler::Running(topic_metrics_commands::list)),
    ("topic_metrics.reset", Handler::Running(topic_metrics_commands::reset)),
    ("topics.list", Handler::Running(client_commands::topics)),
    ("topics.show", Handler::Running(client_commands::topic)),
    ("traces.delete", Handler::Running(trace_commands::delete)),
    ("traces.list", Handler::Running(trace_commands::list)),
    ("traces.start", Handler::Running(trace_commands::start)),
    ("traces.stop", Handler::Running(trace_commands::stop)),
];

/// Carries out what is asked, and writes down what changes something; the error is for people.
pub(super) fn carry_out(answerer: &Answerer, request: &Request, user_id: Option<u32>) -> Result<Value, String> {
    if !audited::is_audited(answerer, &request.command) {
        return find_and_carry_out(answerer, request);
    }
    let began = calendar::now();
    let result = find_and_carry_out(answerer, request);
    audited::write(answerer, request, user_id, began, &result);
    result
}

fn find_and_carry_out(answerer: &Answerer, request: &Request) -> Result<Value, String> {
    let Some((_, handler)) = COMMANDS.iter().find(|(name, _)| *name == request.command) else {
        let known: Vec<_> = COMMANDS.iter().map(|(name, _)| *name).collect();
        return Err(format!("there is no command `{}`: this broker knows {}", request.command, known.join(", ")));
    };
    match handler {
        Handler::Always(handler) => handler(answerer, &request.arguments),
        Handler::Running(handler) => match answerer.phase() {
            Phase::Running(running) => handler(answerer, &running, &request.arguments),
            Phase::Starting => Err("the node is starting: ask again when `dunlin ping` says pong".into()),
            Phase::Stopping => Err("the node is stopping".into()),
        },
    }
}

/// Arguments of a command as a type; null stands for none.
pub(super) fn arguments<T: DeserializeOwned>(arguments: &Value) -> Result<T, String> {
    let none = Value::Object(serde_json::Map::new());
    let arguments = if arguments.is_null() { &none } else { arguments };
    T::deserialize(arguments).map_err(|error| format!("the arguments are not understood: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_in_order_so_that_there_is_one_of_each() {
        assert!(COMMANDS.is_sorted_by(|(one, _), (other, _)| one < other));
    }
}
