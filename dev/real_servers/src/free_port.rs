//! Ports for servers that have to be told one.

use std::net::{Ipv4Addr, TcpListener};
use std::sync::atomic::{AtomicU16, Ordering};

/// Below what the kernel gives to connections on its own, so that a server finds its port free again after a restart.
const FIRST: u16 = 12_000;
const COUNT: u16 = 16_000;

static NEXT: AtomicU16 = AtomicU16::new(0);

/// A port on 127.0.0.1 that nobody listens on, and that this function does not name again for a long time.
///
/// # Panics
/// None is left.
#[must_use]
pub fn free_port() -> u16 {
    // Test programs that run side by side begin at different places.
    let offset =
        u16::try_from(u64::from(std::process::id()).wrapping_mul(7_919) % u64::from(COUNT)).unwrap_or_default();
    (0..COUNT)
        .map(|_| FIRST + (NEXT.fetch_add(1, Ordering::Relaxed) % COUNT + offset) % COUNT)
        .find(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port)).is_ok())
        .expect("a free port")
}
