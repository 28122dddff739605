//! Who takes part: publishers, subscribers with different habits, what they publish and what they subscribe to.
//!
//! The cast is the same in every run; what its members do and when is drawn from the seed (see [`crate::script`]).

use crate::message::StreamNumber;
use crate::oracle::{ClientNumber, Purpose, Stream};
use dunlin_model::{ProtocolVersion, Qos};

/// How a client behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Habit {
    /// Publishes; connected all the time, but its connection is cut or taken over now and then.
    Publisher,
    /// Connected all the time, acknowledges at once.
    Steady,
    /// Connected all the time, acknowledges late.
    Slow,
    /// Connected all the time, leaves some messages without acknowledgement until its connection ends.
    Forgetful,
    /// Has subscribed and left; comes back now and then.
    Absent,
    /// Opens a second connection while the first one is in use.
    Contested,
    /// Unsubscribes and subscribes again, and ends its session by clean starts.
    Restless,
    /// Member of a shared group; comes and goes.
    Member,
    /// Clean sessions only: noise.
    Guest,
    /// Has a will, and ends its connections in every way.
    Mourner,
    /// Receives the wills.
    Watcher,
    /// Asks for retained messages when the others are away.
    Prober,
}

/// One client.
#[derive(Clone, Debug)]
pub struct Profile {
    /// Client identifier.
    pub name: String,
    /// How it behaves.
    pub habit: Habit,
    /// What it speaks.
    pub version: ProtocolVersion,
    /// What it subscribes to, in one SUBSCRIBE.
    pub filters: Vec<(String, Qos)>,
    /// What it publishes to; for a [`Habit::Mourner`] the one stream of its will.
    pub streams: Vec<StreamNumber>,
    /// Receive Maximum it asks for (5.0).
    pub receive_maximum: Option<u16>,
}

impl Profile {
    /// Whether its session is to outlive its connections.
    #[must_use]
    pub fn is_durable(&self) -> bool {
        !matches!(self.habit, Habit::Guest | Habit::Prober)
    }
}

/// All clients and streams.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Distinguishes this run from others in payloads.
    pub run: u32,
    /// The clients.
    pub profiles: Vec<Profile>,
    /// The streams.
    pub streams: Vec<Stream>,
}

/// The filter under which retained messages are looked for.
pub const RETAINED_FILTER: &str = "retained/#";

const PUBLISHERS: usize = 6;
/// Data topics are `data/<area>/<number>`.
const AREAS: [&str; 2] = ["north", "south"];
const TOPICS_PER_AREA: usize = 3;
const STREAMS_PER_PUBLISHER: usize = 3;

