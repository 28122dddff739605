//! Passwords are compared one after the other, because that takes a good part of a second of a processor. Whoever asks for more than a
//! few at a time is refused, so that threads and memory are left for everybody else.

use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// So many may wait, or have their turn, of one address.
const OF_ADDRESS_MAX: u32 = 4;

/// So many in all.
const WAITING_MAX: u32 = 64;

/// See the head of the file.
#[derive(Debug)]
pub(super) struct LoginQueue {
    comparing: Arc<Semaphore>,
    waiting: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

/// Somebody's turn. The next one has it when this is dropped.
#[derive(Debug)]
pub(crate) struct LoginTurn {
    _place: Place,
    _permit: OwnedSemaphorePermit,
}

/// A place in the line, or at its head.
#[derive(Debug)]
struct Place {
    address: IpAddr,
    waiting: Arc<Mutex<HashMap<IpAddr, u32>>>,
}

impl Default for LoginQueue {
    fn default() -> Self {
        Self { comparing: Arc::new(Semaphore::new(1)), waiting: Arc::default() }
    }
}

impl LoginQueue {
    /// Waits for a turn; `None` where too many wait.
    pub(super) async fn turn(&self, address: IpAddr) -> Option<LoginTurn> {
        let place = self.place(address.to_canonical())?;
        let permit = Arc::clone(&self.comparing).acquire_owned().await.ok()?;
        Some(LoginTurn { _place: place, _permit: permit })
    }

    fn place(&self, address: IpAddr) -> Option<Place> {
        let mut waiting = self.waiting.lock();
        let of_address = waiting.get(&address).copied().unwrap_or_default();
        if of_address >= OF_ADDRESS_MAX || waiting.values().sum::<u32>() >= WAITING_MAX {
            return None;
        }
        waiting.insert(address, of_address + 1);
        Some(Place { address, waiting: Arc::clone(&self.waiting) })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut waiting = self.waiting.lock();
        if let Some(count) = waiting.get_mut(&self.address) {
            *count -= 1;
            if *count == 0 {
                waiting.remove(&self.address);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;

    #[tokio::test]
    async fn one_after_the_other_and_not_too_many() {
        let queue = LoginQueue::default();
        let address = |number: u8| IpAddr::V4(Ipv4Addr::new(10, 0, 0, number));
        let turn = queue.turn(address(1)).await.expect("nobody is there");
        let places: Vec<_> = (0..3).filter_map(|_| queue.place(address(1))).collect();
        assert_eq!(places.len(), 3);
        assert!(queue.turn(address(1)).await.is_none(), "four of one address are enough");
        let others: Vec<_> = (2..200).filter_map(|number| queue.place(address(number))).collect();
        assert_eq!(others.len(), 60, "64 in all");
        assert!(queue.turn(address(250)).await.is_none());
        drop((places, others, turn));
        assert!(queue.turn(address(250)).await.is_some());
        assert!(queue.waiting.lock().is_empty());
    }
}
