//! What systemd is told of a service of `Type=notify`: when it is ready, and that it stops (sd_notify(3)).

use std::ffi::OsString;
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};

/// Who supervises this process, if somebody wants to be told.
#[derive(Debug, Default)]
pub(crate) struct Supervisor {
    address: Option<OsString>,
}

impl Supervisor {
    /// Whoever the environment names.
    pub(crate) fn from_environment() -> Self {
        Self { address: std::env::var_os("NOTIFY_SOCKET") }
    }

    /// Clients are served.
    pub(crate) fn tell_ready(&self) {
        self.tell("READY=1");
    }

    /// The end has begun.
    pub(crate) fn tell_stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// Who cannot be told does without.
    fn tell(&self, state: &str) {
        if let Some(address) = &self.address {
            let _ = send(address, state);
        }
    }
}

/// An address that begins with `@` is no file.
fn send(address: &OsString, state: &str) -> io::Result<()> {
    let address = match address.as_bytes().strip_prefix(b"@") {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(address)?,
    };
    UnixDatagram::unbound()?.send_to_addr(state.as_bytes(), &address).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn received(socket: &UnixDatagram) -> String {
        let mut bytes = [0; 64];
        let length = socket.recv(&mut bytes).unwrap();
        String::from_utf8(bytes[..length].to_vec()).unwrap()
    }

    #[test]
    fn both_kinds_of_addresses_are_told() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        let supervisor = Supervisor { address: Some(path.into()) };
        supervisor.tell_ready();
        supervisor.tell_stopping();
        assert_eq!([received(&socket), received(&socket)], ["READY=1", "STOPPING=1"]);

        let name = format!("dunlin-test-{}", std::process::id());
        let socket = UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap();
        Supervisor { address: Some(format!("@{name}").into()) }.tell_ready();
        assert_eq!(received(&socket), "READY=1");
        Supervisor::default().tell_ready();
        Supervisor { address: Some(folder.path().join("nobody").into()) }.tell_ready();
    }
}
