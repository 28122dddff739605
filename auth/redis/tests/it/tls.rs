//! Redis over TLS.

use crate::setting::{add_user, admitted, authenticator, credentials, is_unreachable, settings};
use dunlin_access::Authenticator;
use dunlin_auth_redis::{RedisSettings, Tls};
use dunlin_real_servers::{Certificates, RedisServer};

#[tokio::test]
async fn only_the_right_certificate_will_do() {
    let certificates = Certificates::for_host("redis.example");
    let server = RedisServer::start_tls(&certificates);
    add_user(&server, "alice", "right");
    let with = |tls| authenticator(RedisSettings { tls, ..settings(&server) });
    let alice = credentials("alice", "right");
    let named = |config, name: &str| Some(Tls { config, server_name: Some(name.to_owned().try_into().unwrap()) });
    assert_eq!(with(named(certificates.trusting(), "redis.example")).authenticate(&alice).await, admitted());
    let stranger = Certificates::for_host("redis.example");
    for (refused, what) in [
        (named(stranger.trusting(), "redis.example"), "another authority"),
        (named(certificates.trusting(), "other.example"), "another name"),
        (Some(Tls { config: certificates.trusting(), server_name: None }), "an address that is in no certificate"),
        (None, "no TLS"),
    ] {
        let outcome = with(refused).authenticate(&alice).await;
        assert!(is_unreachable(&outcome), "{what}: {outcome:?}");
    }
}
