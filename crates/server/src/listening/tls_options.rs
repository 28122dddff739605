//! `ssl_options` of a listener, from the configuration's form to the one TLS wants.

use super::ListeningError;
use crate::certificate_bundles::{BundleFolder, BundleId};
use dunlin_config as config;
use dunlin_tls::{Bundle, OcspOptions, PartialChain, Password, PemSource, SniCertificate, TlsOptions, Verify};
use std::path::PathBuf;

/// The options; passwords that are in files are read.
///
/// # Errors
/// [`ListeningError::Password`].
pub(super) fn read(
    listener: &str,
    ssl: &config::SslOptions,
    bundles: &BundleFolder,
) -> Result<TlsOptions, ListeningError> {
    let bundles = ssl.managed_certs.iter().map(|certificate| Bundle {
        folder: bundles.path(BundleId::of(certificate)),
        names: certificate.sni.iter().cloned().collect(),
    });
    let sni = ssl.sni_certs.iter().enumerate().map(|(index, entry)| {
        Ok(SniCertificate {
            names: entry.names.clone(),
            certfile: pem(&entry.certfile),
            keyfile: pem(&entry.keyfile),
            password: password(listener, &format!("sni_certs.{}.password", index + 1), entry.password.as_ref())?,
        })
    });
    Ok(TlsOptions {
        cacertfile: ssl.cacertfile.as_ref().map(pem),
        certfile: ssl.certfile.as_ref().map(pem),
        keyfile: ssl.keyfile.as_ref().map(pem),
        password: password(listener, "password", ssl.password.as_ref())?,
        bundles: bundles.collect(),
        sni: sni.collect::<Result<_, _>>()?,
        verify: if ssl.verify_peer { Verify::Peer } else { Verify::None },
        fail_if_no_peer_cert: ssl.fail_if_no_peer_cert,
        depth: ssl.depth,
        partial_chain: match ssl.partial_chain {
            config::PartialChain::Off => PartialChain::Off,
            config::PartialChain::LastCertificate => PartialChain::LastCertificate,
            config::PartialChain::LastTwoCertificates => PartialChain::LastTwoCertificates,
        },
        verify_peer_ext_key_usage: ssl.verify_peer_ext_key_usage.clone(),
        versions: ssl.versions.iter().map(|version| version_word(*version).to_owned()).collect(),
        ciphers: ssl.ciphers.clone(),
        honor_cipher_order: ssl.honor_cipher_order,
        reuse_sessions: ssl.reuse_sessions,
        session_tickets: ssl.session_tickets != config::SessionTickets::Disabled,
        handshake_timeout: ssl.handshake_timeout,
        enable_crl_check: ssl.enable_crl_check,
        crl_files: ssl.crl_files.iter().map(pem).collect(),
        ocsp: ssl.ocsp.as_ref().map(ocsp),
    })
}

fn ocsp(options: &config::OcspOptions) -> OcspOptions {
    OcspOptions {
        responder_url: options.responder_url.clone(),
        issuer_pem: options.issuer_pem.as_ref().map(pem),
        refresh_interval: options.refresh_interval,
        refresh_http_timeout: options.refresh_http_timeout,
    }
}

fn pem(source: &config::Pem) -> PemSource {
    match source {
        config::Pem::File(path) => PemSource::File(path.clone()),
        config::Pem::Inline(text) => PemSource::Inline(text.clone()),
    }
}

fn version_word(version: config::TlsVersion) -> &'static str {
    match version {
        config::TlsVersion::Tls13 => "tlsv1.3",
        config::TlsVersion::Tls12 => "tlsv1.2",
    }
}

