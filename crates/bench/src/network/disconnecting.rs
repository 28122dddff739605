//! Lets clients leave in good order, so that the broker keeps their persistent sessions and sends no will.

use super::{ClientError, Handler, Network, Outbox};
use crate::clock::now_ns;
use crate::error::RunError;
use crate::stop_signal::StopSignal;
use crate::wire::{DISCONNECT, Frame};
use std::ops::Range;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(10);
const TICK: Duration = Duration::from_millis(100);

/// Counts the connections that are still open.
struct Leaving {
    clients: Range<usize>,
    open: usize,
}

impl Handler for Leaving {
    fn received(&mut self, _client: usize, _frame: Frame<'_>, _outbox: &mut Outbox) -> Result<(), ClientError> {
        Ok(())
    }

    fn failed(&mut self, client: usize, _error: ClientError) {
        self.open -= usize::from(self.clients.contains(&client));
    }
}

/// Sends DISCONNECT for `count` clients and waits until the broker has closed their connections.
///
/// # Errors
/// The broker leaves a connection open for ten seconds, or Ctrl-C.
pub fn disconnect_clients(
    network: &mut Network,
    first_client: usize,
    count: usize,
    stop: &StopSignal,
) -> Result<(), RunError> {
    let mut leaving = Leaving { clients: first_client..first_client + count, open: 0 };
    for client in leaving.clients.clone() {
        if let Some(outbox) = network.outbox(client) {
            outbox.bytes.extend_from_slice(&DISCONNECT);
            leaving.open += 1;
        }
    }
    let end_ns = now_ns() + PATIENCE.as_nanos() as u64;
    while leaving.open > 0 {
        stop.check()?;
        if now_ns() > end_ns {
            return Err(RunError::Stalled("disconnecting"));
        }
        network.flush(&mut leaving);
        network.turn(TICK, &mut leaving)?;
    }
    Ok(())
}
