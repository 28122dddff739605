//! The names under which expressions and templates find what is known of a client.

use crate::{Action, ClientInfo, Credentials};
use dunlin_expression::{Bindings, Value};

/// The names that [`ClientInfo`] has a value for. `client_attrs.*` stands for every attribute.
pub const CLIENT_NAMES: [&str; 21] = [
    "username",
    "clientid",
    "peerhost",
    "peerport",
    "cert_subject",
    "dn",
    "cert_common_name",
    "cn",
    "cert_pem",
    "cert_san.dns",
    "cert_san.ip",
    "cert_san.email",
    "cert_san.uri",
    "zone",
    "listener",
    "sockport",
    "proto_name",
    "proto_ver",
    "mountpoint",
    "is_superuser",
    "client_attrs.*",
];

/// The name that [`Credentials`] has a value for beside those of [`CLIENT_NAMES`].
pub const PASSWORD_NAME: &str = "password";

/// The names that [`Request`] has a value for beside those of [`CLIENT_NAMES`].
pub const REQUEST_NAMES: [&str; 4] = ["action", "topic", "qos", "retain"];

impl Bindings for ClientInfo {
    fn variable(&self, name: &str) -> Option<Value> {
        let certificate = self.certificate.as_deref();
        let text = |text: Option<&str>| text.map_or(Value::Null, Value::from);
        let list = |names: Option<&Vec<String>>| match names.filter(|names| !names.is_empty()) {
            Some(names) => Value::List(names.iter().map(|name| name.as_str().into()).collect()),
            None => Value::Null,
        };
        Some(match name {
            "username" => text(self.username.as_deref()),
            "clientid" => self.client_id.as_str().into(),
            "peerhost" => self.peer.ip().to_canonical().to_string().into(),
            "peerport" => i64::from(self.peer.port()).into(),
            "cert_subject" | "dn" => text(certificate.and_then(|shown| shown.subject.as_deref())),
            "cert_common_name" | "cn" => text(certificate.and_then(|shown| shown.common_name.as_deref())),
            "cert_pem" => text(certificate.and_then(|shown| shown.pem.as_deref())),
            "cert_san.dns" => list(certificate.map(|shown| &shown.dns_names)),
            "cert_san.ip" => list(certificate.map(|shown| &shown.ip_addresses)),
            "cert_san.email" => list(certificate.map(|shown| &shown.email_addresses)),
            "cert_san.uri" => list(certificate.map(|shown| &shown.uris)),
            "zone" => self.zone.as_str().into(),
            "listener" => self.listener.as_str().into(),
            "sockport" => i64::from(self.listener_port).into(),
            "proto_name" => self.protocol_name.into(),
            "proto_ver" => i64::from(self.protocol_level).into(),
            "mountpoint" => text(self.mountpoint.as_deref()),
            "is_superuser" => self.is_superuser.into(),
            _ => text(self.attributes.get(name.strip_prefix("client_attrs.")?).map(String::as_str)),
        })
    }
}

impl Bindings for Credentials {
    fn variable(&self, name: &str) -> Option<Value> {
        if name != PASSWORD_NAME {
            return self.client.variable(name);
        }
        Some(self.password.as_ref().map_or(Value::Null, |password| Value::from_bytes(password.expose().to_vec())))
    }
}

/// What a client wants to do, for templates that ask a back end about it.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// Who wants it.
    pub client: &'a ClientInfo,
    /// What it wants.
    pub action: Action,
    /// A name or a filter.
    pub topic: &'a str,
}

impl Bindings for Request<'_> {
    fn variable(&self, name: &str) -> Option<Value> {
        let (kind, qos, retain) = match self.action {
            Action::Publish { qos, retain } => ("publish", qos, Value::from(retain)),
            Action::Subscribe { qos } => ("subscribe", qos, Value::Null),
        };
        Some(match name {
            "action" => kind.into(),
            "topic" => self.topic.into(),
            "qos" => i64::from(qos.as_u8()).into(),
            "retain" => retain,
            _ => return self.client.variable(name),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Certificate, Password};
    use dunlin_expression::{Expression, Template};
    use dunlin_model::Qos;
    use std::sync::Arc;

    fn client() -> ClientInfo {
        ClientInfo {
            client_id: "c1".into(),
            username: Some("ann".into()),
            peer: "[::ffff:10.1.2.3]:99".parse().expect("an address"),
            certificate: Some(Arc::new(Certificate { common_name: Some("m".into()), ..Certificate::default() })),
            attributes: [("team".to_owned(), "red".to_owned())].into(),
            ..ClientInfo::default()
        }
    }

    #[test]
    fn every_name_has_a_value() {
        for name in CLIENT_NAMES {
            assert!(client().variable(&name.replace('*', "team")).is_some(), "{name}");
        }
        assert_eq!(client().variable("client_attrs.other"), Some(Value::Null));
        assert_eq!(client().variable("password"), None);
        let nobody = ClientInfo { username: None, certificate: None, ..client() };
        assert_eq!((nobody.variable("username"), nobody.variable("cn")), (Some(Value::Null), Some(Value::Null)));
    }

    #[test]
    fn templates_and_expressions_use_them() {
        let template = Template::parse(
            "${username}/${peerhost}/${client_attrs.team}/${action}/${qos}",
            &["username", "peerhost", "client_attrs.*", "action", "qos"],
        );
        let client = client();
        let action = Action::Publish { qos: Qos::AtLeastOnce, retain: true };
        let request = Request { client: &client, action, topic: "t" };
        assert_eq!(template.render(&request).as_deref(), Ok("ann/10.1.2.3/red/publish/1"));
        let expression = Expression::parse("concat([password, '-', cn])").expect("an expression");
        let credentials = Credentials { client: client.clone(), password: Some(Password::new(b"secret")) };
        assert_eq!(expression.evaluate_text(&credentials).as_deref(), Ok("secret-m"));
    }
}
