//! Files that change while the broker runs.

use crate::support::authority::{Authority, Signed, revocable};
use crate::support::now;
use crate::support::pair::{Pair, client_config};
use dunlin_tls::{CrlStore, PemSource, Reload, TlsContext, TlsOptions, Verify};
use rustls::ClientConfig;
use rustls::version::TLS13;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

struct Files {
    _directory: tempfile::TempDir,
    certificate: PathBuf,
    key: PathBuf,
    authorities: PathBuf,
}

impl Files {
    fn new(signed: &Signed, root: &Authority) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let path = |name| directory.path().join(name);
        let (certificate, key, authorities) = (path("cert.pem"), path("key.pem"), path("ca.pem"));
        fs::write(&authorities, root.pem()).unwrap();
        let files = Self { _directory: directory, certificate, key, authorities };
        files.write(signed);
        files
    }

    fn write(&self, signed: &Signed) {
        fs::write(&self.certificate, signed.certificate.pem()).unwrap();
        fs::write(&self.key, signed.key.serialize_pem()).unwrap();
    }

    fn options(&self) -> TlsOptions {
        let source = |path: &Path| Some(PemSource::from(path));
        TlsOptions {
            certfile: source(&self.certificate),
            keyfile: source(&self.key),
            cacertfile: source(&self.authorities),
            ..TlsOptions::default()
        }
    }
}

fn client(root: &Authority) -> Arc<ClientConfig> {
    Arc::new(client_config(root.certificate.der(), None, &[&TLS13]))
}

/// What the server shows to a new client.
fn shown(context: &TlsContext, client: &Arc<ClientConfig>) -> Vec<u8> {
    let mut pair = Pair::new(context, client, "localhost");
    pair.run();
    assert!(!pair.server.is_handshaking());
    pair.client.peer_certificates().unwrap()[0].to_vec()
}

#[test]
fn new_connections_get_the_new_certificate_and_old_ones_live_on() {
    let root = Authority::root("root");
    let (old, new) = (root.server("localhost"), root.server("localhost"));
    let files = Files::new(&old, &root);
    let context = TlsContext::load(&files.options(), &CrlStore::new(1), now()).unwrap();
    let client = client(&root);
    let mut alive = Pair::new(&context, &client, "localhost");
    alive.run();
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Unchanged);
    files.write(&new);
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Renewed);
    assert_eq!(shown(&context, &client), new.certificate.der().to_vec());
    alive.client_sends(b"still here");
    assert_eq!(alive.received, b"still here");
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Unchanged);
    assert_eq!(context.reload(now()).unwrap(), Reload::Renewed, "asked for, it is done all the same");
}

#[test]
fn a_handshake_under_way_ends_with_the_certificate_it_began_with() {
    let root = Authority::root("root");
    let (old, new) = (root.server("localhost"), root.server("localhost"));
    let files = Files::new(&old, &root);
    let context = TlsContext::load(&files.options(), &CrlStore::new(1), now()).unwrap();
    let mut pair = Pair::new(&context, &client(&root), "localhost");
    pair.step_client();
    files.write(&new);
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Renewed);
    pair.run();
    assert_eq!(pair.client.peer_certificates().unwrap()[0], *old.certificate.der());
}

#[test]
fn broken_files_keep_the_old_ones_and_are_told_once() {
    let root = Authority::root("root");
    let (old, new) = (root.server("localhost"), root.server("localhost"));
    let files = Files::new(&old, &root);
    let context = TlsContext::load(&files.options(), &CrlStore::new(1), now()).unwrap();
    let client = client(&root);
    // A certificate that is in place before its key.
    fs::write(&files.certificate, new.certificate.pem()).unwrap();
    let error = context.check_for_changes(now()).unwrap_err().to_string();
    assert!(error.contains("is not the key of the certificate in"), "{error}");
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Unchanged);
    assert_eq!(shown(&context, &client), old.certificate.der().to_vec());
    fs::remove_file(&files.key).unwrap();
    assert!(context.check_for_changes(now()).unwrap_err().to_string().contains("cannot be read"));
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Unchanged);
    fs::write(&files.key, new.key.serialize_pem()).unwrap();
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Renewed);
    assert_eq!(shown(&context, &client), new.certificate.der().to_vec());
    // Back to what is in use: an alarm can be cleared.
    fs::write(&files.certificate, "nothing").unwrap();
    assert!(context.check_for_changes(now()).is_err());
    fs::write(&files.certificate, new.certificate.pem()).unwrap();
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Renewed);
}

