//! What TLS costs: memory of an idle connection, and time of a full and of a resumed handshake. No sockets: both ends are here.
//!
//! `cargo run --release -p dunlin-tls --example tls_costs [CONNECTIONS]`

use dunlin_tls::{CrlStore, PemSource, SelfSigned, TlsContext, TlsOptions, TlsStream};
use rustix::time::{ClockId, clock_gettime};
use rustls::client::{ClientConnection, Resumption};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls::version::{TLS12, TLS13};
use rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};
use std::collections::VecDeque;
use std::error::Error;
use std::io::{self, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

/// A socket that is two queues, which its owner fills and empties.
#[derive(Default)]
struct Queues {
    incoming: VecDeque<u8>,
    outgoing: VecDeque<u8>,
}

impl Read for Queues {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() { Err(io::ErrorKind::WouldBlock.into()) } else { self.incoming.read(buffer) }
    }
}

impl Write for Queues {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.outgoing.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

type Answer<T> = Result<T, Box<dyn Error>>;

/// A connection that is up; the time the server's side took is added to `server_time`.
fn connect(
    context: &TlsContext,
    config: &Arc<ClientConfig>,
    server_time: &mut Duration,
) -> Answer<(TlsStream<Queues>, ClientConnection)> {
    let mut client = ClientConnection::new(Arc::clone(config), ServerName::try_from("localhost")?)?;
    let started = processor_time();
    let mut server = context.accept(Queues::default())?;
    *server_time += processor_time().saturating_sub(started);
    let mut said = false;
    loop {
        while client.wants_write() {
            client.write_tls(&mut server.socket_mut().incoming)?;
        }
        let started = processor_time();
        let read = server.read(&mut [0; 1024]);
        *server_time += processor_time().saturating_sub(started);
        match read {
            // The client has said something: it is through as well.
            Ok(_) => break,
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
        while !server.socket().outgoing.is_empty() {
            client.read_tls(&mut server.socket_mut().outgoing)?;
            client.process_new_packets()?;
        }
        if !client.is_handshaking() && !said {
            said = true;
            client.writer().write_all(b"connect")?;
        }
    }
    // The ticket comes after the handshake.
    while !server.socket().outgoing.is_empty() {
        client.read_tls(&mut server.socket_mut().outgoing)?;
        client.process_new_packets()?;
    }
    *server.socket_mut() = Queues::default();
    Ok((server, client))
}

/// Time this thread has spent on a processor.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    let part = |number: i64| u64::try_from(number).unwrap_or(0);
    Duration::from_secs(part(time.tv_sec)) + Duration::from_nanos(part(time.tv_nsec))
}

fn resident_bytes() -> Answer<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

fn client_config(root: &CertificateDer<'static>, version: &'static SupportedProtocolVersion) -> Answer<ClientConfig> {
    let mut roots = RootCertStore::empty();
    roots.add(root.clone())?;
    let mut config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_protocol_versions(&[version])?
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.resumption = Resumption::disabled();
    Ok(config)
}

fn measure(connections: usize) -> Answer<()> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(UnixTime::now().as_secs());
    let made = SelfSigned::generate(&["localhost".to_owned()], now)?;
    let options = TlsOptions {
        certfile: Some(PemSource::parse(&made.certificate_pem)),
        keyfile: Some(PemSource::parse(&made.key_pem)),
        reuse_sessions: true,
        ..TlsOptions::default()
    };
    let context = TlsContext::load(&options, &CrlStore::new(1), now)?;
    let root = CertificateDer::from_pem_slice(made.certificate_pem.as_bytes())?;
    let mut idle = Vec::with_capacity(2 * connections);
    for (name, version) in [("tlsv1.3", &TLS13), ("tlsv1.2", &TLS12)] {
        let full = Arc::new(client_config(&root, version)?);
        let mut time = Duration::ZERO;
        drop(connect(&context, &full, &mut time)?);
        let before = resident_bytes()?;
        time = Duration::ZERO;
        for _ in 0..connections {
            // Only the server's side is kept, to the end: no memory is used twice.
            idle.push(connect(&context, &full, &mut time)?.0);
        }
        let bytes = resident_bytes()?.saturating_sub(before) / connections as u64;
        println!("{name}: {bytes} bytes resident per idle connection, of {connections}");
        println!(
            "{name}: full handshake    {:>6.1} us of the server's time",
            time.as_secs_f64() * 1e6 / connections as f64
        );
        let mut resuming = client_config(&root, version)?;
        resuming.resumption = Resumption::in_memory_sessions(8);
        let resuming = Arc::new(resuming);
        connect(&context, &resuming, &mut time)?;
        time = Duration::ZERO;
        for _ in 0..connections {
            let (server, _client) = connect(&context, &resuming, &mut time)?;
            if !server.is_resumed() {
                return Err("a session was not resumed".into());
            }
        }
        println!(
            "{name}: resumed handshake {:>6.1} us of the server's time",
            time.as_secs_f64() * 1e6 / connections as f64
        );
    }
    Ok(())
}

fn main() -> ExitCode {
    let connections = std::env::args().nth(1).and_then(|count| count.parse().ok()).unwrap_or(10_000);
    match measure(connections) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
