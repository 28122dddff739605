//! The mountpoint of a listener as it is configured, and what it is for one client.

use crate::{Mountpoint, MountpointError};
use std::{borrow::Cow, net::IpAddr};

/// What the placeholders of a mountpoint stand for. One that stands for nothing (`None`, or an attribute that is not there) stays
/// in the text as it is written.
#[derive(Clone, Copy, Debug, Default)]
pub struct Placeholders<'a> {
    /// `${clientid}`
    pub client_id: Option<&'a str>,
    /// `${username}`
    pub username: Option<&'a str>,
    /// `${endpoint_name}`: of a client that came by a gateway.
    pub endpoint_name: Option<&'a str>,
    /// `${peerhost}`
    pub peer_host: Option<IpAddr>,
    /// `${zone}`
    pub zone: Option<&'a str>,
    /// `${client_attrs.NAME}`: names and values.
    pub client_attributes: &'a [(&'a str, &'a str)],
}

/// The mountpoint that a template such as `site-1/${username}/` is for one client; `None` when the template is empty. Values are
/// not searched for placeholders again.
///
/// To check a template without a client, resolve it with `Placeholders::default()`.
///
/// # Errors
/// What [`Mountpoint::new`] refuses, and values that would let a client choose its topics by its name: those with `+`, `#` or
/// U+0000, those with `/`, because behind `${clientid}/` the topics of `a/b` would be among those of `a`, and those with `$` in
/// front where the mountpoint begins with them. EMQX admits them all here, and none of them in the topics of its access rules.
pub fn resolve_mountpoint(
    template: &str,
    placeholders: &Placeholders<'_>,
) -> Result<Option<Mountpoint>, MountpointError> {
    if template.is_empty() {
        return Ok(None);
    }
    let mut resolved = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once("${") {
        resolved.push_str(before);
        let found = behind.split_once('}').and_then(|(name, after)| Some((name, placeholders.value(name)?, after)));
        if let Some((name, value, after)) = found {
            check_value(name, &value, resolved.is_empty())?;
            resolved.push_str(&value);
            rest = after;
        } else {
            resolved.push_str("${");
            rest = behind;
        }
    }
    resolved.push_str(rest);
    Mountpoint::new(&resolved).map(Some)
}

impl<'a> Placeholders<'a> {
    fn value(&self, name: &str) -> Option<Cow<'a, str>> {
        let text = match name {
            "clientid" => self.client_id,
            "username" => self.username,
            "endpoint_name" => self.endpoint_name,
            "peerhost" => return self.peer_host.map(|host| Cow::Owned(host.to_string())),
            "zone" => self.zone,
            _ => {
                let wanted = name.strip_prefix("client_attrs.")?;
                self.client_attributes.iter().find(|(known, _)| *known == wanted).map(|(_, value)| *value)
            }
        };
        text.map(Cow::Borrowed)
    }
}

