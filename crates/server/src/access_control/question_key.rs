//! What two questions have in common that get the same answer, as the key of a cache.

use aws_lc_rs::hmac::{Context, HMAC_SHA256, Key};
use dunlin_access::{Action, CLIENT_NAMES, ClientInfo, Credentials};
use dunlin_expression::{Bindings, Value};
use std::borrow::Cow;
use std::fmt;

/// The names of a client that rules in an answer can be about, whatever was asked with: conditions and placeholders.
const OF_RULES: [&str; 8] =
    ["clientid", "username", "peerhost", "zone", "listener", "cert_common_name", "mountpoint", "is_superuser"];

/// Makes the keys under which a cache keeps the answers of one back end: a digest, so that it holds no passwords, with a key of
/// this process, so that nobody who sees it can try out what it was made of.
#[derive(Clone)]
pub(super) struct QuestionKey {
    beginning: Context,
    /// The names of a client whose values are a part of the question.
    names: Vec<&'static str>,
    /// All of `client_attrs` are.
    uses_attributes: bool,
}

impl QuestionKey {
    /// Of a back end whose questions are these texts, filled in. `secret` is one of the process.
    pub(super) fn of_texts<'a>(secret: &[u8; 32], id: &str, texts: impl IntoIterator<Item = &'a str>) -> Self {
        let mut names = vec!["clientid", "username"];
        let mut uses_attributes = false;
        for text in texts {
            names.extend(CLIENT_NAMES.iter().filter(|name| text.contains(*name)));
            uses_attributes |= text.contains("client_attrs");
        }
        names.sort_unstable();
        names.dedup();
        Self::new(secret, id, names, uses_attributes)
    }

    /// Of a back end that answers with rules: what these are about is a part of the question too.
    pub(super) fn with_rules(mut self) -> Self {
        self.names.extend(OF_RULES);
        self.names.sort_unstable();
        self.names.dedup();
        self.uses_attributes = true;
        self
    }

    fn new(secret: &[u8; 32], id: &str, names: Vec<&'static str>, uses_attributes: bool) -> Self {
        let mut beginning = Context::with_key(&Key::new(HMAC_SHA256, secret));
        field(&mut beginning, id.as_bytes());
        Self { beginning, names, uses_attributes }
    }

    /// The key of a login.
    pub(super) fn of_login(&self, credentials: &Credentials) -> impl AsRef<[u8]> + use<> {
        let mut keyed = self.of_client(&credentials.client);
        // No password and an empty one are not the same.
        keyed.update(&[u8::from(credentials.password.is_some())]);
        field(&mut keyed, credentials.password.as_ref().map_or(&[][..], |password| password.expose()));
        keyed.sign()
    }

    /// The key of what a client wants to do.
    pub(super) fn of_action(&self, client: &ClientInfo, action: Action, topic: &str) -> impl AsRef<[u8]> + use<> {
        let mut keyed = self.of_client(client);
        keyed.update(&match action {
            Action::Publish { qos, retain } => [0, qos.as_u8(), u8::from(retain)],
            Action::Subscribe { qos } => [1, qos.as_u8(), 0],
        });
        field(&mut keyed, topic.as_bytes());
        keyed.sign()
    }

    fn of_client(&self, client: &ClientInfo) -> Context {
        let mut keyed = self.beginning.clone();
        for name in &self.names {
            match client.variable(name) {
                None | Some(Value::Null) => keyed.update(&[0]),
                Some(value) => {
                    keyed.update(&[1]);
                    field(&mut keyed, &bytes(&value));
                }
            }
        }
        if self.uses_attributes {
            keyed.update(&(client.attributes.len() as u64).to_be_bytes());
            for (name, value) in &client.attributes {
                field(&mut keyed, name.as_bytes());
                field(&mut keyed, value.as_bytes());
            }
        }
        keyed
    }
}

/// What is known of a client is text, a number, or whether something is so.
fn bytes(value: &Value) -> Cow<'_, [u8]> {
    match value {
        Value::Text(text) => Cow::Borrowed(text.as_bytes()),
        Value::Bytes(bytes) => Cow::Borrowed(bytes),
        other => Cow::Owned(format!("{other:?}").into_bytes()),
    }
}