#[test]
fn the_same_bytes_under_a_new_time_are_no_change() {
    let root = Authority::root("root");
    let signed = root.server("localhost");
    let files = Files::new(&signed, &root);
    let context = TlsContext::load(&files.options(), &CrlStore::new(1), now()).unwrap();
    fs::remove_file(&files.certificate).unwrap();
    files.write(&signed);
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Unchanged);
}

#[test]
fn another_content_under_the_same_time_and_length_is_seen() {
    let root = Authority::root("root");
    let signed = root.server("localhost");
    let files = Files::new(&signed, &root);
    let written_at = fs::metadata(&files.certificate).unwrap().modified().unwrap();
    // It was loaded in the second in which it was written.
    let context = TlsContext::load(&files.options(), &CrlStore::new(1), written_at + Duration::from_secs(1)).unwrap();
    let text = signed.certificate.pem().replacen("MII", "AII", 1);
    let mut file = fs::OpenOptions::new().write(true).open(&files.certificate).unwrap();
    file.write_all(text.as_bytes()).unwrap();
    file.set_modified(written_at).unwrap();
    assert!(context.check_for_changes(now()).is_err());
}

#[test]
fn another_authority_lets_its_clients_in() {
    let (root, next) = (Authority::root("root"), Authority::root("next"));
    let signed = root.server("localhost");
    let files = Files::new(&signed, &root);
    let options = TlsOptions { verify: Verify::Peer, fail_if_no_peer_cert: true, ..files.options() };
    let context = TlsContext::load(&options, &CrlStore::new(1), now()).unwrap();
    let device = next.client("device");
    let identity = Some((device.chain(), device.key_der()));
    let client = Arc::new(client_config(root.certificate.der(), identity, &[&TLS13]));
    let mut refused = Pair::new(&context, &client, "localhost");
    refused.run();
    assert_eq!(refused.failure().word, "unknown_ca");
    fs::write(&files.authorities, root.pem() + &next.pem()).unwrap();
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Renewed);
    let mut accepted = Pair::new(&context, &client, "localhost");
    accepted.run();
    assert_eq!(accepted.server.peer_certificate().unwrap().common_name().unwrap(), "device");
}

#[test]
fn another_revocation_list_shuts_a_client_out() {
    let root = Authority::root("root");
    let files = Files::new(&root.server("localhost"), &root);
    let list = files.key.with_file_name("list.crl");
    fs::write(&list, root.revoke(&[], 2100)).unwrap();
    let options = TlsOptions {
        verify: Verify::Peer,
        enable_crl_check: true,
        crl_files: vec![PemSource::from(list.as_path())],
        ..files.options()
    };
    let context = TlsContext::load(&options, &CrlStore::new(1), now()).unwrap();
    let device = root.sign(revocable(7, "http://crl.example.com/"));
    let identity = Some((device.chain(), device.key_der()));
    let client = Arc::new(client_config(root.certificate.der(), identity, &[&TLS13]));
    shown(&context, &client);
    fs::write(&list, root.revoke(&[7], 2100)).unwrap();
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Renewed);
    let mut revoked = Pair::new(&context, &client, "localhost");
    revoked.run();
    assert_eq!(revoked.failure().word, "certificate_revoked");
    fs::write(&list, "nothing").unwrap();
    let error = context.check_for_changes(now()).unwrap_err().to_string();
    assert!(error.starts_with("crl_files: the revocation list in "), "{error}");
}

#[test]
fn what_takes_the_place_of_a_file_is_told_once() {
    let root = Authority::root("root");
    let files = Files::new(&root.server("localhost"), &root);
    let context = TlsContext::load(&files.options(), &CrlStore::new(1), now()).unwrap();
    fs::remove_file(&files.certificate).unwrap();
    fs::create_dir(&files.certificate).unwrap();
    assert!(context.check_for_changes(now()).unwrap_err().to_string().contains("it is not a file"));
    assert_eq!(context.check_for_changes(now()).unwrap(), Reload::Unchanged);
}
