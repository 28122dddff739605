//! The command that a Redis is asked.

use crate::SettingsError;
use crate::words::words;
use dunlin_access::{ClientInfo, Password};
use dunlin_auth_backend::NameTemplate;
use dunlin_auth_backend::sql::Purpose;
use redis::{Cmd, cmd};

/// The fields that say something of a user.
const USER_FIELDS: [&str; 5] = ["password_hash", "password", "salt", "is_superuser", "clientid_override"];

/// The command that a Redis is asked: `cmd` of the settings. It reads, and only fields of one hash; the key is all that
/// differs from client to client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    verb: Verb,
    key: NameTemplate,
    fields: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    /// `HGET`
    OneField,
    /// `HMGET`
    SomeFields,
    /// `HGETALL`
    AllFields,
}

impl Command {
    /// Reads `HGET key field` or `HMGET key field …` with fields that say something of a user.
    pub(crate) fn for_users(text: &str) -> Result<Self, SettingsError> {
        let command = Self::parse(text, Purpose::Authentication)?;
        let refused = |reason: &str| refused(text, reason.to_owned());
        if command.verb == Verb::AllFields {
            return Err(refused("write HMGET and the fields that are needed, such as HMGET key password_hash salt"));
        }
        if let Some(field) = command.fields.iter().find(|field| !USER_FIELDS.contains(&field.as_str())) {
            return Err(refused(&format!(
                "`{field}` says nothing of a user; write some of {}",
                USER_FIELDS.join(", ")
            )));
        }
        if !command.fields.iter().any(|field| field == "password_hash" || field == "password") {
            return Err(refused("one of the fields must be `password_hash` or `password`"));
        }
        Ok(command)
    }

    /// Reads `HGETALL key`, or `HMGET key topic …` where only some of the rules count.
    pub(crate) fn for_rules(text: &str) -> Result<Self, SettingsError> {
        let command = Self::parse(text, Purpose::Authorization)?;
        match command.verb {
            Verb::OneField => {
                Err(refused(text, "write HGETALL and a key: each field is a topic, with its actions".into()))
            }
            Verb::SomeFields | Verb::AllFields => Ok(command),
        }
    }

    fn parse(text: &str, purpose: Purpose) -> Result<Self, SettingsError> {
        let words = words(text).map_err(|reason| refused(text, reason))?;
        let [name, key, fields @ ..] = words.as_slice() else {
            return Err(refused(
                text,
                "write a command and a key, such as HMGET mqtt_user:${username} password_hash".into(),
            ));
        };
        let verb = match name.to_ascii_uppercase().as_str() {
            "HGET" => Verb::OneField,
            "HMGET" => Verb::SomeFields,
            "HGETALL" => Verb::AllFields,
            _ => return Err(refused(text, format!("`{name}` is none of HGET, HMGET and HGETALL"))),
        };
        let number_is_right = match verb {
            Verb::OneField => fields.len() == 1,
            Verb::SomeFields => !fields.is_empty(),
            Verb::AllFields => fields.is_empty(),
        };
        if !number_is_right {
            let reason = "behind the key, HGET has one field, HMGET one or more, and HGETALL none";
            return Err(refused(text, reason.into()));
        }
        if let Some(field) = fields.iter().find(|field| field.contains("${")) {
            return Err(refused(text, format!("`{field}`: only the key can have placeholders")));
        }
        let key = NameTemplate::parse(key, purpose).map_err(|reason| refused(text, reason))?;
        Ok(Self { verb, key, fields: fields.to_vec() })
    }

    pub(crate) fn verb(&self) -> Verb {
        self.verb
    }

    /// The fields, in the order in which their values are answered.
    pub(crate) fn fields(&self) -> &[String] {
        &self.fields
    }

    /// The key of a client and the command for it. `None` if there can be no such key.
    pub(crate) fn for_client(&self, client: &ClientInfo, password: Option<&Password>) -> Option<(Vec<u8>, Cmd)> {
        let key = self.key.render(client, password)?;
        let mut command = cmd(match self.verb {
            Verb::OneField => "HGET",
            Verb::SomeFields => "HMGET",
            Verb::AllFields => "HGETALL",
        });
        command.arg(&key).arg(&self.fields);
        Some((key, command))
    }
}

fn refused(command: &str, reason: String) -> SettingsError {
    SettingsError::Command { command: command.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_is_packed_with_the_key_as_one_argument() {
        let command = Command::for_users("hmget \"users of ${zone}:${username}\" password_hash salt").unwrap();
        let client = ClientInfo { username: Some("a b\r\n".into()), ..ClientInfo::default() };
        let (key, command) = command.for_client(&client, None).unwrap();
        assert_eq!(key, b"users of default:a b\r\n");
        let packed = command.get_packed_command();
        let expected = "*4\r\n$5\r\nHMGET\r\n$22\r\nusers of default:a b\r\n\r\n$13\r\npassword_hash\r\n$4\r\nsalt\r\n";
        assert_eq!(String::from_utf8(packed).unwrap(), expected);
        let (_, command) = Command::for_rules("HGETALL acl").unwrap().for_client(&client, None).unwrap();
        assert_eq!(command.get_packed_command(), b"*2\r\n$7\r\nHGETALL\r\n$3\r\nacl\r\n");
    }

    #[test]
    fn commands_that_do_something_else_are_refused() {
        let users = |text: &str| Command::for_users(text).unwrap_err().to_string();
        let rules = |text: &str| Command::for_rules(text).unwrap_err().to_string();
        assert!(users("DEL mqtt_user:${username}").contains("`DEL` is none of HGET"));
        assert!(users("HGET").contains("a command and a key"));
        assert!(users("").contains("a command and a key"));
        assert!(users("HGET k password_hash salt").contains("HGET has one field"));
        assert!(users("HMGET k").contains("HMGET one or more"));
        assert!(users("HMGET k salt is_superuser").contains("must be `password_hash` or `password`"));
        assert!(users("HMGET k password_hash colour").contains("`colour` says nothing of a user"));
        assert!(users("HMGET k password_hash ${username}").contains("only the key"));
        assert!(users("HGETALL k").contains("write HMGET"));
        assert!(users("HMGET \"k password_hash").contains("does not end"));
        assert!(rules("HGET k t/1").contains("write HGETALL"));
        assert!(rules("HGETALL k t/1").contains("HGETALL none"));
        assert!(rules("HGETALL k${nobody}").contains("does not exist"));
    }
}
