//! What layers cost: resident memory of an idle connection in each combination, over sockets of this machine.
//!
//! `cargo run --release -p dunlin-layers --example layers_costs [CONNECTIONS]`; two open files for each connection.

use dunlin_layers::{Layers, Tls};
use dunlin_tls::{CrlStore, PemSource, SelfSigned, TlsContext, TlsOptions};
use dunlin_transport::{Layering, Stage, Stream};
use dunlin_websocket::WebSocketOptions;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject};
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::error::Error;
use std::io::{self, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::thread;
use std::time::{Duration, SystemTime};

type Answer<T> = Result<T, Box<dyn Error + Send + Sync>>;

const REQUEST: &[u8] = b"GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
    Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n";

/// Says what a client says until it is let in, and gives back its socket. What TLS needs at its end is gone then.
fn connect(mut socket: TcpStream, layers: &Layers, config: &Arc<ClientConfig>) -> Answer<TcpStream> {
    if layers.proxy.is_some() {
        socket.write_all(b"PROXY TCP4 203.0.113.9 198.51.100.1 4711 1883\r\n")?;
    }
    if layers.tls.is_none() {
        upgrade(&mut socket, layers)?;
        return Ok(socket);
    }
    let tls = ClientConnection::new(Arc::clone(config), ServerName::try_from("localhost")?)?;
    let mut stream = StreamOwned::new(tls, socket);
    upgrade(&mut stream, layers)?;
    Ok(stream.sock)
}

fn upgrade(stream: &mut (impl Read + Write), layers: &Layers) -> io::Result<()> {
    if layers.websocket.is_some() {
        stream.write_all(REQUEST)?;
        let mut answer = Vec::new();
        while !answer.ends_with(b"\r\n\r\n") {
            let mut byte = [0];
            stream.read_exact(&mut byte)?;
            answer.extend_from_slice(&byte);
        }
        return stream.write_all(&[0x82, 0x81, 0, 0, 0, 0, b'm']);
    }
    stream.write_all(b"m")?;
    stream.flush()
}

/// The server's side of one connection, until its first byte of MQTT.
fn serve(stream: &mut Stream, buffer: &mut [u8]) -> Answer<()> {
    loop {
        match stream.read(buffer) {
            Ok(0) => return Err("the client went away".into()),
            Ok(_) if stream.stage() == Stage::Open => {
                drop(stream.take_facts());
                return Ok(());
            }
            Ok(_) => return Err("bytes before the layers are open".into()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(error) => return Err(error.into()),
        }
    }
}

fn resident_bytes() -> Answer<u64> {
    let text = std::fs::read_to_string("/proc/self/status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).ok_or("no VmRSS")?;
    let kilobytes: u64 = line.trim().trim_end_matches(" kB").parse()?;
    Ok(kilobytes * 1024)
}

/// Resident bytes per connection.
fn measure(connections: usize, layers: &Layers, config: &Arc<ClientConfig>) -> Answer<u64> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let (layers_of_client, config) = (layers.clone(), Arc::clone(config));
    let clients = thread::spawn(move || -> Answer<Vec<TcpStream>> {
        (0..connections).map(|_| connect(TcpStream::connect(address)?, &layers_of_client, &config)).collect()
    });
    let (mut streams, mut buffer) = (Vec::with_capacity(connections), vec![0; 64 * 1024]);
    let mut before = 0;
    for index in 0..connections {
        // The first ones pay for what all share.
        if index == connections / 10 {
            before = resident_bytes()?;
        }
        let (socket, peer) = listener.accept()?;
        // The socket blocks: there is nothing else to do here.
        let mut stream = layers.wrap(mio::net::TcpStream::from_std(socket), peer)?;
        serve(&mut stream, &mut buffer)?;
        streams.push(stream);
    }
    let counted = connections - connections / 10;
    let bytes = resident_bytes()?.saturating_sub(before) / counted as u64;
    drop(clients.join().map_err(|_| "a client panicked")??);
    Ok(bytes)
}

fn measure_one(name: &str, connections: usize) -> Answer<()> {
    let now = SystemTime::UNIX_EPOCH + Duration::from_secs(UnixTime::now().as_secs());
    let made = SelfSigned::generate(&["localhost".to_owned()], now)?;
    let options = TlsOptions {
        certfile: Some(PemSource::parse(&made.certificate_pem)),
        keyfile: Some(PemSource::parse(&made.key_pem)),
        ..TlsOptions::default()
    };
    let tls = Some(Tls::Certificates(Arc::new(TlsContext::load(&options, &CrlStore::new(1), now)?)));
    let websocket = Some(Arc::new(WebSocketOptions::default()));
    let proxy = Some(Duration::from_secs(3));
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(made.certificate_pem.as_bytes())?)?;
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = Arc::new(config.with_root_certificates(roots).with_no_client_auth());
    let combinations = [
        ("proxy", Layers { proxy, ..Layers::default() }),
        ("ssl", Layers { tls: tls.clone(), ..Layers::default() }),
        ("ws", Layers { websocket: websocket.clone(), ..Layers::default() }),
        ("wss", Layers { tls: tls.clone(), websocket: websocket.clone(), ..Layers::default() }),
        ("proxy-wss", Layers { proxy, tls, websocket, ..Layers::default() }),
    ];
    let (_, layers) = combinations.iter().find(|(known, _)| *known == name).ok_or("no such combination")?;
    println!("{name}: {} bytes resident per idle connection, of {connections}", measure(connections, layers, &config)?);
    Ok(())
}

/// Each in a process of its own: what one has freed the next one would use again.
fn measure_all(connections: &str) -> Answer<()> {
    for name in ["proxy", "ssl", "ws", "wss", "proxy-wss"] {
        Command::new(std::env::current_exe()?).args([connections, name]).status()?;
    }
    Ok(())
}

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let measured = match &*arguments {
        [connections, name] => connections.parse().map_err(Into::into).and_then(|count| measure_one(name, count)),
        [connections] => measure_all(connections),
        _ => measure_all("2000"),
    };
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
