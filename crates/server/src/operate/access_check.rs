//! Trying out what a client may do on this node.

use super::operated_node::{OperatedNode, refusal};
use crate::Server;
use crate::calendar;
use dunlin_access::{
    Action, Authorization, ChainOutcome, ClientAcl, ClientInfo, Credentials, DecidedBy, Decision, Password,
    RefusalCause, Rule, Ruling, Tally,
};
use dunlin_api::Refusal;
use dunlin_api::access::{AccessCheck, CheckAction, CheckBody, CheckReport, CheckedAuthentication, CheckedSource};
use dunlin_auth_built_in_database::RuleSubject;
use dunlin_broker::{Authentication, ListenerAuthentication};
use dunlin_config::{Config, Listener};
use dunlin_model::Qos;
use dunlin_topic::SubscriptionFilter;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::UNIX_EPOCH;

/// The source whose rules are in the database of the node.
const BUILT_IN_DATABASE: &str = "built_in_database";

impl AccessCheck for OperatedNode {
    fn check_access(&self, body: &CheckBody) -> Result<CheckReport, Refusal> {
        let (action, topic) = wish(body)?;
        let (client, listener) = self.node.with_config(|config| subject(body, config))?;
        let check = |server: &Server| {
            let (client, acl, authentication) = match admit(server, body, client, listener.as_ref())? {
                Admission::In(client, acl, authentication) => (client, acl, authentication),
                Admission::Refused(authentication) => return Ok(turned_away(authentication)),
            };
            let mut report = decide(server, client, acl, action, &topic)?;
            report.authentication = authentication;
            Ok(report)
        };
        self.node.with_server(check).map_err(|error| refusal(&error))?
    }
}

/// Whether a client comes in.
enum Admission {
    In(ClientInfo, Option<ClientAcl>, Option<CheckedAuthentication>),
    Refused(CheckedAuthentication),
}

/// What is to be done, and the topic as rules see it.
fn wish(body: &CheckBody) -> Result<(Action, String), Refusal> {
    let qos = Qos::from_u8(body.qos).unwrap_or_default();
    match body.action {
        CheckAction::Publish => {
            let valid = dunlin_topic::validate_name(&body.topic);
            valid.map_err(|error| Refusal::bad_request(format!("topic: {error}")))?;
            let behind = body.topic.strip_prefix("$delayed/").and_then(|rest| rest.split_once('/'));
            let topic = behind.map_or(body.topic.as_str(), |(_, topic)| topic);
            Ok((Action::Publish { qos, retain: body.retain }, topic.to_owned()))
        }
        CheckAction::Subscribe => {
            let parsed = SubscriptionFilter::parse(&body.topic);
            let parsed = parsed.map_err(|error| Refusal::bad_request(format!("topic: {error}")))?;
            Ok((Action::Subscribe { qos }, parsed.filter().to_owned()))
        }
    }
}

/// Who asks, and through which listener.
fn subject(body: &CheckBody, config: &Config) -> Result<(ClientInfo, Option<Listener>), Refusal> {
    let listener = match &body.listener {
        None => config.listeners.iter().find(|listener| listener.enable),
        Some(id) => {
            let found = config.listeners.iter().find(|listener| listener.id() == *id);
            Some(found.ok_or_else(|| Refusal::bad_request(format!("listener: there is no {id}")))?)
        }
    };
    let zone = body.zone.clone().or_else(|| listener.map(|listener| listener.zone.clone()));
    let client = ClientInfo {
        client_id: body.clientid.as_str().into(),
        username: body.username.as_deref().map(Into::into),
        peer: SocketAddr::new(body.peerhost.unwrap_or(IpAddr::V4(Ipv4Addr::LOCALHOST)), 0),
        listener: listener.map(Listener::id).unwrap_or_default().as_str().into(),
        listener_port: listener.map_or(0, |listener| listener.bind.port()),
        zone: zone.as_deref().unwrap_or("default").into(),
        attributes: body.client_attrs.clone(),
        is_superuser: body.is_superuser,
        ..ClientInfo::default()
    };
    Ok((client, listener.cloned()))
}

