//! Text with the names of a client in it, by which the client is looked up.

use crate::sql::{Placeholder, Purpose};
use dunlin_access::{CLIENT_NAMES, ClientInfo, PASSWORD_NAME, Password};
use dunlin_expression::{Bindings, Part, Template, Value};

/// Text with the names of a client in it, by which the client is looked up: the key of a store, a value of a filter.
///
/// No two clients with different names have the same text: where several names are put together, none of them may have in
/// it what separates it from the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameTemplate {
    parts: Vec<NamePart>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum NamePart {
    Text(String),
    Name(Placeholder),
}

impl NameTemplate {
    /// Reads a text.
    ///
    /// # Errors
    /// What is wrong with it, in words.
    pub fn parse(text: &str, purpose: Purpose) -> Result<Self, String> {
        let names: Vec<_> = CLIENT_NAMES.into_iter().chain([PASSWORD_NAME]).collect();
        let mut parts = Vec::new();
        for part in Template::parse(text, &names).parts() {
            let part = match part {
                // What is left of a placeholder here has a name that does not exist.
                Part::Text(text) if text.contains("${") => return Err(unknown(text, purpose)),
                Part::Text(text) => NamePart::Text(text.clone()),
                Part::Variable(name) => NamePart::Name(
                    Placeholder::from_name(name, purpose).ok_or_else(|| unknown(&format!("${{{name}}}"), purpose))?,
                ),
            };
            if matches!((&part, parts.last()), (NamePart::Name(_), Some(NamePart::Name(_)))) {
                return Err(format!(
                    "write something between the placeholders of {text}: a client could choose names that make it look \
                     like another one"
                ));
            }
            parts.push(part);
        }
        Ok(Self { parts })
    }

    /// Whether it is the same for all clients.
    #[must_use]
    pub fn is_constant(&self) -> bool {
        self.parts.iter().all(|part| matches!(part, NamePart::Text(_)))
    }

    /// The text of a client. `None` if its names would make that of another one out of it.
    #[must_use]
    pub fn render(&self, client: &ClientInfo, password: Option<&Password>) -> Option<Vec<u8>> {
        let names = |name: &str| match password {
            Some(password) if name == PASSWORD_NAME => Some(Value::from_bytes(password.expose().to_vec())),
            _ => client.variable(name),
        };
        let mut text = Vec::new();
        let mut names_left = self.parts.iter().filter(|part| matches!(part, NamePart::Name(_))).count();
        let mut parts = self.parts.iter().peekable();
        while let Some(part) = parts.next() {
            match part {
                NamePart::Text(constant) => text.extend_from_slice(constant.as_bytes()),
                NamePart::Name(placeholder) => {
                    names_left = names_left.saturating_sub(1);
                    let value = placeholder.value(&names);
                    if let Some(NamePart::Text(separator)) = parts.peek().filter(|_| names_left > 0)
                        && !ends_at(&value, separator.as_bytes())
                    {
                        return None;
                    }
                    text.extend_from_slice(&value);
                }
            }
        }
        Some(text)
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

    fn parse(text: &str) -> Result<NameTemplate, String> {
        NameTemplate::parse(text, Purpose::Authorization)
    }

    #[test]
    fn names_are_put_in_as_they_are() {
        let key = |text, username| parse(text).unwrap().render(&client(username, "c"), None).unwrap();
        assert_eq!(key("mqtt_acl:${username}", "alice"), b"mqtt_acl:alice");
        assert_eq!(key("a:${username}:b", "x:b y\r\nDEL\0\"'"), b"a:x:b y\r\nDEL\0\"':b");
        assert_eq!(key("constant", "alice"), b"constant");
        let nobody = parse("mqtt_acl:${username}").unwrap().render(&ClientInfo::default(), None);
        assert_eq!(nobody.unwrap(), b"mqtt_acl:");
    }

    #[test]
    fn keys_that_cannot_be_kept_apart_are_refused() {
        assert!(parse("${username}${clientid}").unwrap_err().contains("between the placeholders"));
        assert!(parse("a${usrname}").unwrap_err().contains("username, clientid"), "the names there are");
        assert!(parse("a${password}").unwrap_err().contains("does not exist"), "there is none in authorization");
        assert!(NameTemplate::parse("a${password}", Purpose::Authentication).is_ok());
        let template = parse("a:${zone}:${username}::${clientid}").unwrap();
        assert_eq!(template.render(&client("u", "x:y"), None).unwrap(), b"a:default:u::x:y");
        for username in ["u::", "::u", "u::x", "u:"] {
            assert_eq!(template.render(&client(username, "x"), None), None, "{username}");
        }
    }

    proptest! {
        #[test]
        fn two_clients_with_different_names_never_have_the_same_key(
            separator in "[:.]{1,3}", names in prop::collection::vec("[a:.]{0,5}", 4)
        ) {
            let template = parse(&format!("k:${{username}}{separator}${{clientid}}.acl")).unwrap();
            let key = |username: &str, id: &str| template.render(&client(username, id), None);
            let (first, second) = (key(&names[0], &names[1]), key(&names[2], &names[3]));
            if first.is_some() && first == second {
                prop_assert_eq!((&names[0], &names[1]), (&names[2], &names[3]));
            }
        }
    }
}