fn password(listener: &str, key: &str, secret: Option<&config::Secret>) -> Result<Option<Password>, ListeningError> {
    let Some(secret) = secret else { return Ok(None) };
    let failed = |source| ListeningError::Password {
        listener: listener.into(),
        key: key.into(),
        file: secret.file().map(PathBuf::from).unwrap_or_default(),
        source,
    };
    secret.reveal().map(|text| Some(Password::new(text))).map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn read(listener: &str, ssl: &config::SslOptions) -> Result<TlsOptions, ListeningError> {
        super::read(listener, ssl, &BundleFolder::below(Path::new("/data")))
    }

    #[test]
    fn the_defaults_are_the_same_in_both_forms() {
        let read = read("ssl:default", &config::SslOptions::default()).unwrap();
        assert_eq!(format!("{read:?}"), format!("{:?}", TlsOptions::default()));
    }

    #[test]
    fn options_that_are_set_are_passed_on() {
        let text = r#"
            listeners.ssl.default.ssl_options {
                certfile = "cert.pem", keyfile = "-----BEGIN PRIVATE KEY-----\n", cacertfile = "ca.pem", password = "sesame"
                verify = verify_peer, fail_if_no_peer_cert = true, depth = 3, partial_chain = two_cacerts_from_cacertfile
                verify_peer_ext_key_usage = "clientAuth", enable_crl_check = true, crl_files = "a.crl", versions = ["tlsv1.2"]
                ciphers = "ECDHE-RSA-AES128-GCM-SHA256", honor_cipher_order = false, reuse_sessions = true
                session_tickets = stateless, handshake_timeout = 7s
                ocsp { enable_ocsp_stapling = true, responder_url = "http://o", issuer_pem = "issuer.pem", refresh_interval = 9s }
                managed_certs = [{ bundle_name = a }, { bundle_name = b, namespace = n, sni = "b.example" }]
                sni_certs = [{ certfile = "b.pem", keyfile = "b.key", names = "b.example" }]
            }"#;
        let loaded = dunlin_config::load(text, "dunlin.conf", []).unwrap();
        let listener = loaded.config.listeners.iter().find(|listener| listener.id() == "ssl:default").unwrap();
        let options = read("ssl:default", listener.kind.ssl().unwrap()).unwrap();
        assert_eq!(options.certfile, Some(PemSource::File("cert.pem".into())));
        assert_eq!(options.keyfile, Some(PemSource::Inline("-----BEGIN PRIVATE KEY-----\n".into())));
        assert_eq!(options.cacertfile, Some(PemSource::File("ca.pem".into())));
        assert_eq!(options.password, Some(Password::new("sesame")));
        assert_eq!((options.verify, options.fail_if_no_peer_cert, options.depth), (Verify::Peer, true, 3));
        assert_eq!(options.partial_chain, PartialChain::LastTwoCertificates);
        assert_eq!(options.verify_peer_ext_key_usage, ["clientAuth"]);
        assert_eq!((options.enable_crl_check, options.crl_files), (true, vec![PemSource::File("a.crl".into())]));
        assert_eq!(options.versions, ["tlsv1.2"]);
        assert_eq!(options.ciphers, ["ECDHE-RSA-AES128-GCM-SHA256"]);
        assert_eq!((options.honor_cipher_order, options.reuse_sessions, options.session_tickets), (false, true, true));
        assert_eq!(options.handshake_timeout.as_secs(), 7);
        let ocsp = options.ocsp.unwrap();
        assert_eq!((ocsp.responder_url.as_deref(), ocsp.refresh_interval.as_secs()), (Some("http://o"), 9));
        assert_eq!(ocsp.issuer_pem, Some(PemSource::File("issuer.pem".into())));
        let bundle = |folder: &str, names: &[&str]| Bundle {
            folder: folder.into(),
            names: names.iter().map(|name| (*name).to_owned()).collect(),
        };
        assert_eq!(
            options.bundles,
            [bundle("/data/certs2/global/a", &[]), bundle("/data/certs2/ns/n/b", &["b.example"])]
        );
        assert_eq!(
            (&*options.sni[0].names, &options.sni[0].certfile),
            (&["b.example".to_owned()][..], &PemSource::File("b.pem".into()))
        );
    }

    #[test]
    fn a_password_is_read_from_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let ssl = config::SslOptions {
            password: Some(config::Secret::new(&format!("file://{}", file.display()))),
            ..config::SslOptions::default()
        };
        let missing = read("wss:front", &ssl).unwrap_err().to_string();
        let expected = format!("listeners.wss.front.ssl_options.password: {} cannot be read: ", file.display());
        assert!(missing.starts_with(&expected) && !missing.contains('\n'), "{missing}");
        fs::write(&file, "sesame\n").unwrap();
        assert_eq!(read("wss:front", &ssl).unwrap().password, Some(Password::new("sesame")));
    }
}
