//! Terms to rules.

use super::error::Fault;
use super::term::{Term, TermKind, TermReader};
use crate::{
    ActionKind, ActionPattern, Permission, QosSet, Rule, SecurityProfile, TextPattern, TopicPattern, Topics, Who,
    parse_network,
};
use dunlin_model::Qos;
use ipnet::IpNet;

const RULE_FORMS: &str = "write {allow, all}, {deny, all} or {allow, Who, Action, Topics}";
const WHO_FORMS: &str = "write all, {username, \"name\"}, {clientid, \"id\"}, {ipaddr, \"10.0.0.0/8\"}, {ipaddrs, [\"…\"]}, \
                         {client_attr, \"name\", \"value\"}, {zone, \"name\"}, {listener, \"tcp:default\"}, \
                         {security_profile, legacy}, {'and', [Who]} or {'or', [Who]}";
const ACTION_FORMS: &str =
    "write publish, subscribe or all, or {publish, [{qos, [0, 1]}, {retain, false}]} for some of them";
const TOPICS_FORMS: &str = "write a list such as [\"t/#\", {eq, \"t/#\"}], or all";

pub(super) fn rules(text: &str) -> Result<Vec<Rule>, Fault> {
    let mut terms = TermReader::new(text)?;
    let mut rules = Vec::new();
    while let Some(term) = terms.next()? {
        rules.push(rule(&term)?);
    }
    Ok(rules)
}

fn rule(term: &Term) -> Result<Rule, Fault> {
    let wrong = || Fault::new(term.offset, "this is no rule", RULE_FORMS);
    match term.as_tuple().ok_or_else(wrong)? {
        [permission_term, who_term] => {
            let permission = permission(permission_term)?;
            match who(who_term)? {
                who @ (Who::All | Who::SecurityProfile(_)) => Ok(Rule::about_everything(permission, who)),
                _ => Err(Fault::new(
                    who_term.offset,
                    "a rule about some clients says what they do, and with which topics",
                    format!("write {{{permission}, Who, all, all}} for everything they do"),
                )),
            }
        }
        [permission_term, who_term, action_term, topics_term] => Ok(Rule {
            permission: permission(permission_term)?,
            who: who(who_term)?,
            action: action(action_term)?,
            topics: topics(topics_term)?,
        }),
        _ => Err(wrong()),
    }
}

fn permission(term: &Term) -> Result<Permission, Fault> {
    let permission = term.as_atom().and_then(Permission::from_name);
    permission.ok_or_else(|| Fault::new(term.offset, "this is no permission", "begin a rule with allow or deny"))
}

fn who(term: &Term) -> Result<Who, Fault> {
    let wrong = || Fault::new(term.offset, "this names no clients", WHO_FORMS);
    if term.as_atom() == Some("all") {
        return Ok(Who::All);
    }
    match term.as_tuple().ok_or_else(wrong)? {
        [kind, name, value] if kind.as_atom() == Some("client_attr") => {
            let name = name.as_text().or_else(|| name.as_atom()).ok_or_else(wrong)?;
            Ok(Who::Attribute { name: name.into(), value: text_pattern(value)? })
        }
        [kind, value] => Ok(match kind.as_atom().ok_or_else(wrong)? {
            "username" | "user" => Who::Username(text_pattern(value)?),
            "clientid" | "client" => Who::ClientId(text_pattern(value)?),
            "ipaddr" => Who::Address([network(value)?].into()),
            "ipaddrs" => Who::Address(list(value, "of addresses", network)?.into()),
            "zone" => Who::Zone(text_pattern(value)?),
            "listener" => Who::Listener(text_pattern(value)?),
            "security_profile" => Who::SecurityProfile(security_profile(value)?),
            "and" => Who::And(list(value, "of clients", who)?.into()),
            "or" => Who::Or(list(value, "of clients", who)?.into()),
            _ => return Err(wrong()),
        }),
        _ => Err(wrong()),
    }
}

fn list<T>(term: &Term, of: &str, read: impl Fn(&Term) -> Result<T, Fault>) -> Result<Vec<T>, Fault> {
    let terms = term.as_list();
    let wrong = || Fault::new(term.offset, format!("a list {of} is expected here"), "put it into [ and ]");
    terms.ok_or_else(wrong)?.iter().map(read).collect()
}

