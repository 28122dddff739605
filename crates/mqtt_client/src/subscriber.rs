//! Subscribes, and hands over what comes.

use crate::connection::{Event, reason};
use crate::{ClientError, ConnectSettings, Connection, PropertySheet, ReceivedMessage, StopSignal, clock};
use dunlin_codec::{
    AckKind, Disconnect, Packet, Publish, SubAck, Subscribe, SubscribeFilters, Unsubscribe, UnsubscribeFilters,
    UserProperties,
};
use dunlin_model::{Qos, ReasonCode, SubscriptionOptions};
use std::collections::{BTreeSet, HashMap};
use std::time::{Duration, Instant};

/// What is subscribed to, and when it is enough.
#[derive(Debug)]
pub struct SubscriberSettings {
    /// Filters; all have the same options.
    pub filters: Vec<String>,
    /// Options of all of them.
    pub options: SubscriptionOptions,
    /// Properties of SUBSCRIBE (5.0).
    pub properties: PropertySheet,
    /// Filters that are given up before anything is subscribed to.
    pub unsubscribe: Vec<String>,
    /// Properties of UNSUBSCRIBE (5.0).
    pub unsubscribe_properties: PropertySheet,
    /// Properties of DISCONNECT (5.0).
    pub goodbye: PropertySheet,
    /// Ends when the broker has answered, before any message.
    pub ends_when_subscribed: bool,
    /// Ends after so many messages.
    pub count: Option<u64>,
    /// Ends when so much time has passed.
    pub patience: Option<Duration>,
}

/// How it ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Subscribed {
    /// Everything that was wanted has come.
    Done,
    /// The patience was over first.
    TimedOut,
    /// The user ended it.
    Stopped,
}

/// What became of a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is one of those that are wanted.
    Counted,
    /// It is none of them.
    LeftOut,
    /// It is none of them, and no other one is wanted.
    Enough,
}

/// Connects, subscribes and hands every message to `take` until it is enough.
///
/// # Errors
/// [`ClientError`], also from `take`.
pub fn subscribe(
    connect: &ConnectSettings,
    settings: &SubscriberSettings,
    stop: StopSignal,
    mut take: impl FnMut(&ReceivedMessage) -> Result<Taken, ClientError>,
) -> Result<Subscribed, ClientError> {
    let deadline = settings.patience.map(|patience| clock::now() + patience);
    let mut connection = Connection::open(connect, stop)?;
    let mut subscribing =
        Subscribing { settings, aliases: HashMap::new(), awaiting_release: BTreeSet::new(), left: settings.count };
    let end = subscribing.run(&mut connection, deadline, &mut take)?;
    let user = settings.goodbye.user_pairs();
    connection.close(Disconnect {
        session_expiry_interval: settings.goodbye.session_expiry_interval,
        user_properties: UserProperties::from_pairs(&user),
        ..Disconnect::default()
    })?;
    Ok(end)
}

struct Subscribing<'a> {
    settings: &'a SubscriberSettings,
    /// As many as the client has told the broker it takes.
    aliases: HashMap<u16, String>,
    /// Messages of QoS 2 that were handed over and are not released.
    awaiting_release: BTreeSet<u16>,
    left: Option<u64>,
}

type Take<'a> = &'a mut dyn FnMut(&ReceivedMessage) -> Result<Taken, ClientError>;