/// Has the authenticators of the listener asked, where there is a password.
fn admit(
    server: &Server,
    body: &CheckBody,
    client: ClientInfo,
    listener: Option<&Listener>,
) -> Result<Admission, Refusal> {
    let Some(password) = &body.password else { return Ok(Admission::In(client, None, None)) };
    let access = server.access();
    let of_listener = listener.map(|listener| access.of_listener(listener)).transpose();
    let chain: Option<Arc<Authentication>> = match of_listener.map_err(|error| Refusal::internal(error.to_string()))? {
        Some(ListenerAuthentication::Off) => None,
        Some(ListenerAuthentication::Own(own)) => Some(own),
        Some(ListenerAuthentication::Shared) | None => {
            access.authentications().into_iter().find(|(listener, _)| listener.is_none()).map(|(_, shared)| shared)
        }
    };
    let allowed = |authenticator, is_superuser| CheckedAuthentication {
        result: "allow",
        authenticator,
        is_superuser,
        reason: None,
    };
    let Some(chain) = chain else {
        let said = allowed(None, client.is_superuser);
        return Ok(Admission::In(client, None, Some(said)));
    };
    let id_of = |place: usize| chain.chain().entries().get(place).map(|entry| entry.authenticator.id().to_owned());
    let credentials = Credentials { client: client.clone(), password: Some(Password::new(password.as_bytes())) };
    let report =
        access.wait_for(chain.chain().run(&credentials)).map_err(|error| Refusal::internal(error.to_string()))?;
    Ok(match report.outcome {
        ChainOutcome::NobodyToAsk => {
            let said = allowed(None, client.is_superuser);
            Admission::In(client, None, Some(said))
        }
        ChainOutcome::Admitted(admitted) => {
            let said = allowed(id_of(admitted.by), admitted.client.is_superuser);
            Admission::In(admitted.client, admitted.acl, Some(said))
        }
        ChainOutcome::Refused { reason, cause } => Admission::Refused(CheckedAuthentication {
            result: "deny",
            authenticator: place_of(&cause).and_then(id_of),
            is_superuser: false,
            reason: Some(reason.as_str().to_owned()),
        }),
    })
}

const fn place_of(cause: &RefusalCause) -> Option<usize> {
    match cause {
        RefusalCause::Unknown => None,
        RefusalCause::Denied(place) | RefusalCause::Failed(place) | RefusalCause::BadAcl(place, _) => Some(*place),
    }
}

fn turned_away(authentication: CheckedAuthentication) -> CheckReport {
    CheckReport {
        authentication: Some(authentication),
        result: "deny",
        decided_by: "authentication".to_owned(),
        rule: None,
        sources: Vec::new(),
    }
}

fn decide(
    server: &Server,
    client: ClientInfo,
    acl: Option<ClientAcl>,
    action: Action,
    topic: &str,
) -> Result<CheckReport, Refusal> {
    let access = server.access();
    let authorization =
        access.authorization().ok_or_else(|| Refusal::unavailable("There are no rules in effect yet"))?;
    let client = Arc::new(client);
    let mut permit = authorization.permit(Arc::clone(&client), acl);
    let now = calendar::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = u64::try_from(now.as_millis()).unwrap_or(u64::MAX);
    let mut tally = Tally::default();
    let ruling = match authorization.decide_now(&mut permit, action, topic, now, &mut tally) {
        Decision::Made(ruling) => ruling,
        Decision::Open(question) => {
            let answered = access.wait_for(authorization.answer(*question, &[]));
            let answered = answered.map_err(|error| Refusal::internal(error.to_string()))?;
            tally.add(&answered.tally);
            answered.ruling
        }
    };
    let rule = match ruling.by {
        DecidedBy::ClientAcl => permit
            .acl()
            .and_then(|acl| first(acl.rules(), &authorization, &client, action, topic).map(ToString::to_string)),
        DecidedBy::Source(place) => rule_of(server, &authorization, usize::from(place), &client, action, topic),
        _ => None,
    };
    Ok(CheckReport {
        authentication: None,
        result: if ruling.is_allow() { "allow" } else { "deny" },
        decided_by: name_of(&authorization, ruling),
        rule,
        sources: asked(&authorization, &client, ruling, &tally),
    })
}

