//! What a pre-shared key costs: memory of an idle connection, and time of a handshake. No sockets: both ends are here.
//!
//! `cargo run --release -p dunlin-tls-psk --features openssl --example psk_costs [CONNECTIONS]`

use dunlin_tls_psk::{PskContext, PskKeys, PskOptions, PskStream};
use openssl::ssl::{Ssl, SslContext, SslMethod, SslStream, SslVersion};
use rustix::time::{ClockId, clock_gettime};
use std::collections::VecDeque;
use std::error::Error;
use std::io::{self, ErrorKind, Read, Write};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

/// A socket that is two queues, which its owner fills and empties.
#[derive(Debug, Default)]
struct Queues {
    incoming: VecDeque<u8>,
    outgoing: VecDeque<u8>,
}

impl Read for Queues {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.incoming.is_empty() { Err(ErrorKind::WouldBlock.into()) } else { self.incoming.read(buffer) }
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
fn connect(context: &PskContext, client: &SslContext, server_time: &mut Duration) -> Answer<PskStream<Queues>> {
    let mut client = SslStream::new(Ssl::new(client)?, Queues::default())?;
    let started = processor_time();
    let mut server = context.accept(Queues::default())?;
    *server_time += processor_time().saturating_sub(started);
    let mut is_connected = false;
    loop {
        if !is_connected && client.connect().is_ok() {
            is_connected = true;
            client.write_all(b"connect")?;
        }
        server.socket_mut().incoming.append(&mut client.get_mut().outgoing);
        let started = processor_time();
        let read = server.read(&mut [0; 1024]);
        *server_time += processor_time().saturating_sub(started);
        client.get_mut().incoming.append(&mut server.socket_mut().outgoing);
        match read {
            // The client has said something: it is through as well.
            Ok(_) => break,
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
    // Something is said back, too.
    server.write_all(b"connack")?;
    *server.socket_mut() = Queues::default();
    Ok(server)
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

fn client_context(version: SslVersion) -> Answer<SslContext> {
    let mut context = SslContext::builder(SslMethod::tls_client())?;
    context.set_min_proto_version(Some(version))?;
    context.set_max_proto_version(Some(version))?;
    context.set_psk_client_callback(|_, _, identity, secret| {
        identity[..7].copy_from_slice(b"sensor\0");
        secret[..SECRET.len()].copy_from_slice(SECRET);
        Ok(SECRET.len())
    });
    Ok(context.build())
}

fn measure(connections: usize) -> Answer<()> {
    let file = tempfile::NamedTempFile::new()?;
    std::fs::write(file.path(), [b"sensor:", SECRET].concat())?;
    let keys = Arc::new(PskKeys::load(Some(file.path().into()), ':', SystemTime::UNIX_EPOCH)?);
    let context = PskContext::load(PskOptions::default(), keys, SystemTime::UNIX_EPOCH)?;
    let mut idle = Vec::with_capacity(2 * connections);
    for (name, version) in [("tlsv1.3", SslVersion::TLS1_3), ("tlsv1.2", SslVersion::TLS1_2)] {
        let client = client_context(version)?;
        let mut time = Duration::ZERO;
        drop(connect(&context, &client, &mut time)?);
        let before = resident_bytes()?;
        time = Duration::ZERO;
        for _ in 0..connections {
            // Only the server's side is kept, to the end: no memory is used twice.
            idle.push(connect(&context, &client, &mut time)?);
        }
        let bytes = resident_bytes()?.saturating_sub(before) / connections as u64;
        let cipher = idle.last().and_then(PskStream::cipher).unwrap_or_default();
        let microseconds = time.as_secs_f64() * 1e6 / connections as f64;
        println!("{name} {cipher}: {bytes} bytes resident per idle connection, of {connections}");
        println!("{name} {cipher}: handshake {microseconds:.1} us of the server's time");
    }
    Ok(())
}

fn main() -> ExitCode {
    let connections = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(2000);
    match measure(connections) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("psk_costs: {error}");
            ExitCode::FAILURE
        }
    }
}
