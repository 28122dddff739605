//! What programmers see of the packets that carry secrets, in panics too: everything but passwords and what is said to authenticate.

use crate::packet::{Auth, Connect};
use std::fmt;

/// How long a secret is; anybody who listens knows that too.
struct Hidden<'a>(&'a [u8]);

impl fmt::Debug for Hidden<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

impl fmt::Debug for Connect<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Taken apart, so that a field that comes later is not forgotten.
        let Self {
            version,
            clean_start,
            keep_alive,
            client_id,
            will,
            username,
            password,
            is_bridge,
            session_expiry_interval,
            receive_maximum,
            maximum_packet_size,
            topic_alias_maximum,
            request_response_information,
            request_problem_information,
            user_properties,
            authentication_method,
            authentication_data,
        } = self;
        f.debug_struct("Connect")
            .field("version", version)
            .field("clean_start", clean_start)
            .field("keep_alive", keep_alive)
            .field("client_id", client_id)
            .field("will", will)
            .field("username", username)
            .field("password", &password.map(Hidden))
            .field("is_bridge", is_bridge)
            .field("session_expiry_interval", session_expiry_interval)
            .field("receive_maximum", receive_maximum)
            .field("maximum_packet_size", maximum_packet_size)
            .field("topic_alias_maximum", topic_alias_maximum)
            .field("request_response_information", request_response_information)
            .field("request_problem_information", request_problem_information)
            .field("user_properties", user_properties)
            .field("authentication_method", authentication_method)
            .field("authentication_data", &authentication_data.map(Hidden))
            .finish()
    }
}

impl fmt::Debug for Auth<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { reason_code, authentication_method, authentication_data, reason_string, user_properties } = self;
        f.debug_struct("Auth")
            .field("reason_code", reason_code)
            .field("authentication_method", authentication_method)
            .field("authentication_data", &authentication_data.map(Hidden))
            .field("reason_string", reason_string)
            .field("user_properties", user_properties)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Packet;

    #[test]
    fn secrets_are_counted_and_not_shown() {
        let connect = Connect {
            client_id: "meter",
            password: Some(b"hunter2"),
            authentication_data: Some(b"hunter22"),
            ..Connect::default()
        };
        let auth = Auth { authentication_data: Some(b"hunter222"), ..Auth::default() };
        let shown = format!("{:?} {:?}", Packet::Connect(Box::new(connect)), Packet::Auth(auth));
        for part in ["\"meter\"", "password: Some(7 bytes)", "data: Some(8 bytes)", "data: Some(9 bytes)"] {
            assert!(shown.contains(part), "{part} in {shown}");
        }
        assert!(!shown.contains("104, 117") && !shown.contains("hunter"), "{shown}");
    }
}