impl Subscribing<'_> {
    fn run(
        &mut self,
        connection: &mut Connection,
        deadline: Option<Instant>,
        take: Take<'_>,
    ) -> Result<Subscribed, ClientError> {
        self.send_unsubscribe(connection)?;
        let awaited = self.send_subscribe(connection)?;
        if self.left == Some(0) || (awaited.is_none() && self.settings.ends_when_subscribed) {
            return Ok(Subscribed::Done);
        }
        loop {
            let frame = match connection.next(None, deadline)? {
                Event::Packet(frame) => frame,
                Event::Timeout | Event::Input => return Ok(Subscribed::TimedOut),
                Event::Stopped => return Ok(Subscribed::Stopped),
            };
            match frame.packet()? {
                Packet::SubAck(suback) if Some(suback.packet_id) == awaited => {
                    self.check(&suback)?;
                    if self.settings.ends_when_subscribed {
                        return Ok(Subscribed::Done);
                    }
                }
                Packet::Publish(publish) => {
                    self.receive(connection, &publish, take)?;
                    if self.left == Some(0) {
                        return Ok(Subscribed::Done);
                    }
                }
                Packet::PubRel(ack) => {
                    self.awaiting_release.remove(&ack.packet_id);
                    connection.acknowledge(AckKind::PubComp, ack.packet_id)?;
                }
                _ => {}
            }
        }
    }

    fn send_unsubscribe(&self, connection: &mut Connection) -> Result<(), ClientError> {
        if self.settings.unsubscribe.is_empty() {
            return Ok(());
        }
        let packet_id = connection.next_packet_id();
        let filters: Vec<&str> = self.settings.unsubscribe.iter().map(String::as_str).collect();
        let user = self.settings.unsubscribe_properties.user_pairs();
        let user_properties = UserProperties::from_pairs(&user);
        let filters = UnsubscribeFilters::Values(&filters);
        connection.send(&Packet::Unsubscribe(Unsubscribe { packet_id, user_properties, filters }))
    }

    /// The packet identifier whose answer is awaited, if there is anything to subscribe to.
    fn send_subscribe(&self, connection: &mut Connection) -> Result<Option<u16>, ClientError> {
        if self.settings.filters.is_empty() {
            return Ok(None);
        }
        let packet_id = connection.next_packet_id();
        let options = self.settings.options;
        let filters: Vec<_> = self.settings.filters.iter().map(|filter| (filter.as_str(), options)).collect();
        let user = self.settings.properties.user_pairs();
        connection.send(&Packet::Subscribe(Subscribe {
            packet_id,
            subscription_id: self.settings.properties.subscription_id,
            user_properties: UserProperties::from_pairs(&user),
            filters: SubscribeFilters::Values(&filters),
        }))?;
        Ok(Some(packet_id))
    }

    /// Says which filters were refused; it is an error if all were.
    fn check(&self, suback: &SubAck<'_>) -> Result<(), ClientError> {
        let mut first = None;
        let mut refused = 0;
        for (filter, &code) in self.settings.filters.iter().zip(suback.reason_codes) {
            let Some(code) = ReasonCode::from_u8(code).filter(|code| code.is_error()) else { continue };
            let why = reason(code, suback.reason_string);
            refused += 1;
            if self.settings.filters.len() > 1 {
                eprintln!("the broker refused the subscription to {}: {why}", filter.escape_debug());
            }
            first.get_or_insert(why);
        }
        match first {
            Some(why) if refused == self.settings.filters.len() => Err(ClientError::SubscriptionRefused(why)),
            _ => Ok(()),
        }
    }

    fn receive(
        &mut self,
        connection: &mut Connection,
        publish: &Publish<'_>,
        take: Take<'_>,
    ) -> Result<(), ClientError> {
        let topic = self.topic_of(publish)?;
        // A message of QoS 2 that comes again before it is released was handed over before.
        let is_new = publish.qos != Qos::ExactlyOnce || self.awaiting_release.insert(publish.packet_id);
        if is_new {
            self.left = match take(&ReceivedMessage::of(publish, topic))? {
                Taken::Counted => self.left.map(|left| left.saturating_sub(1)),
                Taken::LeftOut => self.left,
                Taken::Enough => Some(0),
            };
        }
        match publish.qos {
            Qos::AtMostOnce => Ok(()),
            Qos::AtLeastOnce => connection.acknowledge(AckKind::PubAck, publish.packet_id),
            Qos::ExactlyOnce => connection.acknowledge(AckKind::PubRec, publish.packet_id),
        }
    }

    fn topic_of(&mut self, publish: &Publish<'_>) -> Result<String, ClientError> {
        match publish.topic_alias {
            Some(alias) if publish.topic.is_empty() => {
                self.aliases.get(&alias).cloned().ok_or(ClientError::Unexpected("an unknown topic alias"))
            }
            Some(alias) => {
                self.aliases.insert(alias, publish.topic.to_owned());
                Ok(publish.topic.to_owned())
            }
            None => Ok(publish.topic.to_owned()),
        }
    }
}
