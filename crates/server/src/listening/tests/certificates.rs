//! Certificates that are loaded, and change.

use super::signed::Authority;
use super::{configuration, listener};
use crate::listening::{CertificateHooks, Certificates, layering};
use dunlin_config::{Config, Mqtt};
use parking_lot::Mutex;
use std::fs;
use std::path::Path;
use std::sync::Arc;
use tempfile::TempDir;

/// What hooks were told, a line each.
#[derive(Clone, Default)]
pub(super) struct Told(Arc<Mutex<Vec<String>>>);

impl Told {
    pub(super) fn hooks(&self) -> CertificateHooks {
        let [raised, ended, renewed] = [(); 3].map(|()| self.clone());
        CertificateHooks {
            raise_alarm: Box::new(move |name, message| raised.0.lock().push(format!("raise {name}: {message}"))),
            end_alarm: Box::new(move |name| ended.0.lock().push(format!("end {name}"))),
            renewed: Box::new(move |listener| renewed.0.lock().push(format!("renewed {listener}"))),
        }
    }

    pub(super) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock())
    }
}

fn write_pair(folder: &Path, authority: &Authority) {
    let (certificate, key) = authority.server(&[7]);
    fs::write(folder.join("cert.pem"), certificate).unwrap();
    fs::write(folder.join("key.pem"), key).unwrap();
}

/// `ssl:default` with files in a folder.
fn with_files() -> (TempDir, Authority, Config) {
    let folder = tempfile::tempdir().unwrap();
    let authority = Authority::with_list_at("http://localhost/a.crl");
    write_pair(folder.path(), &authority);
    let place = folder.path().display();
    let text = format!(
        "listeners.ssl.default.ssl_options {{ certfile = \"{place}/cert.pem\", keyfile = \"{place}/key.pem\" }}\n\
         listeners.wss.default.enable = false"
    );
    let config = configuration(folder.path(), &text);
    (folder, authority, config)
}

fn load(config: &Config, certificates: &Certificates) {
    layering(listener(config, "ssl:default"), &Mqtt::default(), certificates).unwrap();
}

#[test]
fn files_that_change_are_read_anew() {
    let (folder, authority, config) = with_files();
    let told = Told::default();
    let certificates = Arc::new(Certificates::new(&config));
    let _watch = certificates.watch(told.hooks()).unwrap();
    load(&config, &certificates);
    assert_eq!(told.take(), ["end certificate_reload_failed:ssl:default"]);
    certificates.check_files();
    assert!(told.take().is_empty());

    // Half a change: the key of another certificate.
    fs::write(folder.path().join("cert.pem"), authority.server(&[8]).0 + "\n").unwrap();
    certificates.check_files();
    let alarm = told.take();
    let expected = "raise certificate_reload_failed:ssl:default: listeners.ssl.default.ssl_options.keyfile: ";
    assert!(alarm.len() == 1 && alarm[0].starts_with(expected) && !alarm[0].contains('\n'), "{alarm:?}");
    // Once is enough.
    certificates.check_files();
    assert!(told.take().is_empty());
    assert!(certificates.quic_server_config("ssl:default").is_some(), "the earlier ones are in use");

    write_pair(folder.path(), &authority);
    certificates.check_files();
    assert_eq!(told.take(), ["end certificate_reload_failed:ssl:default", "renewed ssl:default"]);
}

#[test]
fn a_clean_of_the_cache_reads_everything_now() {
    let (folder, _, config) = with_files();
    let told = Told::default();
    let certificates = Arc::new(Certificates::new(&config));
    let watch = certificates.watch(told.hooks()).unwrap();
    assert_eq!(certificates.clean_pem_cache().renewed, 0);
    load(&config, &certificates);
    told.take();
    assert_eq!(certificates.clean_pem_cache().renewed, 1);
    assert_eq!(told.take(), ["end certificate_reload_failed:ssl:default", "renewed ssl:default"]);
    fs::remove_file(folder.path().join("key.pem")).unwrap();
    let crate::Reread { renewed, failed } = certificates.clean_pem_cache();
    assert!(renewed == 0 && failed.len() == 1 && failed[0].contains("key.pem"), "{failed:?}");
    assert!(told.take()[0].starts_with("raise "));
    certificates.forget("ssl:default");
    assert_eq!(told.take(), ["end certificate_reload_failed:ssl:default"]);
    assert_eq!(certificates.clean_pem_cache().renewed, 0);
    assert!(certificates.quic_server_config("ssl:default").is_none());
    // It ends at once, although the next look at the files is seconds away.
    drop(watch);
}

#[test]
fn without_a_certificate_there_is_one_for_testing() {
    let folder = tempfile::tempdir().unwrap();
    let config = configuration(folder.path(), "");
    let certificates = Certificates::new(&config);
    load(&config, &certificates);
    let pair = ["cert.pem", "key.pem"].map(|name| folder.path().join("certs/self-signed").join(name));
    let before = pair.each_ref().map(|file| fs::read(file).unwrap());
    layering(listener(&config, "wss:default"), &Mqtt::default(), &certificates).unwrap();
    assert_eq!(pair.map(|file| fs::read(file).unwrap()), before, "both listeners have the same one");
}

/// As in EMQX, where `certfile` and `keyfile` have these defaults.
#[test]
fn certificates_beside_the_configuration_file_need_not_be_named() {
    let folder = tempfile::tempdir().unwrap();
    let mut config = configuration(folder.path(), "");
    let etc = folder.path().join("etc");
    fs::create_dir_all(etc.join("certs")).unwrap();
    write_pair(&etc.join("certs"), &Authority::with_list_at("http://localhost/a.crl"));
    config.etc_dir = Some(etc.clone());
    Certificates::check(&config).unwrap();
    load(&config, &Certificates::new(&config));
    assert!(!folder.path().join("certs").exists(), "none was made");
    fs::write(etc.join("certs/key.pem"), "no key").unwrap();
    let error = Certificates::check(&config).unwrap_err().to_string();
    let expected = format!("listeners.ssl.default.ssl_options.keyfile: {}", etc.join("certs/key.pem").display());
    assert!(error.starts_with(&expected), "{error}");
}

#[test]
fn certificates_may_stand_in_the_configuration() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = Authority::with_list_at("http://localhost/a.crl").server(&[7]);
    let text = format!(
        "listeners.ssl.default.ssl_options {{ certfile = \"\"\"{certificate}\"\"\", keyfile = \"\"\"{key}\"\"\" }}"
    );
    let config = configuration(folder.path(), &text);
    load(&config, &Certificates::new(&config));
    assert!(!folder.path().join("certs").exists());
}
