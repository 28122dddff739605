//! Handshakes with servers that are who they should be, and with others; mistakes in the options.

use super::*;
use crate::self_signed::SelfSigned;
use rustls::pki_types::ServerName;
use rustls::{ClientConnection, ServerConfig, ServerConnection};
use std::time::SystemTime;

#[expect(clippy::disallowed_methods, reason = "the TLS library reads the clock, and the certificates have to be valid")]
fn now() -> SystemTime {
    SystemTime::now()
}

fn self_signed() -> SelfSigned {
    of("localhost")
}

fn of(name: &str) -> SelfSigned {
    SelfSigned::generate(&[name.to_owned()], now()).unwrap()
}

fn inline(text: &str) -> Option<PemSource> {
    Some(PemSource::Inline(text.to_owned()))
}

fn load(options: &ClientTlsOptions) -> Result<ClientTls, TlsError> {
    ClientTls::load(options, &mut ReadFiles::new(now()))
}

/// Lets a client and a server with this certificate talk until both are done, or one gives up.
fn handshake(client: &ClientTls, pair: &SelfSigned) -> Result<(), Error> {
    let mut files = ReadFiles::new(now());
    let chain = read_certificates("certfile", &inline(&pair.certificate_pem).unwrap(), &mut files).unwrap();
    let key = read_private_key("keyfile", &inline(&pair.key_pem).unwrap(), None, &mut files).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let server = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let server = server.with_no_client_auth().with_single_cert(chain, key).unwrap();
    let mut server = ServerConnection::new(Arc::new(server)).unwrap();
    let name = ServerName::try_from("localhost").unwrap();
    let mut client = ClientConnection::new(Arc::clone(&client.config), name).unwrap();
    while client.is_handshaking() || server.is_handshaking() {
        let mut wire = Vec::new();
        client.write_tls(&mut wire).unwrap();
        server.read_tls(&mut &*wire).unwrap();
        server.process_new_packets()?;
        wire.clear();
        server.write_tls(&mut wire).unwrap();
        client.read_tls(&mut &*wire).unwrap();
        client.process_new_packets()?;
    }
    Ok(())
}

#[test]
fn a_server_is_who_an_authority_says() {
    let (ours, other) = (self_signed(), self_signed());
    let trusting = ClientTlsOptions { cacertfile: inline(&ours.certificate_pem), ..ClientTlsOptions::default() };
    let trusting = load(&trusting).unwrap();
    handshake(&trusting, &ours).unwrap();
    assert!(matches!(handshake(&trusting, &other), Err(Error::InvalidCertificate(_))));
    // Nobody whom browsers trust has signed it.
    let browsers = load(&ClientTlsOptions::default()).unwrap();
    assert!(matches!(handshake(&browsers, &ours), Err(Error::InvalidCertificate(_))));
}

#[test]
fn a_name_counts_unless_its_author_says_otherwise() {
    let elsewhere = of("elsewhere");
    let cacertfile = inline(&elsewhere.certificate_pem);
    let named = ClientTlsOptions { cacertfile, ..ClientTlsOptions::default() };
    let any = ClientTlsOptions { uses_server_name: false, ..named.clone() };
    assert!(matches!(handshake(&load(&named).unwrap(), &elsewhere), Err(Error::InvalidCertificate(_))));
    handshake(&load(&any).unwrap(), &elsewhere).unwrap();
    // Whoever signed it counts all the same.
    assert!(matches!(handshake(&load(&any).unwrap(), &of("elsewhere")), Err(Error::InvalidCertificate(_))));
}

#[test]
fn with_verify_none_anyone_will_do() {
    let options = ClientTlsOptions { verify: Verify::None, ..ClientTlsOptions::default() };
    handshake(&load(&options).unwrap(), &self_signed()).unwrap();
}

#[test]
fn what_is_shown_is_there_as_text_and_never_printed() {
    let pair = self_signed();
    let (certfile, keyfile) = (inline(&pair.certificate_pem), inline(&pair.key_pem));
    let options = ClientTlsOptions { cacertfile: certfile.clone(), certfile, keyfile, ..ClientTlsOptions::default() };
    let tls = load(&options).unwrap();
    let identity = tls.identity.clone().unwrap();
    let lines = |text: &str| text.replace('\r', "");
    assert_eq!(lines(&identity.chain_pem), lines(&pair.certificate_pem));
    assert_eq!(lines(&identity.key_pem), lines(&pair.key_pem));
    assert_eq!(tls.authorities_pem.as_deref().map(lines), Some(lines(&pair.certificate_pem)));
    assert!(!format!("{tls:?}").contains("PRIVATE KEY"));
}

#[test]
fn mistakes_name_the_key() {
    let (pair, other) = (self_signed(), self_signed());
    let missing = || Some(PemSource::File("/nowhere/ca.pem".into()));
    for (options, expected) in [
        (ClientTlsOptions { cacertfile: missing(), ..ClientTlsOptions::default() }, "cacertfile: /nowhere/ca.pem"),
        (
            ClientTlsOptions { certfile: inline(&pair.certificate_pem), ..ClientTlsOptions::default() },
            "keyfile is missing",
        ),
        (ClientTlsOptions { keyfile: inline(&pair.key_pem), ..ClientTlsOptions::default() }, "certfile is missing"),
        (
            ClientTlsOptions {
                certfile: inline(&pair.certificate_pem),
                keyfile: inline(&other.key_pem),
                ..ClientTlsOptions::default()
            },
            "keyfile: the key in",
        ),
        (ClientTlsOptions { versions: vec!["sslv3".into()], ..ClientTlsOptions::default() }, "versions"),
        (ClientTlsOptions { ciphers: vec!["NONSUCH".into()], ..ClientTlsOptions::default() }, "ciphers"),
    ] {
        let error = load(&options).unwrap_err().to_string();
        assert!(error.starts_with(expected) && !error.contains('\n'), "{error}");
    }
}
