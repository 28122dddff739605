//! Fake `/proc` and `/sys` folders, and what is said of them.

use super::check::{Check, Verdict, checks};
use super::demand::{Demand, Wanted};
use super::machine::Machine;
use super::{as_json, as_text, remedy};
use crate::settings::broker_settings;
use dunlin_config::load;
use serde_json::Value;
use std::fs;
use std::num::NonZeroU64;
use tempfile::TempDir;

/// A machine that is ready for 100,000 connections.
const READY: &[(&str, &str)] = &[
    ("proc/self/limits", LIMITS),
    ("proc/self/cgroup", "0::/system.slice/dunlin.service\n"),
    ("proc/sys/fs/nr_open", "1048576\n"),
    ("proc/sys/fs/file-max", "9223372036854775807\n"),
    ("proc/sys/net/core/somaxconn", "4096\n"),
    ("proc/sys/net/core/rmem_max", "212992\n"),
    ("proc/sys/net/core/wmem_max", "212992\n"),
    ("proc/sys/net/ipv4/tcp_max_syn_backlog", "4096\n"),
    ("proc/sys/net/ipv4/tcp_mem", "190524\t254034\t381048\n"),
    ("proc/sys/vm/swappiness", "60\n"),
    ("proc/meminfo", "MemTotal:       16307652 kB\nMemFree:         1 kB\nSwapTotal:             0 kB\n"),
    ("sys/fs/cgroup/system.slice/dunlin.service/memory.max", "max\n"),
];

const LIMITS: &str = "\
Limit                     Soft Limit           Hard Limit           Units
Max processes             63509                63509                processes
Max open files            1024                 1048576              files
Max locked memory         8388608              8388608              bytes
";

/// A folder with these files.
fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The ready machine with some files in place of, or beside, its own.
fn machine_with(files: &[(&str, &str)]) -> Machine {
    Machine::read(folder(&[READY, files].concat()).path(), None)
}

fn demand(configuration: &str, connections: Option<u64>) -> Demand {
    let loaded = load(configuration, "test.conf", []).unwrap();
    Demand::new(&loaded.config, connections.and_then(NonZeroU64::new))
}

fn lacks(checks: &[Check]) -> Vec<&str> {
    checks.iter().filter(|check| check.verdict().is_lack()).map(|check| check.setting).collect()
}

#[test]
fn a_ready_machine_lacks_nothing() {
    let (machine, demand) = (machine_with(&[]), demand("", None));
    let checks = checks(&machine, &demand);
    assert!(checks.iter().all(|check| check.verdict() == Verdict::Good), "{checks:#?}");
    assert!(checks.len() >= 7, "{checks:#?}");
    let text = as_text(&machine, &demand, &checks);
    assert!(
        text.starts_with("For 100,000 connections, an assumption") && text.ends_with("\nNothing to change.\n"),
        "{text}"
    );
}

#[test]
fn each_value_is_found_to_be_too_low_or_too_high() {
    let limits = LIMITS.replace("1048576", "101023");
    for (file, content, setting) in [
        ("proc/self/limits", &*limits, "open files"),
        ("proc/sys/fs/nr_open", "101023", "fs.nr_open"),
        ("proc/sys/fs/file-max", "117407", "fs.file-max"),
        ("proc/sys/net/core/somaxconn", "1023", "net.core.somaxconn"),
        ("proc/sys/net/ipv4/tcp_max_syn_backlog", "1023", "net.ipv4.tcp_max_syn_backlog"),
        ("proc/sys/net/ipv4/tcp_mem", "1 2 99999", "net.ipv4.tcp_mem"),
        ("proc/sys/net/netfilter/nf_conntrack_max", "124999", "net.netfilter.nf_conntrack_max"),
        ("proc/meminfo", "MemTotal: 500000 kB", "memory"),
        ("proc/meminfo", "MemTotal: 9999999 kB\nSwapTotal: 1 kB", "vm.swappiness"),
        ("sys/fs/cgroup/system.slice/dunlin.service/memory.max", "500000000", "memory"),
        ("sys/fs/cgroup/system.slice/memory.max", "500000000", "memory"),
        ("sys/fs/cgroup/memory.max", "500000000", "memory"),
    ] {
        let checks = checks(&machine_with(&[(file, content)]), &demand("", None));
        assert_eq!(lacks(&checks), [setting], "{file} = {content}");
    }
}

