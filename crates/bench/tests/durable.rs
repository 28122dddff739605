//! Draining persistent sessions: against a broker of a few lines that can be told to misbehave, and the scenarios against
//! mosquitto where it is installed.

use dunlin_bench::compare::{BrokerCommand, BrokerProcess};
use dunlin_bench::layers::Layers;
use dunlin_bench::load::{Faults, Recipients, Stamp};
use dunlin_bench::progress::Progress;
use dunlin_bench::scenario::{DrainSettings, DurableSettings};
use dunlin_bench::stop_signal::StopSignal;
use dunlin_bench::target::Target;
use dunlin_bench::traffic::{DrainFigures, DrainPlan, Load, RunContext, drain_sessions};
use dunlin_bench::wire::{Credentials, DISCONNECT, PublishHead};
use dunlin_model::{ProtocolVersion, Qos};
use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::thread;
use std::time::Duration;

const RUN: u32 = 7;

fn context(address: SocketAddr, version: ProtocolVersion) -> RunContext {
    let target = Target {
        address,
        layers: Layers::default(),
        version,
        credentials: Credentials::default(),
        pid: None,
        device: None,
    };
    RunContext { target, stop: StopSignal::default(), progress: Progress::new(true) }
}

/// Accepts one session and sends it the messages `sequences` right behind CONNACK.
fn serve(listener: &TcpListener, session_present: bool, sequences: &[u64]) -> io::Result<()> {
    let (mut session, _) = listener.accept()?;
    let mut connect = [0; 512];
    let _ = session.read(&mut connect)?;
    let mut out = vec![0x20, 2, u8::from(session_present), 0];
    for (index, &sequence) in sequences.iter().enumerate() {
        let head = PublishHead::new("t", Qos::AtLeastOnce, false, Stamp::BYTES, ProtocolVersion::V4);
        head.write(&mut out, index as u16 + 1);
        Stamp { run: RUN, stream: 0, sequence, sent_at_ns: 0 }.write(&mut out);
    }
    session.write_all(&out)?;
    // Acknowledgements, and then DISCONNECT as the last packet.
    let mut received = Vec::new();
    while !received.ends_with(&DISCONNECT) {
        let mut chunk = [0; 512];
        let count = session.read(&mut chunk)?;
        received.extend_from_slice(&chunk[..count]);
        if count == 0 {
            break;
        }
    }
    Ok(())
}

/// Drains a session that was sent three messages, from a broker that has `sequences` for it.
fn drained(session_present: bool, sequences: &'static [u64]) -> DrainFigures {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let mut context = context(listener.local_addr().expect("a bound listener"), ProtocolVersion::V4);
    let broker = thread::spawn(move || serve(&listener, session_present, sequences));
    let plan = DrainPlan {
        client_id_prefix: "session",
        sessions: 1,
        recipients: Recipients::One(vec![0]),
        run: RUN,
        sent_per_stream: &[3],
        packet_bytes_max: 1024,
        patience: Duration::from_millis(200),
    };
    let figures = drain_sessions(&mut context, &plan).expect("the session can be drained");
    broker.join().expect("the broker does not panic").expect("the session leaves in good order");
    figures
}

#[test]
fn an_honest_broker_passes() {
    let figures = drained(true, &[0, 1, 2]);
    assert!(figures.passed(), "{}", figures.checks());
    assert_eq!((figures.sessions, figures.queued, figures.received), (1, 3, 3));
}

#[test]
fn a_lost_message_is_found() {
    assert_eq!(drained(true, &[0, 2]).faults, Faults { lost: 1, ..Faults::default() });
}

#[test]
fn a_repeated_message_is_found_even_behind_the_last_one() {
    assert_eq!(drained(true, &[0, 1, 2, 0]).faults, Faults { duplicated: 1, ..Faults::default() });
}

#[test]
fn messages_out_of_order_are_found() {
    assert_eq!(drained(true, &[0, 2, 1]).faults, Faults { disordered: 1, ..Faults::default() });
}

#[test]
fn a_forgotten_session_is_found() {
    // Without a stored session the flag is 0 [MQTT-3.2.2-3].
    let figures = drained(false, &[0, 1, 2]);
    assert!(figures.faults.none() && !figures.passed(), "{}", figures.checks());
    assert_eq!(figures.forgotten_sessions, 1);
}

#[test]
fn mosquitto_passes_offline_online_and_drained() {
    let Some(program) = ["/usr/sbin/mosquitto", "/usr/bin/mosquitto"].into_iter().find(|path| Path::new(path).exists())
    else {
        println!("skipped: mosquitto is not installed");
        return;
    };
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../dev/peers/mosquitto-durable.conf");
    let command = BrokerCommand::parse(&format!("{program} -c '{{config:{}}}' -p {{port}}", configuration.display()));
    let broker = BrokerProcess::start(&command.unwrap(), None, &StopSignal::default()).unwrap();
    for version in [ProtocolVersion::V4, ProtocolVersion::V5] {
        for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
            let load = Load {
                qos,
                subscribe_qos: qos,
                warmup: Duration::ZERO,
                duration: Duration::from_millis(100),
                ..Load::default()
            };
            for online in [false, true] {
                let settings = DurableSettings { pairs: 5, online, load: load.clone(), keep: false };
                let report = settings.run(&mut context(broker.address(), version)).unwrap();
                assert!(report.passed(), "{version:?} {qos:?} online {online}: {}", report.checks());
                assert!(report.publish.acknowledged > 0 && report.publish.acknowledgement_latency.is_some());
                assert_eq!(report.drain.is_some(), !online);
            }
            let settings = DrainSettings { count: 1000, publishers: 5, load, keep: false };
            let report = settings.run(&mut context(broker.address(), version)).unwrap();
            assert!(report.passed(), "{version:?} {qos:?}: {}", report.checks());
            assert_eq!((report.fill.acknowledged, report.drain.received), (1000, 1000));
        }
    }
}
