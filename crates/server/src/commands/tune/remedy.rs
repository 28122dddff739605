//! What to do about what is not as it is needed.

use super::{
    check::Check,
    demand::{BASE_BYTES, TCP_BYTES},
};

/// How a setting is changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Remedy {
    /// By sysctl(8), to what is needed.
    Sysctl,
    /// The same; the kernel wants three numbers.
    TcpMemory,
    /// The limit of the service.
    OpenFiles,
    /// The limit of the service's control group.
    MemoryLimit,
    /// There is no command for it.
    MoreMemory,
}

/// Commands for a shell of root, in this order. They last beyond a start of the machine. Files are added to, for an earlier
/// advice still counts; of two lines for one setting the last one holds.
pub(super) fn commands(checks: &[Check]) -> Vec<String> {
    let lacks = || checks.iter().filter(|check| check.verdict().is_lack());
    let settings: Vec<String> = lacks().filter_map(kernel_setting).collect();
    let limits: Vec<String> = lacks().filter_map(service_setting).collect();
    let mut commands = Vec::new();
    if !settings.is_empty() {
        let lines: String = settings.iter().map(|setting| format!(" '{setting}'")).collect();
        commands.push(format!("printf '%s\\n'{lines} >> /etc/sysctl.d/60-dunlin.conf"));
        commands.push("sysctl --system".into());
    }
    if !limits.is_empty() {
        let lines: String = limits.iter().map(|limit| format!(" {limit}")).collect();
        commands.push("mkdir -p /etc/systemd/system/dunlin.service.d".into());
        commands
            .push(format!("printf '%s\\n' '[Service]'{lines} >> /etc/systemd/system/dunlin.service.d/60-limits.conf"));
        commands.push("systemctl daemon-reload && systemctl restart dunlin".into());
    }
    commands
}

/// What no command does.
pub(super) fn advice(checks: &[Check]) -> Vec<String> {
    let lacks = |remedy| checks.iter().find(|check| check.remedy == remedy && check.verdict().is_lack());
    let mut advice = Vec::new();
    if let Some(check) = lacks(Remedy::OpenFiles) {
        advice.push(format!(
            "Without systemd: `ulimit -Hn {0}` in the shell that starts the node; in a container `--ulimit nofile={0}`.",
            check.needs
        ));
    }
    if let Some(check) = lacks(Remedy::MoreMemory) {
        let connections = check.is.unwrap_or(0).saturating_sub(BASE_BYTES) / TCP_BYTES;
        advice.push(format!(
            "This machine has memory for some {connections} connections at most: give it more, or the listeners a limit \
             (`max_connections`)."
        ));
    }
    advice
}

/// A line for a file of sysctl.d(5).
fn kernel_setting(check: &Check) -> Option<String> {
    match check.remedy {
        Remedy::Sysctl => Some(format!("{} = {}", check.setting, check.needs)),
        Remedy::TcpMemory => {
            // Where the kernel begins to save and where it refuses, in the proportions it chooses itself.
            let most = check.needs;
            Some(format!("{} = {} {} {most}", check.setting, most / 2, most - most / 3))
        }
        Remedy::OpenFiles | Remedy::MemoryLimit | Remedy::MoreMemory => None,
    }
}

/// A line for a unit of systemd.
fn service_setting(check: &Check) -> Option<String> {
    match check.remedy {
        Remedy::OpenFiles => Some(format!("LimitNOFILE={}", check.needs)),
        // As much again for messages that wait: who takes more than the limit is killed.
        Remedy::MemoryLimit => Some(format!("MemoryMax={}", check.needs.saturating_mul(2))),
        Remedy::Sysctl | Remedy::TcpMemory | Remedy::MoreMemory => None,
    }
}
