//! The placeholders in requests, filters and claims, as EMQX has them.

/// The placeholders of authenticators. Others are text.
pub const CREDENTIAL_NAMES: [&str; 13] = [
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

/// The placeholders of sources of rules. Others are text.
pub const ACTION_NAMES: [&str; 15] = [
    "username",
    "clientid",
    "peerhost",
    "peerport",
    "cert_subject",
    "cert_common_name",
    "zone",
    "listener",
    "proto_name",
    "mountpoint",
    "topic",
    "action",
    "qos",
    "retain",
    "client_attrs.*",
];

#[cfg(test)]
mod tests {
    use super::*;
    use dunlin_access::{Action, ClientInfo, Credentials, Request};
    use dunlin_expression::Bindings;
    use dunlin_model::Qos;

    #[test]
    fn every_placeholder_has_a_value() {
        let credentials = Credentials { client: ClientInfo::default(), password: None };
        let action = Action::Subscribe { qos: Qos::AtLeastOnce };
        let request = Request { client: &credentials.client, action, topic: "t" };
        let unbound = |names: &[&'static str], values: &dyn Bindings| -> Vec<&'static str> {
            names.iter().copied().filter(|name| values.variable(&name.replace('*', "x")).is_none()).collect()
        };
        assert_eq!(unbound(&CREDENTIAL_NAMES, &credentials), [""; 0]);
        assert_eq!(unbound(&ACTION_NAMES, &request), [""; 0]);
        assert_eq!(unbound(&["password"], &request), ["password"], "sources of rules never see it");
    }
}