fn check_value(name: &str, value: &str, is_at_beginning: bool) -> Result<(), MountpointError> {
    let is_forbidden = |character: &char| matches!(character, '+' | '#' | '/' | '\0');
    let dollar = Some('$').filter(|_| is_at_beginning && value.starts_with('$'));
    match dollar.or_else(|| value.chars().find(is_forbidden)) {
        Some(character) => Err(MountpointError::Value { placeholder: name.to_owned(), character }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLIENT: Placeholders<'static> = Placeholders {
        client_id: Some("c1"),
        username: Some("ann"),
        endpoint_name: Some("lamp"),
        peer_host: Some(IpAddr::V4(std::net::Ipv4Addr::LOCALHOST)),
        zone: Some("default"),
        client_attributes: &[("tns", "acme"), ("empty", ""), ("nested", "${username}")],
    };

    fn resolved(template: &str, placeholders: &Placeholders<'_>) -> String {
        match resolve_mountpoint(template, placeholders) {
            Ok(None) => "none".to_owned(),
            Ok(Some(mountpoint)) => mountpoint.as_str().to_owned(),
            Err(error) => panic!("{template}: {error}"),
        }
    }

    #[test]
    fn placeholders_stand_for_what_is_known_of_the_client() {
        for (template, expected) in [
            ("", "none"),
            ("site-1/", "site-1/"),
            ("site-1", "site-1"),
            ("${clientid}/", "c1/"),
            ("${username}${clientid}", "annc1"),
            ("a/${username}/b/${clientid}/", "a/ann/b/c1/"),
            ("${endpoint_name}/${peerhost}/${zone}/", "lamp/127.0.0.1/default/"),
            ("${client_attrs.tns}/", "acme/"),
            ("a/${client_attrs.empty}/", "a//"),
        ] {
            assert_eq!(resolved(template, &CLIENT), expected, "{template}");
        }
        let from_afar = Placeholders { peer_host: Some("2001:db8::1".parse().expect("an address")), ..CLIENT };
        assert_eq!(resolved("${peerhost}/", &from_afar), "2001:db8::1/");
    }

    #[test]
    fn what_stands_for_nothing_stays() {
        for template in [
            "${username}/${clientid}/${peerhost}/",
            "${client_attrs.tns}/",
            "${other}/",
            "${client_attrs}/",
            "${client_attrs.}/",
            "${}/",
            "${ clientid}/",
            "a/${clientid",
            "a/$clientid/",
            "a/{clientid}/",
        ] {
            assert_eq!(resolved(template, &Placeholders::default()), template);
        }
        assert_eq!(resolved("${other}/${clientid}/", &CLIENT), "${other}/c1/");
        assert_eq!(resolved("${${clientid}}/", &CLIENT), "${c1}/");
        assert_eq!(resolved("a/${client_attrs.nested}/", &CLIENT), "a/${username}/", "values are not looked into");
    }

    #[test]
    fn a_client_does_not_choose_its_topics_by_its_name() {
        for (value, character) in [
            ("+", '+'),
            ("a#", '#'),
            ("a/b", '/'),
            ("/", '/'),
            ("a\0", '\0'),
            ("é+/#", '+'),
            ("$SYS", '$'),
            ("$queue", '$'),
            ("$", '$'),
            ("$a/b", '$'),
        ] {
            let error = |placeholder: &str| MountpointError::Value { placeholder: placeholder.to_owned(), character };
            let named = Placeholders { client_id: Some(value), username: Some(value), ..CLIENT };
            assert_eq!(resolve_mountpoint("${clientid}/", &named), Err(error("clientid")), "{value}");
            let attributes = [("group", value)];
            let attributed = Placeholders { client_attributes: &attributes, ..CLIENT };
            let template = "${client_attrs.group}/";
            assert_eq!(resolve_mountpoint(template, &attributed), Err(error("client_attrs.group")), "{value}");
        }
        let paid = Placeholders { username: Some("$5"), ..CLIENT };
        assert_eq!(resolved("users/${username}/", &paid), "users/$5/", "further on it is a character like any other");
    }

    #[test]
    fn the_whole_is_checked_however_it_came_about() {
        let named = |name| Placeholders { username: Some(name), ..CLIENT };
        for (template, name, expected) in [
            ("${username}", "", MountpointError::Empty),
            ("$${username}/", "SYS", MountpointError::Prefix("$SYS/")),
            ("$sha${username}", "re", MountpointError::Prefix("$share/")),
            ("$${username}", "", MountpointError::Prefix("$share/")),
            ("a/+/${username}/", "ann", MountpointError::Forbidden('+')),
        ] {
            assert_eq!(resolve_mountpoint(template, &named(name)), Err(expected), "{template} {name}");
        }
        assert_eq!(
            resolve_mountpoint("$SYS/${clientid}/", &Placeholders::default()),
            Err(MountpointError::Prefix("$SYS/")),
            "known before any client comes"
        );
    }
}
