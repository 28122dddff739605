//! The OpenSSL command line client against a stream of ours, over the loopback.

use crate::support::authority::{Authority, Signed, client_named};
use crate::support::now;
use dunlin_tls::{
    CrlStore, HandshakeFailure, OcspOptions, PemSource, Side, SniCertificate, TlsContext, TlsOptions, Verify,
};
use rcgen::date_time_ymd;
use std::fs;
use std::io::{self, Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

/// Longer than any of this takes.
const PATIENCE: Duration = Duration::from_secs(60);

/// What the server saw of one connection.
#[derive(Debug)]
struct Served {
    failure: Option<HandshakeFailure>,
    version: Option<&'static str>,
    cipher: Option<&'static str>,
    server_name: Option<String>,
    common_name: Option<String>,
    is_resumed: bool,
    received: Vec<u8>,
}

/// Serves one connection: answers the first bytes and closes.
fn serve(context: &TlsContext, socket: TcpStream) -> Served {
    socket.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut stream = context.accept(socket).unwrap();
    let mut received = Vec::new();
    let mut buffer = [0; 4096];
    loop {
        match stream.read(&mut buffer) {
            Ok(0) => break,
            Ok(count) => {
                received.extend_from_slice(&buffer[..count]);
                stream.write_all(b"answer\n").unwrap();
                stream.close_notify();
                break;
            }
            Err(error) if error.kind() == io::ErrorKind::WouldBlock && stream.has_pending_read() => {}
            Err(error) => {
                assert_ne!(error.kind(), io::ErrorKind::WouldBlock, "the client says nothing");
                break;
            }
        }
    }
    // Read to the end, lest the alert is lost in a reset.
    let _ = stream.socket().shutdown(Shutdown::Write);
    let _ = io::copy(stream.socket_mut(), &mut io::sink());
    Served {
        failure: stream.handshake_failure().cloned(),
        version: stream.version(),
        cipher: stream.cipher(),
        server_name: stream.server_name().map(str::to_owned),
        common_name: stream.peer_certificate().and_then(|peer| peer.common_name()),
        is_resumed: stream.is_resumed(),
        received,
    }
}

/// A listener and the directory its client's files are in.
struct Bench {
    root: Authority,
    options: TlsOptions,
    directory: tempfile::TempDir,
}

impl Bench {
    fn new() -> Self {
        let root = Authority::root("root");
        let options = TlsOptions {
            cacertfile: Some(PemSource::parse(&root.pem())),
            verify: Verify::Peer,
            ..root.server("localhost").options()
        };
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("root.pem"), root.pem()).unwrap();
        Self { root, options, directory }
    }

    fn path(&self, name: &str) -> String {
        self.directory.path().join(name).display().to_string()
    }

    fn write(&self, name: &str, text: &str) -> String {
        fs::write(Path::new(&self.path(name)), text).unwrap();
        self.path(name)
    }

    /// Connects with `openssl s_client` and these arguments; so many connections are served, with one load of the options.
    fn connect(&self, context: &TlsContext, connections: usize, arguments: &[&str]) -> (Vec<Served>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        thread::scope(|scope| {
            let server = scope.spawn(move || {
                (0..connections).map(|_| serve(context, listener.accept().unwrap().0)).collect::<Vec<_>>()
            });
            let mut client = Command::new("openssl")
                .args(["s_client", "-connect", &address, "-ign_eof", "-CAfile", &self.path("root.pem")])
                .args(arguments)
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::piped())
                .spawn()
                .unwrap();
            // A client that was refused is gone already.
            let _ = client.stdin.take().unwrap().write_all(b"hello\n");
            let output = client.wait_with_output().unwrap();
            let text = [output.stdout, output.stderr].concat();
            (server.join().unwrap(), String::from_utf8_lossy(&text).into_owned())
        })
    }

    fn context(&self) -> TlsContext {
        TlsContext::load(&self.options, &CrlStore::new(1), now()).unwrap()
    }

    fn connect_once(&self, arguments: &[&str]) -> (Served, String) {
        let (mut served, text) = self.connect(&self.context(), 1, arguments);
        (served.remove(0), text)
    }

    /// Connects with a client certificate.
    fn connect_as(&self, client: &Signed, arguments: &[&str]) -> (Served, String) {
        let certificate = self.write("client.pem", &client.certificate.pem());
        let key = self.write("client.key", &client.key.serialize_pem());
        self.connect_once(&[&["-cert", &certificate, "-key", &key], arguments].concat())
    }
}

