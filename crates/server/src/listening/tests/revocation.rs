//! What is fetched over HTTP, and when.

use super::certificates::Told;
use super::http_server::{HttpServer, answer};
use super::signed::Authority;
use super::{configuration, listener};
use crate::listening::revocation::Revocation;
use crate::listening::{Certificates, layering};
use dunlin_config::Mqtt;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// Somebody else counts from here.
#[expect(clippy::disallowed_methods, reason = "there is no other way to have an Instant")]
fn start() -> Instant {
    Instant::now()
}

/// `ssl:default` with these options beside its certificate; their place is `FOLDER`.
fn loaded(authority: &Authority, options: &str) -> (TempDir, Arc<Certificates>) {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = authority.server(&[0x11, 0x22, 0x33]);
    for (name, text) in [("cert.pem", &certificate), ("key.pem", &key), ("ca.pem", &authority.certificate.pem())] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let text = format!(
        "listeners.ssl.default.ssl_options {{ certfile = \"FOLDER/cert.pem\", keyfile = \"FOLDER/key.pem\"\n\
         cacertfile = \"FOLDER/ca.pem\"\n{options} }}\n\
         crl_cache {{ refresh_interval = 15m, http_timeout = 30s, failure_threshold = 60s }}"
    );
    let config = configuration(folder.path(), &text.replace("FOLDER", &folder.path().display().to_string()));
    let certificates = Arc::new(Certificates::new(&config));
    layering(listener(&config, "ssl:default"), &Mqtt::default(), &certificates).unwrap();
    (folder, certificates)
}

#[test]
fn revocation_lists_are_fetched_and_refreshed() {
    let placeholder = Authority::with_list_at("http://localhost/");
    let server = HttpServer::start([answer(200, &placeholder.list()), answer(200, &placeholder.list())]);
    let url = server.url("/authority.crl");
    let authority = Authority::with_list_at(&url);
    let (_folder, certificates) = loaded(&authority, "verify = verify_peer, enable_crl_check = true");
    assert!(certificates.needs_fetching());
    assert_eq!(certificates.crls.wanted_urls(), [url.as_str()]);
    let (mut revocation, start) = (Revocation::new(Arc::clone(&certificates)), start());
    revocation.fetch_due(start);
    assert_eq!((certificates.crls.known_urls(), certificates.crls.wanted_urls()), (vec![url], vec![]));
    // The second answer is for the time when the list is old; before that nothing is asked.
    revocation.fetch_due(start + Duration::from_secs(15 * 60 - 1));
    revocation.fetch_due(start + Duration::from_secs(15 * 60));
    assert_eq!(server.requests().len(), 2);
}

#[test]
fn a_list_that_cannot_be_fetched_for_long_is_an_alarm() {
    let list = Authority::with_list_at("http://localhost/").list();
    let server = HttpServer::start([answer(404, b""), answer(200, b"no list"), answer(503, b""), answer(200, &list)]);
    let url = server.url("/authority.crl");
    let (_folder, certificates) =
        loaded(&Authority::with_list_at(&url), "verify = verify_peer, enable_crl_check = true");
    let told = Told::default();
    let _watch = certificates.watch(told.hooks()).unwrap();
    let (mut revocation, start) = (Revocation::new(Arc::clone(&certificates)), start());
    // It is tried again after 10, 20 and 40 seconds.
    for (seconds, alarm) in [(0, None), (9, None), (10, None), (29, None), (30, None), (69, None)] {
        revocation.fetch_due(start + Duration::from_secs(seconds));
        assert_eq!(told.take().first(), alarm, "after {seconds} s");
    }
    revocation.fetch_due(start + Duration::from_secs(70));
    assert_eq!(told.take(), [format!("end crl_fetch_failed:{url}")]);
    assert_eq!((certificates.crls.known_urls().len(), server.requests().len()), (1, 4));
    // Nobody answers any more.
    for seconds in [15 * 60 + 70, 15 * 60 + 80, 15 * 60 + 100] {
        revocation.fetch_due(start + Duration::from_secs(seconds));
        assert!(told.take().is_empty());
    }
    revocation.fetch_due(start + Duration::from_secs(15 * 60 + 140));
    let alarms = told.take();
    assert!(alarms.len() == 1 && alarms[0].starts_with(&format!("raise crl_fetch_failed:{url}: ")), "{alarms:?}");
    assert_eq!(certificates.crls.known_urls().len(), 1, "the earlier list stays");
    // Nobody needs it any more.
    certificates.crls.forget(&url);
    revocation.fetch_due(start + Duration::from_secs(15 * 60 + 141));
    assert_eq!(told.take(), [format!("end crl_fetch_failed:{url}")]);
}

/// As much of an OCSP response as is looked at: it is about the certificate with this number.
fn ocsp_response(serial: &[u8]) -> Vec<u8> {
    let element = |tag: u8, content: &[u8]| [&[tag, u8::try_from(content.len()).unwrap()][..], content].concat();
    element(0x30, &[element(0x0a, &[0]), element(0xa0, &element(0x02, serial))].concat())
}

#[test]
fn ocsp_responses_are_fetched_and_refreshed() {
    let response = ocsp_response(&[0x11, 0x22, 0x33]);
    let server = HttpServer::start([answer(200, b"no response"), answer(200, &response), answer(200, &response)]);
    let authority = Authority::with_list_at("http://localhost/a.crl");
    let options = format!(
        "ocsp {{ enable_ocsp_stapling = true, responder_url = \"{}\", refresh_interval = 5m }}",
        server.url("/")
    );
    let (_folder, certificates) = loaded(&authority, &options);
    assert!(certificates.needs_fetching());
    let (mut revocation, start) = (Revocation::new(Arc::clone(&certificates)), start());
    for seconds in [0, 9, 10, 309, 310] {
        revocation.fetch_due(start + Duration::from_secs(seconds));
    }
    let requests = server.requests();
    assert_eq!(requests.len(), 3);
    assert!(requests[0].to_lowercase().contains("content-type: application/ocsp-request\r\n"), "{}", requests[0]);
}

#[test]
fn nothing_is_fetched_that_nobody_asked_for() {
    let (_folder, certificates) = loaded(&Authority::with_list_at("http://localhost/a.crl"), "verify = verify_peer");
    assert!(!certificates.needs_fetching() && certificates.crls.wanted_urls().is_empty());
}
