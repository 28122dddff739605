//! The key of a command, with the names of a client in it.

use dunlin_access::{ClientInfo, Password};
use dunlin_auth_backend::sql::{Placeholder, Purpose};
use dunlin_expression::{Part, Template};

/// All names there may be in a key; which of them there are is for [`Placeholder`] to say.
const NAMES: [&str; 13] = [
    "username",
    "clientid",
    "password",
    "peerhost",
    "peerport",
    "cert_subject",
    "cert_common_name",
    "cert_pem",
    "zone",
    "listener",
    "proto_name",
    "mountpoint",
    "client_attrs.*",
];

/// The key of a command, with the names of a client in it.
///
/// A key is one argument, whatever is in the names. And no two clients with different names have the same key: where several
/// names are put together, none of them may have in it what separates it from the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct KeyTemplate {
    parts: Vec<KeyPart>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum KeyPart {
    Text(String),
    Name(Placeholder),
}

impl KeyTemplate {
    /// Reads a key. The error says what is wrong.
    pub(crate) fn parse(text: &str, purpose: Purpose) -> Result<Self, String> {
        let mut parts = Vec::new();
        for part in Template::parse(text, &NAMES).parts() {
            let part = match part {
                // What is left of a placeholder here has a name that does not exist.
                Part::Text(text) if text.contains("${") => return Err(unknown(text, purpose)),
                Part::Text(text) => KeyPart::Text(text.clone()),
                Part::Variable(name) => KeyPart::Name(
                    Placeholder::from_name(name, purpose).ok_or_else(|| unknown(&format!("${{{name}}}"), purpose))?,
                ),
            };
            if matches!((&part, parts.last()), (KeyPart::Name(_), Some(KeyPart::Name(_)))) {
                return Err(format!(
                    "write something between the placeholders of {text}: clients could choose names that give \
                                    them the key of another one"
                ));
            }
            parts.push(part);
        }
        Ok(Self { parts })
    }

    /// The key of a client. `None` if its names would make the key of another one out of it.
    pub(crate) fn key(&self, client: &ClientInfo, password: Option<&Password>) -> Option<Vec<u8>> {
        let mut key = Vec::new();
        let names = self.parts.iter().filter(|part| matches!(part, KeyPart::Name(_))).count();
        let mut names_left = names;
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                KeyPart::Text(text) => key.extend_from_slice(text.as_bytes()),
                KeyPart::Name(placeholder) => {
                    names_left = names_left.saturating_sub(1);
                    let value = placeholder.value(client, password);
                    if let Some(KeyPart::Text(separator)) = parts.peek().filter(|_| names_left > 0)
                        && !ends_at(&value, separator.as_bytes())
                    {
                        return None;
                    }
                    key.extend_from_slice(&value);
                }
            }
        }
        Some(key)
    }
}

/// Whether whoever reads `value` and `separator` up to the first separator has read `value`.
fn ends_at(value: &[u8], separator: &[u8]) -> bool {
    let both = [value, separator].concat();
    both.windows(separator.len().max(1)).position(|window| window == separator) == Some(value.len())
}

fn unknown(text: &str, purpose: Purpose) -> String {
    format!("`{text}` has a placeholder that does not exist; there are {}", Placeholder::names(purpose))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn client(username: &str, client_id: &str) -> ClientInfo {
        ClientInfo { username: Some(username.into()), client_id: client_id.into(), ..ClientInfo::default() }
    }

    fn parse(text: &str) -> Result<KeyTemplate, String> {
        KeyTemplate::parse(text, Purpose::Authorization)
    }

    #[test]
    fn names_are_put_in_as_they_are() {
        let key = |text, username| parse(text).unwrap().key(&client(username, "c"), None).unwrap();
        assert_eq!(key("mqtt_acl:${username}", "alice"), b"mqtt_acl:alice");
        assert_eq!(key("a:${username}:b", "x:b y\r\nDEL\0\"'"), b"a:x:b y\r\nDEL\0\"':b");
        assert_eq!(key("constant", "alice"), b"constant");
        let nobody = parse("mqtt_acl:${username}").unwrap().key(&ClientInfo::default(), None);
        assert_eq!(nobody.unwrap(), b"mqtt_acl:");
    }

    #[test]
    fn keys_that_cannot_be_kept_apart_are_refused() {
        assert!(parse("${username}${clientid}").unwrap_err().contains("between the placeholders"));
        assert!(parse("a${usrname}").unwrap_err().contains("username, clientid"), "the names there are");
        assert!(parse("a${password}").unwrap_err().contains("does not exist"), "there is none in authorization");
        assert!(KeyTemplate::parse("a${password}", Purpose::Authentication).is_ok());
        let template = parse("a:${zone}:${username}::${clientid}").unwrap();
        assert_eq!(template.key(&client("u", "x:y"), None).unwrap(), b"a:default:u::x:y");
        for username in ["u::", "::u", "u::x", "u:"] {
            assert_eq!(template.key(&client(username, "x"), None), None, "{username}");
        }
    }

    proptest! {
        #[test]
        fn two_clients_with_different_names_never_have_the_same_key(
            separator in "[:.]{1,3}", names in prop::collection::vec("[a:.]{0,5}", 4)
        ) {
            let template = parse(&format!("k:${{username}}{separator}${{clientid}}.acl")).unwrap();
            let key = |username: &str, id: &str| template.key(&client(username, id), None);
            let (first, second) = (key(&names[0], &names[1]), key(&names[2], &names[3]));
            if first.is_some() && first == second {
                prop_assert_eq!((&names[0], &names[1]), (&names[2], &names[3]));
            }
        }
    }
}
