//! TLS to the server.

use crate::setting::{add_user, admitted, authenticator, credentials, is_unreachable};
use dunlin_access::Authenticator;
use dunlin_auth_mongodb::{MongodbSettings, Tls};
use dunlin_real_servers::{Certificates, FerretdbServer};
use std::time::Duration;

#[tokio::test]
async fn only_the_right_certificate_will_do() {
    let certificates = Certificates::for_host("localhost");
    let server = FerretdbServer::start_tls(&certificates);
    add_user(&server, "alice", "right").await;
    let port = server.tls_port().unwrap();
    let with = |host: &str, tls| {
        let settings = MongodbSettings::single(&format!("{host}:{port}"), "mqtt");
        authenticator(MongodbSettings { tls, timeout: Duration::from_secs(4), ..settings })
    };
    let trusting = |certificates: &Certificates| Tls { authorities: Some(certificates.authority()), ..Tls::default() };
    let alice = credentials("alice", "right");
    assert_eq!(with("localhost", Some(trusting(&certificates))).authenticate(&alice).await, admitted());
    let anybody = Tls { accepts_any_certificate: true, ..Tls::default() };
    assert_eq!(with("127.0.0.1", Some(anybody)).authenticate(&alice).await, admitted());
    let stranger = Certificates::for_host("localhost");
    for (host, tls, what) in [
        ("localhost", Some(trusting(&stranger)), "another authority"),
        ("127.0.0.1", Some(trusting(&certificates)), "another name"),
        ("localhost", None, "no TLS"),
    ] {
        let outcome = with(host, tls).authenticate(&alice).await;
        assert!(is_unreachable(&outcome), "{what}: {outcome:?}");
    }
}
