//! Turns of something that only a few may do at a time, one address after the other: whoever asks a thousand times keeps those at other
//! addresses waiting no longer than whoever asks once.

use parking_lot::Mutex;
use std::collections::{HashMap, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use tokio::sync::oneshot::{self, Sender};

/// See the head of the file.
#[derive(Debug)]
pub(crate) struct FairTurns(Mutex<State>);

#[derive(Debug)]
struct State {
    free: usize,
    /// Those who wait, by address, in the order in which they came. Some may have gone meanwhile.
    waiting: HashMap<IpAddr, VecDeque<Sender<Turn>>>,
    /// Addresses with somebody who waits: the first is the next one.
    order: VecDeque<IpAddr>,
}

/// Somebody's turn. It is the next one's when this is dropped.
#[derive(Debug)]
pub(crate) struct Turn(Option<Arc<FairTurns>>);

impl FairTurns {
    /// So many at a time, at least one.
    pub(crate) fn new(at_a_time: usize) -> Arc<Self> {
        Arc::new(Self(Mutex::new(State { free: at_a_time.max(1), waiting: HashMap::new(), order: VecDeque::new() })))
    }

    /// Waits for a turn of somebody at this address. Whoever gives up waiting has only to forget it.
    pub(crate) async fn turn(self: &Arc<Self>, address: IpAddr) -> Option<Turn> {
        let told = {
            let mut state = self.0.lock();
            if state.free > 0 {
                state.free -= 1;
                return Some(Turn(Some(Arc::clone(self))));
            }
            let (tell, told) = oneshot::channel();
            state.push(network(address), tell);
            told
        };
        told.await.ok()
    }

    fn release(self: &Arc<Self>) {
        let mut turn = Turn(Some(Arc::clone(self)));
        loop {
            let next = {
                let mut state = self.0.lock();
                let next = state.pop();
                if next.is_none() {
                    state.free += 1;
                }
                next
            };
            let Some(next) = next else { break };
            match next.send(turn) {
                Ok(()) => return,
                Err(back) => turn = back,
            }
        }
        // Nobody waits: it was counted already.
        turn.0 = None;
    }
}

impl State {
    fn push(&mut self, address: IpAddr, tell: Sender<Turn>) {
        let of_address = self.waiting.entry(address).or_default();
        if of_address.is_empty() {
            self.order.push_back(address);
        }
        of_address.push_back(tell);
    }

    fn pop(&mut self) -> Option<Sender<Turn>> {
        let address = self.order.pop_front()?;
        let of_address = self.waiting.get_mut(&address)?;
        let next = of_address.pop_front();
        if of_address.is_empty() {
            self.waiting.remove(&address);
        } else {
            self.order.push_back(address);
        }
        next
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(turns) = self.0.take() {
            turns.release();
        }
    }
}

/// Of IPv6, whoever has one address has the 64 bits behind it, too.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V4(address) => address.into(),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::net::Ipv4Addr;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    const fn at(number: u8) -> IpAddr {
        IpAddr::V4(Ipv4Addr::new(10, 0, 0, number))
    }

    fn poll<F: Future<Output = Option<Turn>>>(waiting: std::pin::Pin<&mut F>) -> Option<Turn> {
        match waiting.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(turn) => turn,
            Poll::Pending => None,
        }
    }

    #[test]
    fn one_who_asks_often_does_not_keep_others_waiting() {
        let turns = FairTurns::new(1);
        let first = poll(pin!(turns.turn(at(1)))).expect("nobody else is there");
        let (mut one, mut two, mut three) = (pin!(turns.turn(at(1))), pin!(turns.turn(at(1))), pin!(turns.turn(at(1))));
        let mut other = pin!(turns.turn(at(2)));
        assert!(poll(one.as_mut()).is_none() && poll(two.as_mut()).is_none() && poll(three.as_mut()).is_none());
        assert!(poll(other.as_mut()).is_none());
        drop(first);
        drop(poll(one.as_mut()).expect("it came first"));
        let others = poll(other.as_mut()).expect("it is the next address");
        assert!(poll(two.as_mut()).is_none());
        drop(others);
        drop(poll(two.as_mut()).expect("nobody else waits"));
        drop(poll(three.as_mut()).expect("it is the last"));
        assert!(poll(pin!(turns.turn(at(3)))).is_some());
    }

    #[test]
    fn whoever_gave_up_is_passed_over_and_no_turn_is_lost() {
        let turns = FairTurns::new(2);
        let held: Vec<_> = (0..2).filter_map(|_| poll(pin!(turns.turn(at(1))))).collect();
        assert_eq!(held.len(), 2);
        for number in 2..9 {
            // It has waited, and is gone.
            assert!(poll(pin!(turns.turn(at(number)))).is_none());
        }
        let mut told = Box::pin(turns.turn(at(9)));
        assert!(poll(told.as_mut()).is_none());
        drop(held);
        // It has its turn, and goes without having seen it.
        drop(told);
        let again: Vec<_> = (0..3).filter_map(|_| poll(pin!(turns.turn(at(1))))).collect();
        assert_eq!(again.len(), 2);
        drop(again);
        let state = turns.0.lock();
        assert_eq!((state.free, state.waiting.len(), state.order.len()), (2, 0, 0));
    }
}
