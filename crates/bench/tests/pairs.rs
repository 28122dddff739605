//! A run from the first connect to the last check, against a broker of a few lines that can be told to misbehave, and
//! against mosquitto where it is installed.

use dunlin_bench::compare::{BrokerCommand, BrokerProcess};
use dunlin_bench::layers::Layers;
use dunlin_bench::load::Faults;
use dunlin_bench::progress::Progress;
use dunlin_bench::scenario::pairs;
use dunlin_bench::stop_signal::StopSignal;
use dunlin_bench::target::Target;
use dunlin_bench::traffic::{Amount, Load, RunContext, TrafficReport, run_traffic};
use dunlin_bench::wire::{Credentials, split_frame};
use dunlin_model::{ProtocolVersion, Qos};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::thread;
use std::time::Duration;

/// What the broker of a few lines does with the stream of publishes.
type Forward = fn(number: usize, packet: &[u8], out: &mut Vec<u8>);

/// Serves one pair: the first connection subscribes, the second publishes at QoS 0.
fn serve(listener: &TcpListener, forward: Forward) -> io::Result<()> {
    let (mut subscriber, _) = listener.accept()?;
    answer(&mut subscriber, &[0x20, 2, 0, 0])?;
    answer(&mut subscriber, &[0x90, 3, 0, 1, 0])?;
    let (mut publisher, _) = listener.accept()?;
    answer(&mut publisher, &[0x20, 2, 0, 0])?;
    let (mut bytes, mut number) = (Vec::new(), 0);
    let mut chunk = [0; 4096];
    loop {
        let count = publisher.read(&mut chunk)?;
        if count == 0 {
            return Ok(());
        }
        bytes.extend_from_slice(&chunk[..count]);
        let (mut start, mut out) = (0, Vec::new());
        while let Some((frame, used)) = split_frame(&bytes[start..]).map_err(io::Error::other)? {
            forward(number, frame.bytes, &mut out);
            number += 1;
            start += used;
        }
        bytes.drain(..start);
        subscriber.write_all(&out)?;
    }
}

/// Reads one packet, whatever it is, and answers.
fn answer(stream: &mut TcpStream, reply: &[u8]) -> io::Result<()> {
    let mut bytes = [0; 512];
    let mut filled = 0;
    while split_frame(&bytes[..filled]).map_err(io::Error::other)?.is_none() {
        filled += stream.read(&mut bytes[filled..])?;
    }
    stream.write_all(reply)
}

fn run(address: SocketAddr, version: ProtocolVersion, pair_count: usize, load: &Load) -> TrafficReport {
    let target = Target {
        address,
        layers: Layers::default(),
        version,
        credentials: Credentials::default(),
        pid: None,
        device: None,
    };
    let mut context = RunContext { target, stop: StopSignal::default(), progress: Progress::new(true) };
    run_traffic(&mut context, &pairs(pair_count), load).expect("the run can be made")
}

fn faults_with(forward: Forward) -> Faults {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("a bound listener");
    let broker = thread::spawn(move || serve(&listener, forward));
    let load = Load {
        amount: Amount::Messages(100),
        warmup: Duration::ZERO,
        duration: Duration::from_secs(1),
        drain: Duration::from_millis(100),
        backlog: 1000,
        ..Load::default()
    };
    let report = run(address, ProtocolVersion::V4, 1, &load);
    // The generator is gone, so the broker reads the end of the stream, or cannot write any more.
    let _ = broker.join().expect("the broker does not panic");
    assert_eq!(report.passed(), report.faults.none());
    report.faults
}

#[test]
fn an_honest_broker_passes() {
    assert_eq!(faults_with(|_, packet, out| out.extend_from_slice(packet)), Faults::default());
}

#[test]
fn a_lost_message_is_found() {
    let faults = faults_with(|number, packet, out| {
        if number != 50 && number != 99 {
            out.extend_from_slice(packet);
        }
    });
    assert_eq!(faults, Faults { lost: 2, ..Faults::default() });
}

#[test]
fn a_repeated_message_is_found() {
    let faults = faults_with(|number, packet, out| {
        out.extend_from_slice(packet);
        if number == 50 {
            out.extend_from_slice(packet);
        }
    });
    assert_eq!(faults, Faults { duplicated: 1, ..Faults::default() });
}

#[test]
fn messages_out_of_order_are_found() {
    let faults = faults_with(|_, packet, out| {
        // Each message in front of the ones that came with the same read: a batch arrives backwards.
        let later = std::mem::take(out);
        out.extend_from_slice(packet);
        out.extend_from_slice(&later);
    });
    assert!(faults.disordered > 0 && faults.lost == 0 && faults.duplicated == 0, "{faults:?}");
}

#[test]
fn mosquitto_passes_in_both_versions_at_every_quality_of_service() {
    let Some(program) = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"].into_iter().find(|path| Path::new(path).exists())
    else {
        println!("skipped: mosquitto is not installed");
        return;
    };
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dev/peers/mosquitto.conf");
    let command = BrokerCommand::parse(&format!("{program} -c '{}' -p {{port}}", configuration.display())).unwrap();
    let broker = BrokerProcess::start(&command, None, &StopSignal::default()).unwrap();
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        for qos in [Qos::AtMostOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let load = Load {
                qos,
                subscribe_qos: qos,
                amount: Amount::Messages(200),
                warmup: Duration::ZERO,
                duration: Duration::from_secs(20),
                ..Load::default()
            };
            let report = run(broker.address(), version, 5, &load);
            assert!(report.passed(), "{version:?} {qos:?}: {}", report.checks());
            assert_eq!((report.sent, report.received), (1000, 1000));
            assert_eq!(report.acknowledged, if qos == Qos::AtMostOnce { 0 } else { 1000 });
        }
    }
}
