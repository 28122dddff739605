//! Clients that speak something else at a port of the API: MQTT most often. They are answered as HTTP and TLS answer what they do not
//! understand; the log says what has happened, so that nobody has to guess.

use parking_lot::Mutex;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::time::Instant;
use tracing::warn;

/// Of those who do it again and again, one line is written in this time.
const WINDOW: Duration = Duration::from_secs(60);

/// The first byte of CONNECT. No method of HTTP and no record of TLS begins with it.
const MQTT_CONNECT: u8 = 0x10;

/// The first byte of a TLS handshake.
const TLS_HANDSHAKE: u8 = 0x16;

/// What was spoken instead.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spoken {
    Mqtt,
    TlsWithoutNeed,
    NoTls,
}

/// Writes to the log who speaks something else; one of a listener.
#[derive(Debug, Default)]
pub(super) struct WrongProtocol {
    told: Mutex<Told>,
}

#[derive(Debug, Default)]
struct Told {
    last: Option<Instant>,
    held_back: u64,
}

impl Spoken {
    /// What a client speaks that begins so, if that is not what is spoken here.
    pub(super) const fn instead(first: u8, has_tls: bool) -> Option<Self> {
        match (first, has_tls) {
            (MQTT_CONNECT, _) => Some(Self::Mqtt),
            (TLS_HANDSHAKE, false) => Some(Self::TlsWithoutNeed),
            (TLS_HANDSHAKE, true) | (_, false) => None,
            (_, true) => Some(Self::NoTls),
        }
    }

    /// The word for it, and what to do.
    const fn told(self) -> (&'static str, &'static str) {
        match self {
            Self::Mqtt => (
                "mqtt",
                "this port is for the REST API; MQTT clients connect to a listener such as tcp:default, port 1883",
            ),
            Self::TlsWithoutNeed => {
                ("tls", "there is no TLS at this port; use http://, or set dashboard.listeners.https")
            }
            Self::NoTls => ("no_tls", "there is TLS at this port; use https://"),
        }
    }
}

impl WrongProtocol {
    /// Somebody speaks this instead.
    pub(super) fn tell(&self, spoken: Spoken, peer: SocketAddr, own: Option<SocketAddr>) {
        let Some(held_back) = self.told.lock().pass(Instant::now()) else { return };
        let (protocol, hint) = spoken.told();
        let address = own.map(|own| own.to_string()).unwrap_or_default();
        warn!(msg = "api_wrong_protocol", peername = %peer, address, protocol, hint, held_back);
    }
}

impl Told {
    /// Whether it is to be written; how many were not since the last that was.
    fn pass(&mut self, now: Instant) -> Option<u64> {
        if self.last.is_some_and(|last| now.duration_since(last) < WINDOW) {
            self.held_back += 1;
            return None;
        }
        self.last = Some(now);
        Some(std::mem::take(&mut self.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_spoken_is_told_by_its_first_byte() {
        for (first, has_tls, expected) in [
            (0x10, false, Some(Spoken::Mqtt)),
            (0x10, true, Some(Spoken::Mqtt)),
            (0x16, false, Some(Spoken::TlsWithoutNeed)),
            (0x16, true, None),
            (b'G', true, Some(Spoken::NoTls)),
            (b'G', false, None),
        ] {
            assert_eq!(Spoken::instead(first, has_tls), expected, "{first:#x} {has_tls}");
        }
    }

    #[test]
    fn one_line_is_written_in_a_minute() {
        let (mut told, now) = (Told::default(), Instant::now());
        assert_eq!(told.pass(now), Some(0));
        assert_eq!((told.pass(now), told.pass(now + WINDOW / 2)), (None, None));
        assert_eq!(told.pass(now + WINDOW), Some(2));
        assert_eq!(told.pass(now + WINDOW * 2), Some(0));
    }
}