#[test]
fn enough_is_enough() {
    let limits = LIMITS.replace("1048576", "101024");
    for (file, content) in [
        ("proc/self/limits", &*limits),
        ("proc/self/limits", "Max open files unlimited unlimited files"),
        ("proc/sys/fs/nr_open", "101024"),
        ("proc/sys/fs/file-max", "117408"),
        ("proc/sys/net/core/somaxconn", "1024"),
        ("proc/sys/net/ipv4/tcp_max_syn_backlog", "1024"),
        ("proc/sys/net/ipv4/tcp_mem", "1 2 100000"),
        ("proc/sys/net/netfilter/nf_conntrack_max", "125000"),
        ("proc/meminfo", "MemTotal: 9999999 kB\nSwapTotal: 0 kB"),
        ("sys/fs/cgroup/memory.max", "9000000000"),
    ] {
        let checks = checks(&machine_with(&[(file, content)]), &demand("", None));
        assert_eq!(lacks(&checks), [""; 0], "{file} = {content}");
    }
}

#[test]
fn what_the_kernel_does_not_say_is_unknown_and_no_reason_to_complain() {
    let nothing = folder(&[]);
    let nonsense = folder(&[
        ("proc/self/limits", "Max open files"),
        ("proc/sys/fs/nr_open", "many"),
        ("proc/sys/net/ipv4/tcp_mem", "1 2"),
        ("proc/meminfo", "MemTotal: 5 MB\nSwapTotal:"),
        ("proc/self/cgroup", "0\n::\n4:memory\n"),
    ]);
    for folder in [nothing, nonsense] {
        let machine = Machine::read(folder.path(), Some(7));
        assert_eq!(machine, Machine::default());
        let checks = checks(&machine, &demand("", None));
        assert!(checks.iter().all(|check| check.verdict() == Verdict::Unknown), "{checks:#?}");
        assert!(as_text(&machine, &demand("", None), &checks).contains("unknown"));
    }
}

#[test]
fn limits_are_those_of_the_process_and_its_control_group() {
    let group = "9:name=systemd:/\n4:memory,pids:/docker/5d1f\n0::/\n";
    let limits = LIMITS.replace("1048576", "4096");
    let files = [
        ("proc/7/limits", &*limits),
        ("proc/7/cgroup", group),
        ("sys/fs/cgroup/memory/docker/5d1f/memory.limit_in_bytes", "1000000000"),
        ("sys/fs/cgroup/memory/memory.limit_in_bytes", "9223372036854771712"),
    ];
    let root = folder(&[READY, &files].concat());
    let of_node = Machine::read(root.path(), Some(7));
    assert_eq!((of_node.process, of_node.open_files), (Some(7), Some(4096)));
    assert_eq!((of_node.memory_limit_bytes, of_node.usable_memory_bytes()), (Some(1_000_000_000), Some(1_000_000_000)));
    // Without a process, or with one that is gone, they are our own.
    for process in [None, Some(8)] {
        let ours = Machine::read(root.path(), process);
        assert_eq!((ours.process, ours.open_files, ours.memory_limit_bytes), (None, Some(1_048_576), None));
    }
}

#[test]
fn the_configuration_says_what_is_needed() {
    let off = "listeners { ssl.default.enable = false, ws.default.enable = false, wss.default.enable = false }\n";
    let tcp = |options: &str| format!("{off}listeners.tcp.default {{ {options} }}");
    for (configuration, argument, connections, wanted) in [
        (String::new(), None, 100_000, Wanted::Assumed),
        (String::new(), Some(5), 5, Wanted::ByArgument),
        (tcp("max_connections = 2000"), None, 2000, Wanted::ByListeners),
        (tcp("max_connections = 2000"), Some(5), 5, Wanted::ByArgument),
        ("listeners.tcp.default.max_connections = 200000".into(), None, 200_000, Wanted::Assumed),
        (format!("{off}listeners.tcp.default.enable = false"), None, 100_000, Wanted::Assumed),
    ] {
        let demand = demand(&configuration, argument);
        assert_eq!((demand.connections, demand.wanted), (connections, wanted), "{configuration}");
    }
    let demand_of = |options| demand(&tcp(options), None);
    assert_eq!(demand_of("max_connections = 9").backlog, 1024);
    assert_eq!(demand_of("max_connections = 9, tcp_options.backlog = 5000").backlog, 5000);
    let quic = "listeners.quic.default { enable = true, bind = 1, max_connections = 50, ssl_options { certfile = c, keyfile = k } }";
    let both = demand(&format!("{}\n{quic}", tcp("max_connections = 9")), None);
    assert_eq!((both.connections, both.open_files), (59, 109), "a pair of sockets for each connection of QUIC");
    let small = demand_of("max_connections = 1000").memory_bytes;
    assert!(demand_of("max_connections = 2000").memory_bytes > small);
    let encrypted = format!(
        "{off}listeners.tcp.default.enable = false\nlisteners.ssl.default {{ enable = true, max_connections = 1000 }}"
    );
    let encrypted = demand(&encrypted, None).memory_bytes;
    assert!(encrypted > small);
    let quic = quic.replace("50", "1000");
    let over_quic = format!("{off}listeners.tcp.default.enable = false\n{quic}");
    assert!(demand(&over_quic, None).memory_bytes > encrypted, "QUIC keeps more than TLS");
}