fn text_pattern(term: &Term) -> Result<TextPattern, Fault> {
    if let Some(text) = term.as_text().or_else(|| term.as_atom()) {
        return Ok(TextPattern::exact(text));
    }
    if let Some([kind, expression]) = term.as_tuple()
        && let (Some("re"), Some(text)) = (kind.as_atom(), expression.as_text())
    {
        return TextPattern::regex(text).map_err(|error| {
            let remedy = "write one without look-around and back-references, and a shorter one where it is too big";
            Fault::new(expression.offset, error.to_string(), remedy)
        });
    }
    Err(Fault::new(term.offset, "a text is expected here", "write \"text\", or {re, \"^expression$\"}"))
}

fn network(term: &Term) -> Result<IpNet, Fault> {
    term.as_text().and_then(parse_network).ok_or_else(|| {
        Fault::new(term.offset, "this is no address of a network", "write \"10.0.0.1\", \"10.0.0.0/8\" or \"fd00::/8\"")
    })
}

fn security_profile(term: &Term) -> Result<SecurityProfile, Fault> {
    let profile = term.as_atom().and_then(SecurityProfile::from_name);
    profile.ok_or_else(|| Fault::new(term.offset, "this is no security profile", "write legacy or hardened"))
}

fn action(term: &Term) -> Result<ActionPattern, Fault> {
    let wrong = || Fault::new(term.offset, "this is no action", ACTION_FORMS);
    let kind = |term: &Term| term.as_atom().and_then(ActionKind::from_name).ok_or_else(wrong);
    match &term.kind {
        TermKind::Tuple(terms) => {
            let [kind_term, options] = &terms[..] else { return Err(wrong()) };
            let mut pattern = ActionPattern::of(kind(kind_term)?);
            let options = options.as_list().unwrap_or(std::slice::from_ref(options));
            options.iter().try_for_each(|option| apply_option(&mut pattern, option))?;
            Ok(pattern)
        }
        _ => Ok(ActionPattern::of(kind(term)?)),
    }
}

fn apply_option(pattern: &mut ActionPattern, option: &Term) -> Result<(), Fault> {
    let wrong =
        || Fault::new(option.offset, "this is no part of an action", "write {qos, 1}, {qos, [0, 1]} or {retain, true}");
    let Some([name, value]) = option.as_tuple() else { return Err(wrong()) };
    match name.as_atom().ok_or_else(wrong)? {
        "qos" => {
            let levels = value.as_list().unwrap_or(std::slice::from_ref(value));
            pattern.qos = levels.iter().try_fold(QosSet::NONE, |set, level| Ok(set.with(qos(level)?)))?;
        }
        "retain" if pattern.kind == ActionKind::Subscribe => {
            let remedy = "leave it out, or write publish or all";
            return Err(Fault::new(option.offset, "nobody subscribes with `retain`", remedy));
        }
        "retain" => {
            pattern.retain = match value.as_atom() {
                Some("true") => Some(true),
                Some("false") => Some(false),
                Some("all") => None,
                _ => return Err(Fault::new(value.offset, "this is no value of `retain`", "write true, false or all")),
            };
        }
        _ => return Err(wrong()),
    }
    Ok(())
}

fn qos(term: &Term) -> Result<Qos, Fault> {
    let level = match term.kind {
        TermKind::Integer(level) => u8::try_from(level).ok().and_then(Qos::from_u8),
        _ => None,
    };
    level.ok_or_else(|| Fault::new(term.offset, "this is no level of quality of service", "write 0, 1 or 2"))
}

fn topics(term: &Term) -> Result<Topics, Fault> {
    if term.as_atom() == Some("all") {
        return Ok(Topics::All);
    }
    let terms = term.as_list().ok_or_else(|| Fault::new(term.offset, "this is no list of topics", TOPICS_FORMS))?;
    Ok(Topics::Listed(terms.iter().map(topic).collect::<Result<_, _>>()?))
}

fn topic(term: &Term) -> Result<TopicPattern, Fault> {
    if let Some(text) = term.as_text() {
        return Ok(TopicPattern::new(text));
    }
    match term.as_tuple() {
        Some([kind, text]) if kind.as_atom() == Some("eq") => text.as_text().map(TopicPattern::exact),
        _ => None,
    }
    .ok_or_else(|| Fault::new(term.offset, "this is no topic", "write \"t/#\", or {eq, \"t/#\"} for this text alone"))
}
