//! A database server that runs for a test.

use crate::family::{continue_family, signal_family};
use crate::free_port;
use crate::undertaker::Undertaker;
use rcgen::generate_simple_self_signed;
use rustix::process::{Signal, geteuid};
use std::fs;
use std::io::Write;
use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::thread::park_timeout;
use std::time::Duration;

/// The user that may do everything.
pub const USERNAME: &str = "dunlin";
/// Its password, with characters that have to be quoted somewhere.
pub const PASSWORD: &str = "pass'w\"ord $1 ?";
/// A database that exists.
pub const DATABASE: &str = "mqtt";

/// Between two looks at whether a server answers.
const LOOK_AGAIN: Duration = Duration::from_millis(20);
/// So many looks, which is a minute, and more on a machine that is busy.
const LOOKS: usize = 3_000;

/// A database server, with its folder and port.
#[derive(Debug)]
pub(crate) struct DatabaseProcess {
    process: Option<Child>,
    folder: PathBuf,
    user: &'static str,
    port: u16,
    certificate_pem: String,
    /// It removes the folder when the server is gone.
    _undertaker: Undertaker,
}

impl DatabaseProcess {
    /// A folder with `certificate.pem` and `key.pem` for 127.0.0.1, owned by the user the server runs as where the test runs as
    /// root, and a port nobody listens on.
    pub(crate) fn prepare(user: &'static str) -> Self {
        let folder = tempfile::Builder::new().prefix("dunlin-test-").tempdir().expect("a temporary folder").keep();
        let undertaker = Undertaker::of(&folder).expect("sh");
        let names = ["localhost".to_owned(), "127.0.0.1".to_owned()];
        let issued = generate_simple_self_signed(names).expect("a certificate");
        let certificate_pem = issued.cert.pem();
        write(&folder.join("certificate.pem"), &certificate_pem);
        write(&folder.join("key.pem"), &issued.signing_key.serialize_pem());
        let process = Self { process: None, folder, user, port: free_port(), certificate_pem, _undertaker: undertaker };
        process.hand_over(process.folder());
        process
    }

    /// Gives a file, or a folder with all that is in it, to the user of the server.
    pub(crate) fn hand_over(&self, path: &Path) {
        if geteuid().is_root() {
            run(Command::new("chown").arg("-R").arg(format!("{}:", self.user)).arg(path));
        }
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    pub(crate) fn address(&self) -> SocketAddr {
        SocketAddr::from((Ipv4Addr::LOCALHOST, self.port))
    }

    pub(crate) fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// A program that runs as the user of the server: databases refuse to be root.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        if !geteuid().is_root() {
            return Command::new(program.as_ref());
        }
        let mut command = Command::new("setpriv");
        command.args(["--reuid", self.user, "--regid", self.user, "--clear-groups"]).arg(program.as_ref());
        command.current_dir("/");
        command
    }

    /// Starts the server and waits until `is_ready` succeeds.
    pub(crate) fn start(&mut self, mut server: Command, mut is_ready: Command) {
        let log = fs::File::create(self.folder.join("log")).expect("the folder can be written");
        let server = server.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        let process = server.spawn().unwrap_or_else(|error| panic!("{server:?}: {error} (make servers)"));
        write(&self.folder.join("pid"), &process.id().to_string());
        self.process = Some(process);
        is_ready.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        for _ in 0..LOOKS {
            if is_ready.status().expect("the program is there").success() {
                return;
            }
            if let Some(Ok(Some(status))) = self.process.as_mut().map(Child::try_wait) {
                self.give_up(&format!("the server ended with {status}"));
            }
            park_timeout(LOOK_AGAIN);
        }
        self.give_up("the server did not start in time");
    }

    fn give_up(&self, problem: &str) -> ! {
        let log = fs::read_to_string(self.folder.join("log")).unwrap_or_default();
        panic!("{problem}:\n{log}");
    }

    /// Kills it without warning.
    pub(crate) fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            signal_family(process.id(), Signal::KILL);
            let _ = process.wait();
        }
    }

    /// Lets it do nothing until [`Self::thaw`]: connections stay open, and new ones are accepted by the kernel.
    pub(crate) fn freeze(&self) {
        if let Some(process) = &self.process {
            signal_family(process.id(), Signal::STOP);
        }
    }

    /// Lets it go on.
    pub(crate) fn thaw(&self) {
        if let Some(process) = &self.process {
            continue_family(process.id());
        }
    }
}

impl Drop for DatabaseProcess {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Writes a file that only its owner can read, as servers want their keys.
pub(crate) fn write(file: &Path, text: &str) {
    fs::write(file, text).expect("the folder can be written");
    fs::set_permissions(file, fs::Permissions::from_mode(0o600)).expect("it is ours");
}

/// Runs a program that has to succeed.
pub(crate) fn run(command: &mut Command) {
    let output = command.stdin(Stdio::null()).output();
    check(command, output);
}

/// Runs a program that has to succeed, with this on its standard input; what it writes.
pub(crate) fn run_with_input(command: &mut Command, input: &str) -> String {
    let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let output = spawned.and_then(|mut process| {
        if let Some(mut line) = process.stdin.take() {
            line.write_all(input.as_bytes())?;
        }
        process.wait_with_output()
    });
    check(command, output)
}

fn check(command: &Command, output: std::io::Result<Output>) -> String {
    let output = output.unwrap_or_else(|error| panic!("{command:?}: {error} (make servers installs what is missing)"));
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?} ended with {}:\n{text}", output.status);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}
