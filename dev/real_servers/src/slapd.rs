//! OpenLDAP's directory for a test.

use crate::{Certificates, ServerProcess, free_port};
use std::fs;
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::thread;
use tempfile::TempDir;

/// The root of what is stored.
const BASE: &str = "dc=example,dc=org";

/// A directory with the base `dc=example,dc=org`, over TCP with and without StartTLS, and over TLS on another port.
#[derive(Debug)]
pub struct SlapdServer {
    process: ServerProcess,
    folder: TempDir,
    port: u16,
    tls_port: u16,
}

impl SlapdServer {
    /// Who may do everything.
    pub const ADMINISTRATOR: &str = "cn=admin,dc=example,dc=org";
    /// The password of that.
    pub const PASSWORD: &str = "a secret of the test";

    /// Starts one with these entries, in LDIF; the base is there already. Entries can be of the class `mqttUser` and have its
    /// attributes.
    ///
    /// # Panics
    /// It cannot be started.
    #[must_use]
    pub fn start(entries: &str, certificates: &Certificates) -> Self {
        let folder = tempfile::tempdir().expect("a folder for its data");
        let write = |name: &str, text: &str| fs::write(folder.path().join(name), text).expect("it can be written");
        fs::create_dir(folder.path().join("data")).expect("it can be made");
        write("mqtt.schema", include_str!("slapd/mqtt.schema"));
        write("slapd.conf", &configuration(folder.path(), certificates));
        write(
            "entries.ldif",
            &format!("dn: {BASE}\nobjectClass: dcObject\nobjectClass: organization\no: test\n\n{entries}"),
        );
        let mut add = Command::new(program("slapadd"));
        add.arg("-f").arg(folder.path().join("slapd.conf")).arg("-l").arg(folder.path().join("entries.ldif"));
        let added = add.output().expect("slapadd is installed (make servers)");
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
        let (port, tls_port) = (free_port(), free_port());
        Self { process: run(folder.path(), port, tls_port), folder, port, tls_port }
    }

    /// Where it listens for TCP.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Where it listens for TLS.
    #[must_use]
    pub fn tls_port(&self) -> u16 {
        self.tls_port
    }

    /// The process.
    #[must_use]
    pub fn process(&mut self) -> &mut ServerProcess {
        &mut self.process
    }

    /// Starts it again on the same ports with the same data, after it was killed.
    ///
    /// # Panics
    /// It cannot be started.
    pub fn start_again(&mut self) {
        self.process = run(self.folder.path(), self.port, self.tls_port);
    }

    /// A value of `userPassword`, made by its own tool; `scheme` is such as `{SSHA}`.
    ///
    /// # Panics
    /// The tool does not know the scheme.
    #[must_use]
    pub fn hashed(scheme: &str, password: &str) -> String {
        let modules = ["-o", "module-path=/usr/lib/ldap", "-o", "module-load=pw-sha2"];
        let made =
            Command::new(program("slappasswd")).args(modules).args(["-n", "-h", scheme, "-s", password]).output();
        let made = made.expect("slappasswd is installed (make servers)");
        assert!(made.status.success(), "{scheme}: {}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).expect("text")
    }
}

fn run(folder: &Path, port: u16, tls_port: u16) -> ServerProcess {
    let configuration = folder.join("slapd.conf").display().to_string();
    let addresses = format!("ldap://127.0.0.1:{port} ldaps://127.0.0.1:{tls_port}");
    // Level 256 is one line for each operation, and leaves it in the foreground.
    let arguments = ["-d", "256", "-f", &configuration, "-h", &addresses].map(str::to_owned);
    let process = ServerProcess::start(&program("slapd"), &arguments, "slapd starting");
    // It says so a little earlier than it listens.
    let is_listening = |port: u16| TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
    while !(is_listening(port) && is_listening(tls_port)) {
        thread::yield_now();
    }
    process
}

fn configuration(folder: &Path, certificates: &Certificates) -> String {
    let folder = folder.display();
    let password = SlapdServer::PASSWORD;
    let administrator = SlapdServer::ADMINISTRATOR;
    let [authority, certificate, key] = [certificates.authority(), certificates.certificate(), certificates.key()];
    let (authority, certificate, key) = (authority.display(), certificate.display(), key.display());
    format!(
        r#"
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include {folder}/mqtt.schema
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload pw-sha2
pidfile {folder}/pid
TLSCACertificateFile {authority}
TLSCertificateFile {certificate}
TLSCertificateKeyFile {key}
database mdb
maxsize 33554432
suffix "{BASE}"
rootdn "{administrator}"
rootpw "{password}"
directory {folder}/data
access to attrs=userPassword by anonymous auth by * none
access to * by * read
"#
    )
}

/// Debian has them where not everybody looks.
fn program(name: &str) -> String {
    let path = format!("/usr/sbin/{name}");
    if Path::new(&path).is_file() { path } else { name.to_owned() }
}
