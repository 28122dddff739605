//! What a browser may do with the dashboard: the header `Content-Security-Policy`.

/// Everything comes from the node itself. The WebSocket listeners of MQTT are on other ports of the same host, which `'self'` does
/// not cover, so that the host stands there by its name.
pub(crate) fn content_security_policy(host: Option<&str>) -> String {
    let mut policy = String::from(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; \
         frame-ancestors 'none'; connect-src 'self'",
    );
    if let Some(name) = host.and_then(host_name) {
        policy.push_str(&format!(" ws://{name}:* wss://{name}:*"));
    }
    policy
}

/// The name in the header `Host`, without the port. An address of IPv6 cannot stand in a policy, and nothing else that is odd may.
fn host_name(host: &str) -> Option<&str> {
    let name = host.rsplit_once(':').map_or(host, |(name, _)| name);
    let is_plain = !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_".contains(&byte));
    is_plain.then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_host_itself_is_added() {
        let policy = |host| content_security_policy(Some(host));
        assert!(
            policy("broker.example:18083").ends_with("connect-src 'self' ws://broker.example:* wss://broker.example:*")
        );
        assert!(policy("10.0.0.7").ends_with(" ws://10.0.0.7:* wss://10.0.0.7:*"));
        for odd in ["[::1]:18083", "a; script-src *", "a b", "*", "", ":80", "a\"b:1"] {
            assert!(policy(odd).ends_with("connect-src 'self'"), "{odd}");
        }
        assert!(content_security_policy(None).ends_with("connect-src 'self'"));
    }
}