fn name_of(authorization: &Authorization, ruling: Ruling) -> String {
    match ruling.by {
        DecidedBy::Superuser => "superuser".to_owned(),
        DecidedBy::ClientAcl => "client_acl".to_owned(),
        DecidedBy::Source(place) | DecidedBy::FailureOf(place) => {
            let entry = authorization.sources().get(usize::from(place));
            entry.map_or_else(String::new, |entry| entry.source.kind().to_owned())
        }
        DecidedBy::Cache => "cache".to_owned(),
        DecidedBy::NoMatch => "no_match".to_owned(),
    }
}

/// What the sources said, up to the one that decides.
fn asked(authorization: &Authorization, client: &ClientInfo, ruling: Ruling, tally: &Tally) -> Vec<CheckedSource> {
    let sources = authorization.sources();
    let asked = match ruling.by {
        DecidedBy::Superuser | DecidedBy::ClientAcl | DecidedBy::Cache => 0,
        DecidedBy::Source(place) | DecidedBy::FailureOf(place) => usize::from(place) + 1,
        DecidedBy::NoMatch => sources.len(),
    };
    let said = sources.iter().take(asked).enumerate().map(|(place, entry)| {
        let is_for = |expression: &dunlin_expression::Expression| expression.is_true(client) == Ok(true);
        let result = if !entry.is_enabled || !entry.precondition.as_ref().is_none_or(is_for) {
            "skipped"
        } else if tally.sources.get(place).is_some_and(|said| said.failed > 0) {
            "failed"
        } else if matches!(ruling.by, DecidedBy::Source(decider) if usize::from(decider) == place) {
            if ruling.is_allow() { "allow" } else { "deny" }
        } else {
            "nomatch"
        };
        CheckedSource { kind: entry.source.kind().to_owned(), result }
    });
    said.collect()
}

/// The rule of a source that decides, where the node knows it itself.
fn rule_of(
    server: &Server,
    authorization: &Authorization,
    place: usize,
    client: &ClientInfo,
    action: Action,
    topic: &str,
) -> Option<String> {
    let source = &authorization.sources().get(place)?.source;
    if let Some(rules) = source.fixed_rules() {
        return first(rules.rules(), authorization, client, action, topic).map(ToString::to_string);
    }
    if source.kind() != BUILT_IN_DATABASE {
        return None;
    }
    let database = server.access().rules().ok()?;
    let subjects = [
        Some(RuleSubject::ClientId(&client.client_id)),
        client.username.as_deref().map(RuleSubject::Username),
        Some(RuleSubject::All),
    ];
    let rows = subjects.into_iter().flatten().filter_map(|subject| database.get(subject)).flatten();
    let about_it = |row: &dunlin_access::Row| {
        let rule = Rule::from_row(row);
        rule.is_ok_and(|rule| rule.is_about(&authorization.settings().rules, client, action, topic))
    };
    rows.into_iter().find(about_it).map(|row| serde_json::Value::Object(row).to_string())
}

fn first<'a>(
    rules: &'a [Rule],
    authorization: &Authorization,
    client: &ClientInfo,
    action: Action,
    topic: &str,
) -> Option<&'a Rule> {
    rules.iter().find(|rule| rule.is_about(&authorization.settings().rules, client, action, topic))
}