/// With its length in front, so that no two lists of fields are the same bytes.
fn field(keyed: &mut Context, bytes: &[u8]) {
    keyed.update(&(bytes.len() as u64).to_be_bytes());
    keyed.update(bytes);
}

impl fmt::Debug for QuestionKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("QuestionKey").field("names", &self.names).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_access::Password;
    use dunlin_model::Qos;

    const SECRET: [u8; 32] = [7; 32];

    fn login(client_id: &str, username: Option<&str>, password: Option<&[u8]>) -> Credentials {
        let client = ClientInfo {
            client_id: client_id.into(),
            username: username.map(Into::into),
            peer: "10.0.0.1:1000".parse().unwrap(),
            ..ClientInfo::default()
        };
        Credentials { client, password: password.map(Password::new) }
    }

    fn of_login(key: &QuestionKey, credentials: &Credentials) -> Vec<u8> {
        key.of_login(credentials).as_ref().to_vec()
    }

    #[test]
    fn equal_logins_have_equal_keys_and_others_have_others() {
        let key = QuestionKey::of_texts(&SECRET, "a", ["SELECT x WHERE u = ${username}"]);
        let logins = [
            login("c", Some("u"), Some(b"p")),
            login("c", Some("u"), Some(b"q")),
            login("c", Some("u"), Some(b"")),
            login("c", Some("u"), None),
            login("c", None, Some(b"p")),
            login("c", Some(""), Some(b"p")),
            login("cu", Some(""), Some(b"p")),
            login("", Some("cu"), Some(b"p")),
        ];
        for (one, first) in logins.iter().enumerate() {
            for (other, second) in logins.iter().enumerate() {
                assert_eq!(of_login(&key, first) == of_login(&key, second), one == other, "{first:?} {second:?}");
            }
        }
        let elsewhere = QuestionKey::of_texts(&SECRET, "b", ["SELECT x WHERE u = ${username}"]);
        assert_ne!(of_login(&key, &logins[0]), of_login(&elsewhere, &logins[0]));
    }

    #[test]
    fn what_is_not_asked_with_makes_no_difference() {
        let key = QuestionKey::of_texts(&SECRET, "a", ["${username}"]);
        let by_address = QuestionKey::of_texts(&SECRET, "a", ["${peerhost}"]);
        let by_attribute = QuestionKey::of_texts(&SECRET, "a", ["${client_attrs.team}"]);
        let here = login("c", Some("u"), None);
        let mut there = here.clone();
        there.client.peer = "10.0.0.2:2000".parse().unwrap();
        there.client.attributes.insert("team".into(), "red".into());
        assert_eq!(of_login(&key, &here), of_login(&key, &there));
        assert_ne!(of_login(&by_address, &here), of_login(&by_address, &there));
        assert_ne!(of_login(&by_attribute, &here), of_login(&by_attribute, &there));
        assert_ne!(of_login(&key.clone().with_rules(), &here), of_login(&key.with_rules(), &there));
    }

    #[test]
    fn actions_are_told_apart() {
        let key = QuestionKey::of_texts(&SECRET, "a", []).with_rules();
        let client = login("c", None, None).client;
        let publish = |qos, retain| Action::Publish { qos, retain };
        let questions = [
            (publish(Qos::AtMostOnce, false), "t"),
            (publish(Qos::AtMostOnce, true), "t"),
            (publish(Qos::AtLeastOnce, false), "t"),
            (publish(Qos::AtMostOnce, false), "t/"),
            (Action::Subscribe { qos: Qos::AtMostOnce }, "t"),
        ];
        let keys: Vec<_> =
            questions.iter().map(|(action, topic)| key.of_action(&client, *action, topic).as_ref().to_vec()).collect();
        let distinct: std::collections::BTreeSet<_> = keys.iter().collect();
        assert_eq!(distinct.len(), questions.len());
    }
}