impl Plan {
    /// The cast for a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let mut plan = Self { run: fastrand::Rng::with_seed(seed).u32(..), profiles: Vec::new(), streams: Vec::new() };
        for number in 0..PUBLISHERS {
            plan.add_publisher(number);
        }
        plan.add_subscribers();
        for number in 0..3 {
            plan.add_mourner(number);
        }
        plan.add(Habit::Watcher, 0, &[("will/#", Qos::ExactlyOnce)]);
        plan.add(Habit::Prober, 0, &[(RETAINED_FILTER, Qos::AtLeastOnce)]);
        plan
    }

    /// Clients with one of these habits.
    pub fn with_habit(&self, habit: Habit) -> impl Iterator<Item = ClientNumber> {
        let all = self.profiles.iter().enumerate();
        all.filter(move |(_, profile)| profile.habit == habit).map(|(number, _)| number)
    }

    fn add_subscribers(&mut self) {
        use Qos::{AtLeastOnce as One, ExactlyOnce as Two};
        let overlapping: &[(&str, Qos)] = &[("data/#", One), ("data/north/+", Two), ("data/north/0", One)];
        for (habit, filters) in [
            (Habit::Steady, &[("data/#", Two)][..]),
            (Habit::Steady, &[("data/north/+", One)]),
            (Habit::Steady, overlapping),
            (Habit::Slow, &[("data/#", One)]),
            (Habit::Slow, &[("data/south/#", Two)]),
            (Habit::Forgetful, &[("data/+/0", Two)]),
            (Habit::Forgetful, &[("data/#", One)]),
            (Habit::Absent, &[("data/#", Two)]),
            (Habit::Absent, &[("data/south/+", One)]),
            (Habit::Absent, overlapping),
            (Habit::Absent, &[("data/+/1", Two), ("data/+/2", One)]),
            (Habit::Contested, &[("data/#", Two)]),
            (Habit::Contested, &[("data/north/#", One)]),
            (Habit::Restless, &[("data/north/+", Two), ("data/south/0", One)]),
            (Habit::Restless, &[("data/+/1", One), ("data/south/#", Two)]),
            (Habit::Guest, &[("data/#", One)]),
            (Habit::Guest, &[("data/south/+", Two)]),
        ] {
            let number = self.with_habit(habit).count();
            self.add(habit, number, filters);
        }
        for number in 0..3 {
            self.add(Habit::Member, number, &[("$share/first/data/north/#", Two)]);
        }
        for number in 3..6 {
            self.add(Habit::Member, number, &[("$share/second/data/#", One), ("$share/third/data/south/+", Two)]);
        }
    }

    fn add_publisher(&mut self, number: usize) {
        let publisher = self.add(Habit::Publisher, number, &[]);
        for index in 0..STREAMS_PER_PUBLISHER {
            // Neighbours share topics, so that each topic has several publishers and either QoS.
            let place = number + index;
            let area = AREAS[place % AREAS.len()];
            let topic = format!("data/{area}/{}", place / AREAS.len() % TOPICS_PER_AREA);
            self.add_stream(publisher, topic, qos_of(place + number), Purpose::Data);
        }
        self.add_stream(publisher, format!("retained/{number}"), qos_of(number), Purpose::Retained);
    }

    fn add_mourner(&mut self, number: usize) {
        let mourner = self.add(Habit::Mourner, number, &[]);
        self.add_stream(mourner, format!("will/{number}"), qos_of(number + 1), Purpose::Will);
    }

    fn add(&mut self, habit: Habit, number: usize, filters: &[(&str, Qos)]) -> ClientNumber {
        let client = self.profiles.len();
        // Will delay is a word of 5.0 only; the others speak both.
        let is_v5 = number.is_multiple_of(2) || matches!(habit, Habit::Mourner | Habit::Prober);
        self.profiles.push(Profile {
            name: format!("{habit:?}-{number}").to_lowercase(),
            habit,
            version: if is_v5 { ProtocolVersion::V5 } else { ProtocolVersion::V4 },
            filters: filters.iter().map(|&(filter, qos)| (filter.to_owned(), qos)).collect(),
            streams: Vec::new(),
            receive_maximum: matches!(habit, Habit::Slow | Habit::Absent).then_some(10),
        });
        client
    }

    fn add_stream(&mut self, publisher: ClientNumber, topic: String, qos: Qos, purpose: Purpose) {
        let number = StreamNumber::try_from(self.streams.len()).expect("a few dozen streams");
        self.streams.push(Stream { publisher, topic, qos, purpose });
        if let Some(profile) = self.profiles.get_mut(publisher) {
            profile.streams.push(number);
        }
    }
}

/// 1 and 2 in turn.
const fn qos_of(number: usize) -> Qos {
    if number.is_multiple_of(2) { Qos::AtLeastOnce } else { Qos::ExactlyOnce }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cast_is_complete() {
        let plan = Plan::new(1);
        let names: std::collections::HashSet<_> = plan.profiles.iter().map(|profile| &profile.name).collect();
        assert_eq!(names.len(), plan.profiles.len(), "client identifiers are unique");
        for purpose in [Purpose::Data, Purpose::Retained, Purpose::Will] {
            for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce] {
                let with = |stream: &&Stream| stream.purpose == purpose && stream.qos == qos;
                assert!(plan.streams.iter().any(|stream| with(&stream)), "{purpose:?} {qos:?}");
            }
        }
        for number in 0..plan.streams.len() {
            let owners = plan.profiles.iter().filter(|profile| profile.streams.contains(&(number as u16)));
            assert_eq!(owners.count(), 1);
        }
        let topic_and_publisher: std::collections::HashSet<_> =
            plan.streams.iter().map(|stream| (&stream.topic, stream.publisher)).collect();
        assert_eq!(topic_and_publisher.len(), plan.streams.len(), "a stream has its topic for itself");
    }
}