#[test]
fn buffers_are_compared_where_they_are_set() {
    let configuration = "listeners.tcp.default.tcp_options { recbuf = 1MB, sndbuf = 100KB }";
    assert_eq!(lacks(&checks(&machine_with(&[]), &demand(configuration, None))), ["net.core.rmem_max"]);
    assert_eq!(lacks(&checks(&machine_with(&[]), &demand("", None))), [""; 0]);
}

#[test]
fn the_broker_takes_as_many_connections_as_its_open_files_are_found_enough_for() {
    let loaded = load("", "test.conf", []).unwrap();
    let demand = demand("", Some(5000));
    let open_files = checks(&machine_with(&[]), &demand).remove(0);
    assert_eq!(open_files.setting, "open files");
    assert!(broker_settings(&loaded.config, open_files.needs).max_descriptors >= 5000);
}

#[test]
fn commands_change_what_is_lacking_and_nothing_else() {
    let limits = LIMITS.replace("1048576", "20000");
    let machine = machine_with(&[
        ("proc/self/limits", &limits),
        ("proc/sys/net/core/somaxconn", "128"),
        ("proc/sys/net/ipv4/tcp_mem", "1 2 3"),
        ("sys/fs/cgroup/memory.max", "1000000"),
    ]);
    let demand = demand("", Some(300_000));
    let checks = checks(&machine, &demand);
    let needs = demand.memory_bytes;
    assert_eq!(
        remedy::commands(&checks),
        [
            "printf '%s\\n' 'net.core.somaxconn = 1024' 'net.ipv4.tcp_mem = 150000 200000 300000' >> /etc/sysctl.d/60-dunlin.conf",
            "sysctl --system",
            "mkdir -p /etc/systemd/system/dunlin.service.d",
            &format!(
                "printf '%s\\n' '[Service]' LimitNOFILE=301024 MemoryMax={} >> \
                 /etc/systemd/system/dunlin.service.d/60-limits.conf",
                2 * needs
            ),
            "systemctl daemon-reload && systemctl restart dunlin",
        ]
    );
    let text = as_text(&machine, &demand, &checks);
    for part in ["open files", "too low: each connection is one", "  sysctl --system\n", "--ulimit nofile=301024"] {
        assert!(text.contains(part), "{part:?} in {text}");
    }
    let answer: Value = serde_json::from_str(&as_json(&machine, &demand, &checks)).unwrap();
    assert_eq!((&answer["connections"], &answer["connections_from"]), (&300_000.into(), &"argument".into()));
    assert_eq!(answer["process"], Value::Null);
    assert_eq!(answer["commands"].as_array().map(Vec::len), Some(5));
    assert_eq!(answer["checks"][0]["verdict"], "too_low");
    assert_eq!(answer["checks"][0]["is"], 20_000);
}

#[test]
fn a_small_machine_is_told_what_it_is_good_for() {
    let machine = machine_with(&[("proc/meminfo", "MemTotal: 204800 kB")]);
    let checks = checks(&machine, &demand("", None));
    assert_eq!(remedy::commands(&checks), [""; 0]);
    let advice = remedy::advice(&checks).concat();
    assert!(advice.contains("memory for some 17066 connections"), "{advice}");
}