#[test]
fn versions_and_ciphers_are_what_was_asked_for() {
    let bench = Bench::new();
    for (arguments, version, cipher) in [
        (&["-tls1_3", "-ciphersuites", "TLS_AES_128_GCM_SHA256"][..], "tlsv1.3", "TLS_AES_128_GCM_SHA256"),
        (&["-tls1_3", "-ciphersuites", "TLS_CHACHA20_POLY1305_SHA256"], "tlsv1.3", "TLS_CHACHA20_POLY1305_SHA256"),
        (&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-GCM-SHA256"], "tlsv1.2", "ECDHE-ECDSA-AES128-GCM-SHA256"),
        (&["-tls1_2", "-cipher", "ECDHE-ECDSA-CHACHA20-POLY1305"], "tlsv1.2", "ECDHE-ECDSA-CHACHA20-POLY1305"),
    ] {
        let (served, text) = bench.connect_once(arguments);
        assert_eq!((served.version, served.cipher), (Some(version), Some(cipher)), "{text}");
        assert_eq!(served.received, b"hello\n");
        assert!(text.contains("answer\n") && text.contains("Verify return code: 0 (ok)"), "{text}");
    }
}

#[test]
fn what_is_not_offered_is_refused_under_its_word() {
    let mut bench = Bench::new();
    let (served, _) = bench.connect_once(&["-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0"]);
    assert_eq!(served.failure.unwrap().word, "protocol_version");
    let (served, _) = bench.connect_once(&["-tls1_2", "-cipher", "ECDHE-ECDSA-AES256-SHA384"]);
    assert_eq!(served.failure.unwrap().word, "no_suitable_cipher");
    // It knows key exchange with RSA alone, and so names no groups.
    let (served, _) = bench.connect_once(&["-tls1_2", "-cipher", "AES128-SHA"]);
    assert_eq!(served.failure.unwrap().word, "no_suitable_cipher");
    let (served, _) = bench.connect_once(&["-tls1_3", "-groups", "ffdhe2048"]);
    let failure = served.failure.unwrap();
    assert!(failure.word == "handshake_failure" && failure.detail.contains("X25519"), "{failure}");
    bench.options.versions = vec!["tlsv1.3".into()];
    let (served, text) = bench.connect_once(&["-tls1_2"]);
    let failure = served.failure.unwrap();
    assert_eq!((failure.word, failure.side), ("protocol_version", Side::Server));
    assert!(text.contains("alert protocol version"), "{text}");
}

#[test]
fn client_certificates_are_checked() {
    let mut bench = Bench::new();
    bench.options.fail_if_no_peer_cert = true;
    let expired = bench.root.sign(|parameters| {
        client_named("old")(parameters);
        parameters.not_after = date_time_ymd(2020, 1, 1);
    });
    for version in ["-tls1_2", "-tls1_3"] {
        let (served, text) = bench.connect_as(&bench.root.client("sensor 7"), &[version]);
        assert_eq!(served.common_name.as_deref(), Some("sensor 7"), "{text}");
        let (served, text) = bench.connect_as(&expired, &[version]);
        assert_eq!(served.failure.unwrap().word, "certificate_expired");
        assert!(text.contains("alert certificate expired"), "{text}");
        let (served, text) = bench.connect_as(&Authority::root("other").client("x"), &[version]);
        assert_eq!(served.failure.unwrap().word, "unknown_ca");
        assert!(text.contains("alert unknown ca"), "{text}");
        let (served, _) = bench.connect_once(&[version]);
        assert_eq!(served.failure.unwrap().word, "certificate_required");
    }
}

#[test]
fn what_a_refused_client_needs_is_said() {
    let bench = Bench::new();
    let (path, root) = (|name: &str| bench.path(name), bench.path("root.pem"));
    bench.write("root.key", &bench.root.key_pem());
    let openssl = |arguments: &[&str]| {
        let done = Command::new("openssl").args(arguments).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    };
    let sign = |new_key: &[&str], digest: &str| {
        let (key, request) = (path("client.key"), path("client.csr"));
        openssl(
            &[&["req", "-new", "-nodes", "-subj", "/CN=sensor 7", "-keyout", &key, "-out", &request], new_key].concat(),
        );
        let root_key = path("root.key");
        let signing = ["-CA", &root, "-CAkey", &root_key, "-CAcreateserial", "-out", &path("client.pem"), digest];
        openssl(&[&["x509", "-req", "-in", &request], &signing[..]].concat());
    };
    let short: &[&str] = &["-newkey", "rsa:1024"];
    let long: &[&str] = &["-newkey", "rsa:2048"];
    for version in ["-tls1_2", "-tls1_3"] {
        let connect = || {
            let level = ["-cipher", "DEFAULT:@SECLEVEL=0", version];
            bench.connect_once(&[&["-cert", &path("client.pem"), "-key", &path("client.key")], &level[..]].concat()).0
        };
        // What this command makes is of version 1 with some releases of OpenSSL.
        sign(long, "-sha256");
        let served = connect();
        assert_eq!((served.common_name.as_deref(), served.failure), (Some("sensor 7"), None));
        for (new_key, digest, words) in [(short, "-sha256", "RSA key of 1024 bits"), (long, "-sha1", "SHA-256")] {
            sign(new_key, digest);
            let failure = connect().failure.unwrap();
            assert_eq!((failure.word, failure.side), ("unsupported_certificate", Side::Server), "{failure}");
            assert!(failure.detail.contains(words) && !failure.detail.contains("Error"), "{failure}");
        }
    }
    let failure = bench.connect_as(&Authority::root("other").client("x"), &[]).0.failure.unwrap();
    assert!(failure.detail.contains("cacertfile"), "{failure}");
}

#[test]
fn a_client_that_refuses_the_server_is_heard() {
    let bench = Bench::new();
    let other = bench.write("other.pem", &Authority::root("other").pem());
    let (served, _) = bench.connect_once(&["-verify_return_error", "-CAfile", &other]);
    let failure = served.failure.unwrap();
    assert_eq!((failure.word, failure.side), ("unknown_ca", Side::Client));
}

#[test]
fn the_name_chooses_the_certificate() {
    let mut bench = Bench::new();
    let named = bench.root.server("a.example.com");
    bench.options.sni = vec![SniCertificate {
        names: Vec::new(),
        certfile: PemSource::parse(&named.certificate.pem()),
        keyfile: PemSource::parse(&named.key.serialize_pem()),
        password: None,
    }];
    let (served, text) = bench.connect_once(&["-servername", "a.example.com"]);
    assert_eq!(served.server_name.as_deref(), Some("a.example.com"));
    assert!(text.contains("subject=CN = a.example.com"), "{text}");
    let (served, text) = bench.connect_once(&["-noservername"]);
    assert_eq!(served.server_name, None);
    assert!(text.contains("subject=CN = localhost"), "{text}");
}

#[test]
fn sessions_are_reused() {
    let mut bench = Bench::new();
    bench.options.reuse_sessions = true;
    let context = bench.context();
    let (served, text) = bench.connect(&context, 6, &["-tls1_2", "-reconnect"]);
    let resumed: Vec<bool> = served.iter().map(|served| served.is_resumed).collect();
    assert_eq!(resumed, [false, true, true, true, true, true], "{text}");
    assert_eq!(text.matches("Reused, TLSv1.2").count(), 5, "{text}");
    let session = bench.path("session");
    for arguments in [&["-tls1_2"][..], &["-tls1_3"], &["-tls1_2", "-no_ticket"]] {
        let (first, _) = bench.connect(&context, 1, &[arguments, &["-sess_out", &session]].concat());
        assert!(!first[0].is_resumed);
        let (again, text) = bench.connect(&context, 1, &[arguments, &["-sess_in", &session]].concat());
        assert!(again[0].is_resumed && text.contains("Reused, TLSv1."), "{arguments:?}: {text}");
    }
    bench.options.reuse_sessions = false;
    let (served, _) = bench.connect(&bench.context(), 6, &["-tls1_2", "-reconnect"]);
    assert!(served.iter().all(|served| !served.is_resumed));
}

/// Has OpenSSL sign a response that says that a certificate is good.
fn good_response(bench: &Bench, request: &[u8], serial: &str) -> Vec<u8> {
    let signer = bench.root.sign(|parameters| {
        parameters.extended_key_usages = vec![rcgen::ExtendedKeyUsagePurpose::OcspSigning];
    });
    fs::write(bench.path("request.der"), request).unwrap();
    let index = bench.write("index.txt", &format!("V\t20991231235959Z\t\t{serial}\tunknown\t/CN=localhost\n"));
    let certificate = bench.write("signer.pem", &signer.certificate.pem());
    let key = bench.write("signer.key", &signer.key.serialize_pem());
    let done = Command::new("openssl")
        .args(["ocsp", "-index", &index, "-CA", &bench.path("root.pem"), "-rsigner", &certificate, "-rkey", &key])
        .args(["-reqin", &bench.path("request.der"), "-respout", &bench.path("response.der"), "-ndays", "1"])
        .output()
        .unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    fs::read(bench.path("response.der")).unwrap()
}

#[test]
fn an_ocsp_response_is_stapled() {
    let mut bench = Bench::new();
    let server = bench.root.sign(|parameters| {
        *parameters = rcgen::CertificateParams::new(["localhost".to_owned()]).unwrap();
        parameters.serial_number = Some(0x1234_u64.into());
    });
    let ocsp = OcspOptions { responder_url: Some("http://ocsp.example.com/".into()), ..OcspOptions::default() };
    bench.options = TlsOptions { cacertfile: bench.options.cacertfile.clone(), ocsp: Some(ocsp), ..server.options() };
    let context = bench.context();
    let (_, text) = bench.connect(&context, 1, &["-status"]);
    assert!(text.contains("OCSP response: no response sent"), "{text}");
    let staple = context.ocsp_staple().unwrap();
    staple.set(&good_response(&bench, staple.request(), "1234")).unwrap();
    context.reload(now()).unwrap();
    for version in ["-tls1_2", "-tls1_3"] {
        let (_, text) = bench.connect(&context, 1, &["-status", version]);
        assert!(text.contains("OCSP Response Status: successful") && text.contains("Cert Status: good"), "{text}");
    }
    context.ocsp_staple().unwrap().clear();
    let (_, text) = bench.connect(&context, 1, &["-status"]);
    assert!(text.contains("OCSP response: no response sent"), "{text}");
}

#[test]
fn much_data_goes_both_ways() {
    let bench = Bench::new();
    let context = bench.context();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let sent: Vec<u8> = (0..400_000_u32).flat_map(|number| number.to_string().into_bytes()).collect();
    thread::scope(|scope| {
        let echo = scope.spawn(|| {
            let (socket, _) = listener.accept().unwrap();
            socket.set_read_timeout(Some(PATIENCE)).unwrap();
            let mut stream = context.accept(socket).unwrap();
            let (mut buffer, mut total) = (vec![0; 64 * 1024], 0);
            while total < sent.len() {
                match stream.read(&mut buffer) {
                    Ok(count) => {
                        assert!(count > 0, "cut off after {total}");
                        stream.write_all(&buffer[..count]).unwrap();
                        total += count;
                    }
                    Err(error) => assert!(stream.has_pending_read(), "{error}"),
                }
            }
            stream.close_notify();
            let _ = stream.socket().shutdown(Shutdown::Write);
            let _ = io::copy(stream.socket_mut(), &mut io::sink());
        });
        let mut client = Command::new("openssl")
            .args(["s_client", "-connect", &address, "-quiet", "-no_ign_eof", "-nocommands"])
            .args(["-ign_eof", "-verify_quiet"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut input = client.stdin.take().unwrap();
        let to_send = sent.clone();
        scope.spawn(move || input.write_all(&to_send).unwrap());
        let output = client.wait_with_output().unwrap();
        echo.join().unwrap();
        assert!(output.stdout == sent, "{} bytes came back of {}", output.stdout.len(), sent.len());
    });
}
