//! All clients on one thread, and the poll that wakes them.

use crate::client::{Client, Scene, Tally};
use crate::clock::Clock;
use crate::oracle::{ClientNumber, ConnectionEnd, Oracle, Overlaps};
use crate::plan::{Habit, Plan};
use crate::script::{Action, Step};
use mio::{Events, Poll};
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

/// The clients and what they share.
#[derive(Debug)]
pub struct Stage {
    plan: Plan,
    clients: Vec<Client>,
    poll: Poll,
    events: Events,
    clock: Clock,
    /// Where the broker listens.
    pub address: SocketAddr,
    /// What the clients saw.
    pub oracle: Oracle,
    /// What they did.
    pub tally: Tally,
}

impl Stage {
    /// Everybody is offline.
    ///
    /// # Errors
    /// The system has no poll for us.
    pub fn new(plan: Plan, seed: u64, overlaps: Overlaps, clock: Clock) -> io::Result<Self> {
        let names = plan.profiles.iter().map(|profile| profile.name.clone()).collect();
        let oracle = Oracle::new(names, plan.streams.clone(), overlaps);
        let clients = (0..plan.profiles.len()).map(|number| Client::new(number, &plan, seed)).collect();
        Ok(Self {
            plan,
            clients,
            poll: Poll::new()?,
            events: Events::with_capacity(256),
            clock,
            address: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            oracle,
            tally: Tally::default(),
        })
    }

    /// The cast.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The clients.
    #[must_use]
    pub fn clients(&self) -> &[Client] {
        &self.clients
    }

    /// Milliseconds since the run began.
    #[must_use]
    pub fn now_ms(&self) -> u64 {
        self.clock.now_ms()
    }

    /// Waits for at most `patience_ms` until something comes, and lets everybody act.
    ///
    /// # Errors
    /// The poll failed.
    pub fn turn(&mut self, patience_ms: u64) -> io::Result<()> {
        match self.poll.poll(&mut self.events, Some(Duration::from_millis(patience_ms))) {
            Err(error) if error.kind() != ErrorKind::Interrupted => return Err(error),
            _ => {}
        }
        let tokens: Vec<_> = self.events.iter().map(mio::event::Event::token).collect();
        self.with_all(|client, scene| {
            if tokens.iter().any(|&token| client.owns(token)) {
                client.ready(scene);
            }
        });
        self.with_all(Client::tick);
        Ok(())
    }

    /// Does one step of a script.
    pub fn play(&mut self, step: Step) {
        self.with(step.client, |client, scene| match step.action {
            Action::Connect { clean_start } => client.connect(clean_start, scene),
            Action::Cut => client.cut(scene),
            Action::Leave => client.leave(scene),
            Action::Subscribe => client.subscribe(scene),
            Action::Unsubscribe { filter } => client.unsubscribe(filter, scene),
            Action::Burst { messages } => client.add_backlog(messages),
        });
    }

    /// The broker is gone; everybody reads what it left behind.
    pub fn lose_broker(&mut self, end: ConnectionEnd) {
        self.with_all(|client, scene| client.lose_broker(end, scene));
    }

    /// Everybody closes their connection without a word.
    pub fn cut_all(&mut self) {
        self.with_all(Client::cut);
    }

    /// Everybody with a durable session comes and acknowledges at once, until [`Stage::calm_down`]. Mourners stay away: their
    /// wills have to be published.
    pub fn gather(&mut self) {
        self.with_all(|client, scene| {
            client.hurry(true);
            let comes = client.profile().is_durable() && client.profile().habit != Habit::Mourner;
            if comes && !client.is_connected() {
                client.connect(false, scene);
            }
            client.subscribe_if_needed(scene);
        });
    }

    /// Everybody goes back to their own manners.
    pub fn calm_down(&mut self) {
        self.with_all(|client, _| client.hurry(false));
    }

    /// Does something with one client.
    pub fn with<T>(&mut self, client: ClientNumber, act: impl FnOnce(&mut Client, &mut Scene<'_>) -> T) -> Option<T> {
        let mut scene = Scene {
            oracle: &mut self.oracle,
            plan: &self.plan,
            tally: &mut self.tally,
            now_ms: self.clock.now_ms(),
            address: self.address,
            registry: self.poll.registry(),
        };
        self.clients.get_mut(client).map(|client| act(client, &mut scene))
    }

    fn with_all(&mut self, mut act: impl FnMut(&mut Client, &mut Scene<'_>)) {
        for number in 0..self.clients.len() {
            self.with(number, &mut act);
        }
    }
}
