//! Histories with one planted error each, and right ones that only look wrong.

use super::{ConnectionEnd, Event, Oracle, Overlaps, Purpose, Stream, ViolationKind, WillSent};
use crate::message::MessageId;
use Qos::{AtLeastOnce as One, ExactlyOnce as Two};
use dunlin_model::Qos;

const PUBLISHER: usize = 0;
const SUBSCRIBER: usize = 1;
const OTHER: usize = 2;

/// Streams 0 to 4: two for data (QoS 1 and 2), a retained one, a will of [`OTHER`], a retained one with QoS 2.
fn streams() -> Vec<Stream> {
    let stream = |publisher, topic: &str, qos, purpose| Stream { publisher, topic: topic.to_owned(), qos, purpose };
    vec![
        stream(PUBLISHER, "data/one", One, Purpose::Data),
        stream(PUBLISHER, "data/two", Two, Purpose::Data),
        stream(PUBLISHER, "retained/0", One, Purpose::Retained),
        stream(OTHER, "will/0", Two, Purpose::Will),
        stream(PUBLISHER, "retained/1", Two, Purpose::Retained),
    ]
}

const fn one(sequence: u32) -> MessageId {
    MessageId { stream: 0, sequence }
}

const fn two(sequence: u32) -> MessageId {
    MessageId { stream: 1, sequence }
}

const fn retained(sequence: u32) -> MessageId {
    MessageId { stream: 2, sequence }
}

const fn will(sequence: u32) -> MessageId {
    MessageId { stream: 3, sequence }
}

/// A history that is told step by step.
struct Story(Oracle);

impl Story {
    fn new() -> Self {
        Self::with_overlaps(Overlaps::Merged)
    }

    fn with_overlaps(overlaps: Overlaps) -> Self {
        let names = ["publisher", "subscriber", "other"].map(str::to_owned).to_vec();
        let mut story = Self(Oracle::new(names, streams(), overlaps));
        story.0.begin_cycle(1);
        story.0.record(Event::BrokerStarted);
        story
    }

    /// One durable subscriber with these filters.
    fn with_subscriber(filters: &[(&str, Qos)]) -> Self {
        let mut story = Self::new();
        story.connects(SUBSCRIBER, false).subscribes(SUBSCRIBER, filters);
        story
    }

    fn tell(&mut self, event: Event<'_>) -> &mut Self {
        self.0.record(event);
        self
    }

    fn asks_in(&mut self, client: usize, clean_start: bool, is_durable: bool) -> &mut Self {
        self.tell(Event::ConnectSent { client, clean_start, is_durable, will: None })
    }

    fn is_let_in(&mut self, client: usize, session_present: bool) -> &mut Self {
        self.tell(Event::ConnectAcknowledged { client, session_present })
    }

    fn connects(&mut self, client: usize, session_present: bool) -> &mut Self {
        self.asks_in(client, false, true).is_let_in(client, session_present)
    }

    fn connects_with_will(&mut self, sequence: u32, delay_s: u32, session_present: bool) -> &mut Self {
        self.asks_in_with_will(sequence, delay_s).is_let_in(OTHER, session_present)
    }

    fn asks_in_with_will(&mut self, sequence: u32, delay_s: u32) -> &mut Self {
        let will = Some(WillSent { stream: 3, sequence, delay_s });
        self.tell(Event::ConnectSent { client: OTHER, clean_start: false, is_durable: true, will })
    }

    fn ends(&mut self, client: usize, end: ConnectionEnd) -> &mut Self {
        self.tell(Event::ConnectionEnded { client, end })
    }

    fn asks_for(&mut self, client: usize, filters: &[(&str, Qos)]) -> &mut Self {
        let filters: Vec<_> = filters.iter().map(|&(filter, qos)| (filter.to_owned(), qos)).collect();
        self.tell(Event::SubscribeSent { client, filters: &filters })
    }

    fn subscribes(&mut self, client: usize, filters: &[(&str, Qos)]) -> &mut Self {
        let granted: Vec<_> = filters.iter().map(|&(_, qos)| Some(qos)).collect();
        self.asks_for(client, filters).tell(Event::SubscribeAcknowledged { client, granted: &granted })
    }

    fn sends(&mut self, message: MessageId) -> &mut Self {
        self.tell(Event::PublishSent { message })
    }

    /// Sends, and is acknowledged to the end.
    fn publishes(&mut self, message: MessageId) -> &mut Self {
        self.sends(message).tell(Event::PublishAcknowledged { message }).tell(Event::PublishCompleted { message })
    }

    fn gets_at(&mut self, client: usize, message: MessageId, qos: Qos) -> &mut Self {
        let topic = streams()[usize::from(message.stream)].topic.clone();
        self.tell(Event::Received { client, message, topic: &topic, qos })
    }

    fn gets(&mut self, client: usize, message: MessageId) -> &mut Self {
        self.gets_at(client, message, streams()[usize::from(message.stream)].qos)
    }

    fn is_killed(&mut self) -> &mut Self {
        for client in [PUBLISHER, SUBSCRIBER, OTHER] {
            self.ends(client, ConnectionEnd::BrokerKilled);
        }
        self.tell(Event::BrokerStarted)
    }

    fn finds_retained(&mut self, messages: &[MessageId]) -> &mut Self {
        self.tell(Event::RetainedAsked).tell(Event::RetainedFound { messages })
    }

    /// Asks the oracle for everything that was wrong.
    fn verdict(&mut self) -> Vec<ViolationKind> {
        self.0.check();
        assert_eq!(self.0.violation_count(), self.0.violations().len() as u64);
        self.0.violations().iter().map(|violation| violation.kind).collect()
    }

    fn is_right(&mut self) {
        self.0.check();
        assert_eq!(self.0.violations(), []);
    }

    fn is_wrong(&mut self, kinds: &[ViolationKind]) {
        assert_eq!(self.verdict(), kinds, "{:#?}", self.0.violations());
    }
}

#[test]
fn a_right_history_is_right_and_is_counted() {
    let mut story = Story::with_subscriber(&[("data/#", Two)]);
    story.publishes(one(0)).publishes(two(0)).gets(SUBSCRIBER, one(0)).gets(SUBSCRIBER, two(0));
    story.is_killed().connects(SUBSCRIBER, true);
    // A repetition at QoS 1 is allowed.
    story.gets(SUBSCRIBER, one(0)).publishes(one(1)).gets(SUBSCRIBER, one(1)).is_right();
    let counts = story.0.counts();
    assert_eq!((counts.acknowledged_qos_1, counts.acknowledged_qos_2), (2, 1));
    assert_eq!((counts.due, counts.received, counts.repeated_qos_1, counts.exactly_once), (3, 4, 1, 1));
    assert_eq!((counts.sessions_present, counts.sessions_absent, counts.subscriptions), (1, 1, 1));
}

#[test]
fn an_acknowledged_message_that_does_not_arrive_is_lost_once() {
    let mut story = Story::with_subscriber(&[("data/#", Two)]);
    story.publishes(one(0)).publishes(one(1)).publishes(one(2)).gets(SUBSCRIBER, one(0));
    assert!(!story.0.is_settled());
    story.is_wrong(&[ViolationKind::Lost]);
    let text = &story.0.violations()[0].text;
    assert!(text.contains("subscriber did not get 2 of 3") && text.contains("number 1 of publisher"), "{text}");
    // The next check does not report it again.
    assert!(story.0.is_settled());
    story.is_wrong(&[ViolationKind::Lost]);
}

#[test]
fn a_message_that_was_lost_with_a_crash_before_its_acknowledgement_is_not_owed() {
    let mut story = Story::with_subscriber(&[("data/#", Two)]);
    story.sends(one(0)).is_killed();
    // But it has to be acknowledged in the end, and then it is.
    assert!(!story.0.is_settled());
    story.is_wrong(&[ViolationKind::Unanswered]);
    let mut story = Story::with_subscriber(&[("data/#", Two)]);
    story.sends(one(0)).is_killed().connects(SUBSCRIBER, true);
    story.tell(Event::PublishAcknowledged { message: one(0) });
    story.is_wrong(&[ViolationKind::Lost]);
}

#[test]
fn only_a_subscription_that_surely_held_before_is_owed_something() {
    // SUBSCRIBE without SUBACK: may get it or not.
    for arrives in [false, true] {
        let mut story = Story::new();
        story.connects(SUBSCRIBER, false).asks_for(SUBSCRIBER, &[("data/#", Two)]).publishes(one(0));
        if arrives {
            story.gets(SUBSCRIBER, one(0));
        }
        story.is_killed().connects(SUBSCRIBER, true).is_right();
    }
    // SUBACK after the PUBLISH was sent.
    let mut story = Story::new();
    story.connects(SUBSCRIBER, false).sends(one(0)).subscribes(SUBSCRIBER, &[("data/#", Two)]);
    story.tell(Event::PublishAcknowledged { message: one(0) }).is_right();
    // A session that is to end with its connection.
    let mut story = Story::new();
    story.asks_in(SUBSCRIBER, true, false).is_let_in(SUBSCRIBER, false).subscribes(SUBSCRIBER, &[("data/#", Two)]);
    story.publishes(one(0)).is_right();
}

#[test]
fn a_session_that_follows_a_short_lived_one_has_no_subscriptions() {
    let mut story = Story::new();
    story.asks_in(SUBSCRIBER, true, false).is_let_in(SUBSCRIBER, false).subscribes(SUBSCRIBER, &[("data/#", Two)]);
    // The first CONNECT after it makes a session and is not answered, the second one finds that.
    story
        .is_killed()
        .asks_in(SUBSCRIBER, false, true)
        .is_killed()
        .connects(SUBSCRIBER, true)
        .publishes(one(0))
        .is_right();
}

#[test]
fn messages_nobody_sent_or_subscribed_to_are_seen() {
    let mut story = Story::with_subscriber(&[("data/one", Two)]);
    story.gets(SUBSCRIBER, one(0));
    story.is_wrong(&[ViolationKind::NeverSent]);

    let mut story = Story::with_subscriber(&[("data/one", Two)]);
    story.publishes(two(0)).gets(SUBSCRIBER, two(0)).is_wrong(&[ViolationKind::NotSubscribed]);

    let mut story = Story::with_subscriber(&[("data/#", Two)]);
    story.publishes(one(0)).tell(Event::Received { client: SUBSCRIBER, message: one(0), topic: "data/two", qos: One });
    story.is_wrong(&[ViolationKind::WrongTopic]);

    // Completed before the subscription was asked for.
    let mut story = Story::new();
    story.publishes(one(0)).connects(SUBSCRIBER, false).subscribes(SUBSCRIBER, &[("data/#", Two)]);
    story.gets(SUBSCRIBER, one(0)).is_wrong(&[ViolationKind::NotSubscribed]);
}

#[test]
fn an_ended_subscription_gets_nothing_new() {
    let ended = || {
        let mut story = Story::with_subscriber(&[("data/#", Two)]);
        story.publishes(one(0)).tell(Event::UnsubscribeSent { client: SUBSCRIBER, filter: "data/#" });
        story
    };
    // What was sent before may come, and need not.
    ended().tell(Event::UnsubscribeAcknowledged { client: SUBSCRIBER }).gets(SUBSCRIBER, one(0)).is_right();
    ended().tell(Event::UnsubscribeAcknowledged { client: SUBSCRIBER }).is_right();
    let mut story = ended();
    story.tell(Event::UnsubscribeAcknowledged { client: SUBSCRIBER }).is_killed().connects(SUBSCRIBER, true);
    story.publishes(one(1)).gets(SUBSCRIBER, one(1)).is_wrong(&[ViolationKind::NotSubscribed]);
    // Without UNSUBACK the broker may not know.
    ended().is_killed().connects(SUBSCRIBER, true).publishes(one(1)).gets(SUBSCRIBER, one(1)).is_right();
}

#[test]
fn exactly_once_is_once() {
    let mut story = Story::with_subscriber(&[("data/#", Two)]);
    story.publishes(two(0)).gets(SUBSCRIBER, two(0)).is_killed().connects(SUBSCRIBER, true).gets(SUBSCRIBER, two(0));
    story.is_wrong(&[ViolationKind::Repeated]);
    // At QoS 1 of the subscription it may come twice.
    let mut story = Story::with_subscriber(&[("data/#", One)]);
    story.publishes(two(0)).gets_at(SUBSCRIBER, two(0), One).gets_at(SUBSCRIBER, two(0), One).is_right();
}

#[test]
fn order_is_that_of_first_arrivals() {
    let published = || {
        let mut story = Story::with_subscriber(&[("data/#", Two)]);
        story.publishes(one(0)).publishes(one(1)).publishes(one(2));
        story
    };
    let get_all = |story: &mut Story, order: &[u32]| {
        for &sequence in order {
            story.gets(SUBSCRIBER, one(sequence));
        }
    };
    let mut story = published();
    get_all(&mut story, &[0, 1, 0, 1, 2, 0]);
    story.is_right();
    let mut story = published();
    get_all(&mut story, &[0, 2, 1]);
    story.is_wrong(&[ViolationKind::OutOfOrder]);
    // The subscription began between the first two, and the publisher repeated both after a crash.
    let mut story = Story::new();
    story.connects(SUBSCRIBER, false).asks_for(SUBSCRIBER, &[("data/#", Two)]).sends(one(0)).sends(one(1));
    story
        .is_killed()
        .connects(SUBSCRIBER, true)
        .gets(SUBSCRIBER, one(1))
        .gets(SUBSCRIBER, one(0))
        .gets(SUBSCRIBER, one(1));
    story.tell(Event::PublishAcknowledged { message: one(0) }).tell(Event::PublishAcknowledged { message: one(1) });
    story.is_right();
}

#[test]
fn the_qos_is_the_lower_one_of_publisher_and_subscription() {
    let mut story = Story::with_subscriber(&[("data/#", Two)]);
    story.publishes(two(0)).gets_at(SUBSCRIBER, two(0), One).is_wrong(&[ViolationKind::WrongQos]);
    let mut story = Story::with_subscriber(&[("data/#", One)]);
    story.publishes(two(0)).gets_at(SUBSCRIBER, two(0), Two).is_wrong(&[ViolationKind::WrongQos]);
}

#[test]
fn overlapping_subscriptions_are_merged_or_copied() {
    let filters = [("data/#", One), ("data/+", Two), ("data/two", Two)];
    let published = |overlaps| {
        let mut story = Story::with_overlaps(overlaps);
        story.connects(SUBSCRIBER, false).subscribes(SUBSCRIBER, &filters).publishes(two(0));
        story
    };
    published(Overlaps::Merged).gets_at(SUBSCRIBER, two(0), Two).is_right();
    published(Overlaps::Merged).gets_at(SUBSCRIBER, two(0), One).is_wrong(&[ViolationKind::WrongQos]);
    let mut twice = published(Overlaps::Merged);
    twice.gets(SUBSCRIBER, two(0)).gets(SUBSCRIBER, two(0)).is_wrong(&[ViolationKind::Repeated]);
    let mut copied = published(Overlaps::Copied);
    copied.gets_at(SUBSCRIBER, two(0), One).gets(SUBSCRIBER, two(0)).gets(SUBSCRIBER, two(0));
    copied.is_right();
    copied.gets(SUBSCRIBER, two(0)).is_wrong(&[ViolationKind::Repeated]);
}

#[test]
fn session_present_is_known_where_it_can_be() {
    let mut story = Story::with_subscriber(&[("data/#", Two)]);
    story.publishes(one(0)).publishes(two(0)).gets(SUBSCRIBER, two(0));
    story.is_killed().connects(SUBSCRIBER, false).is_wrong(&[ViolationKind::SessionLost]);
    assert!(story.0.violations()[0].text.contains("gone with it: 1 acknowledged"));

    Story::new().connects(SUBSCRIBER, true).is_wrong(&[ViolationKind::SessionNotEnded]);

    let mut story = Story::with_subscriber(&[]);
    story.asks_in(SUBSCRIBER, true, true).is_let_in(SUBSCRIBER, true).is_wrong(&[ViolationKind::SessionNotEnded]);

    // The first CONNECT was not answered: the session may have been made.
    for present in [false, true] {
        Story::new().asks_in(SUBSCRIBER, false, true).is_killed().connects(SUBSCRIBER, present).is_right();
    }
    // So may the clean start have been done, but a session that was there is not ended by a CONNECT without one.
    for present in [false, true] {
        let mut story = Story::with_subscriber(&[]);
        story.asks_in(SUBSCRIBER, true, true).is_killed().connects(SUBSCRIBER, present).is_right();
    }
    let mut story = Story::with_subscriber(&[]);
    story.asks_in(SUBSCRIBER, false, true).is_killed().connects(SUBSCRIBER, false);
    story.is_wrong(&[ViolationKind::SessionLost]);
    // A session that ends with its connection may or may not have ended yet.
    for present in [false, true] {
        let mut story = Story::new();
        story.asks_in(SUBSCRIBER, true, false).is_let_in(SUBSCRIBER, false).ends(SUBSCRIBER, ConnectionEnd::Cut);
        story.connects(SUBSCRIBER, present).is_right();
    }
}

#[test]
fn a_clean_start_ends_what_was_owed() {
    let mut story = Story::with_subscriber(&[("data/#", Two)]);
    story.publishes(one(0)).asks_in(SUBSCRIBER, true, true).is_let_in(SUBSCRIBER, false).is_right();
    // What the old session had comes from nowhere.
    story.is_killed().connects(SUBSCRIBER, true).gets(SUBSCRIBER, one(0));
    story.is_wrong(&[ViolationKind::NotSubscribed]);
}

#[test]
fn a_clean_start_without_answer_leaves_both_sessions_possible() {
    for resumes_old in [false, true] {
        let mut story = Story::with_subscriber(&[("data/#", Two)]);
        story.publishes(two(0)).publishes(two(1)).gets(SUBSCRIBER, two(0)).gets(SUBSCRIBER, two(1));
        story.asks_in(SUBSCRIBER, true, true).is_killed().connects(SUBSCRIBER, true);
        if resumes_old {
            // The client has forgotten which exchanges were open.
            story.gets(SUBSCRIBER, two(0));
        }
        story.is_right();
    }
}

/// Found by seed 576205: the broker was killed before it saw the CONNECT that would have ended the session.
#[test]
fn what_came_on_the_older_connection_after_a_clean_start_without_answer_may_come_again() {
    for (is_durable, comes_again) in [(false, true), (true, false)] {
        let mut story = Story::with_subscriber(&[("data/#", Two)]);
        story.publishes(two(0)).asks_in(SUBSCRIBER, true, is_durable).gets(SUBSCRIBER, two(0)).is_killed();
        story.connects(SUBSCRIBER, true).gets(SUBSCRIBER, two(0));
        let expected: &[_] = if comes_again { &[] } else { &[ViolationKind::Repeated] };
        assert_eq!(story.verdict(), expected);
    }
}

#[test]
fn a_shared_group_gets_each_message_at_one_member() {
    let group = [("$share/group/data/#", Two)];
    let with_members = || {
        let mut story = Story::with_subscriber(&group);
        story.connects(OTHER, false).subscribes(OTHER, &group).publishes(two(0)).publishes(two(1));
        story
    };
    // Each takes one, in whatever order.
    with_members().gets(OTHER, two(1)).gets(SUBSCRIBER, two(0)).is_right();
    with_members().gets(OTHER, two(1)).gets(OTHER, two(0)).is_right();
    with_members().gets(OTHER, two(1)).is_wrong(&[ViolationKind::LostByGroup]);
    let mut story = with_members();
    story.gets(OTHER, two(1)).gets(SUBSCRIBER, two(0)).gets(OTHER, two(0));
    story.is_wrong(&[ViolationKind::Repeated]);
    // Who joins gets what is left.
    let mut story = Story::with_subscriber(&group);
    story.publishes(two(0)).connects(OTHER, false).subscribes(OTHER, &group).gets(OTHER, two(0)).is_right();
    let mut story = Story::new();
    story.publishes(two(0)).connects(OTHER, false).subscribes(OTHER, &group).gets(OTHER, two(0));
    story.is_wrong(&[ViolationKind::NotSubscribed]);
    // The backlog outlives the absence of all members.
    let mut story = with_members();
    story.is_killed().publishes(one(0)).connects(OTHER, true).gets(OTHER, two(0)).gets(OTHER, two(1));
    story.is_wrong(&[ViolationKind::LostByGroup]);
}

#[test]
fn requests_that_are_refused_are_seen() {
    let mut story = Story::new();
    story.connects(SUBSCRIBER, false).asks_for(SUBSCRIBER, &[("data/#", Two)]);
    story.tell(Event::SubscribeAcknowledged { client: SUBSCRIBER, granted: &[Some(One)] });
    story.is_wrong(&[ViolationKind::SubscriptionRefused]);
    let mut story = Story::with_subscriber(&[("data/#", Two)]);
    story.sends(one(0)).tell(Event::PublishRefused { message: one(0), code: 0x97 });
    story.is_wrong(&[ViolationKind::PublishRefused]);
    let mut story = Story::new();
    story.tell(Event::Misbehaved { client: OTHER, what: "closed".to_owned() });
    story.tell(Event::BrokerFailed { what: "ended".to_owned() });
    story.is_wrong(&[ViolationKind::Misbehaved, ViolationKind::BrokerFailed]);
}

#[test]
fn a_retained_message_is_the_last_acknowledged_one_or_a_later_one() {
    let published = |count: u32| {
        let mut story = Story::new();
        (0..count).for_each(|sequence| {
            story.publishes(retained(sequence));
        });
        story
    };
    Story::new().finds_retained(&[]).is_right();
    published(3).finds_retained(&[retained(2)]).is_right();
    published(3).finds_retained(&[retained(1)]).is_wrong(&[ViolationKind::RetainedWrong]);
    published(3).finds_retained(&[]).is_wrong(&[ViolationKind::RetainedWrong]);
    published(3).finds_retained(&[retained(3)]).is_wrong(&[ViolationKind::RetainedWrong]);
    // One that was sent and not acknowledged may be there or not.
    for found in [2, 3] {
        let mut story = published(3);
        story.sends(retained(3)).finds_retained(&[retained(found)]);
        story.is_wrong(&[ViolationKind::Unanswered]);
    }
    // Number 7 is a removal: acknowledged, it leaves nothing behind.
    published(8).finds_retained(&[]).is_right();
    published(8).finds_retained(&[retained(6)]).is_wrong(&[ViolationKind::RetainedWrong]);
    published(9).finds_retained(&[]).is_wrong(&[ViolationKind::RetainedWrong]);
    // At QoS 2 a broker may wait for the release.
    let unreleased = MessageId { stream: 4, sequence: 0 };
    let mut story = Story::new();
    story.sends(unreleased).tell(Event::PublishAcknowledged { message: unreleased }).finds_retained(&[]).is_right();
}

/// A watcher of wills, and another client with a will.
fn watched() -> Story {
    Story::with_subscriber(&[("will/#", Two)])
}

#[test]
fn a_will_of_a_lost_connection_is_due() {
    for end in [ConnectionEnd::Cut, ConnectionEnd::BrokerKilled] {
        for delay_s in [0, 1] {
            let orphaned = || {
                let mut story = watched();
                story.connects_with_will(0, delay_s, false).ends(OTHER, end);
                story
            };
            orphaned().gets(SUBSCRIBER, will(0)).is_right();
            orphaned().is_wrong(&[ViolationKind::WillMissing]);
            let mut twice = orphaned();
            twice.gets(SUBSCRIBER, will(0)).gets(SUBSCRIBER, will(0)).is_wrong(&[ViolationKind::Repeated]);
        }
    }
    // Nobody was there to see it.
    Story::new().connects_with_will(0, 0, false).ends(OTHER, ConnectionEnd::Cut).is_right();
}

#[test]
fn a_will_that_is_not_due_must_not_come() {
    watched().connects_with_will(0, 0, false).gets(SUBSCRIBER, will(0)).is_wrong(&[ViolationKind::WillUncalledFor]);
    watched().gets(SUBSCRIBER, will(0)).is_wrong(&[ViolationKind::NeverSent]);
    // Its delay has not passed.
    let mut early = watched();
    early.connects_with_will(0, 3_600, false).ends(OTHER, ConnectionEnd::Cut).is_right();
    early.gets(SUBSCRIBER, will(0)).is_wrong(&[ViolationKind::WillUncalledFor]);
    // The session was resumed in time.
    let mut resumed = watched();
    resumed.connects_with_will(0, 3_600, false).is_killed().connects(SUBSCRIBER, true);
    resumed.connects_with_will(1, 0, true).gets(SUBSCRIBER, will(0)).is_wrong(&[ViolationKind::WillUncalledFor]);
    // The client has said goodbye, and the broker has heard it.
    let left = |end| {
        let mut story = watched();
        story.connects_with_will(0, 0, false).tell(Event::DisconnectSent { client: OTHER }).ends(OTHER, end);
        story
    };
    left(ConnectionEnd::ClosedByBroker).is_right();
    left(ConnectionEnd::ClosedByBroker).gets(SUBSCRIBER, will(0)).is_wrong(&[ViolationKind::WillUncalledFor]);
    left(ConnectionEnd::BrokerKilled).gets(SUBSCRIBER, will(0)).is_right();
    left(ConnectionEnd::BrokerKilled).is_right();
}

#[test]
fn a_goodbye_may_be_forgotten_until_something_later_is_acknowledged() {
    let left = || {
        let mut story = watched();
        story.connects_with_will(0, 0, false).tell(Event::DisconnectSent { client: OTHER });
        story.ends(OTHER, ConnectionEnd::ClosedByBroker);
        story
    };
    left().is_killed().connects(SUBSCRIBER, true).gets(SUBSCRIBER, will(0)).is_right();
    let mut stored = left();
    stored.publishes(retained(0)).is_killed().connects(SUBSCRIBER, true);
    stored.gets(SUBSCRIBER, will(0)).is_wrong(&[ViolationKind::WillUncalledFor]);
    // What was sent before proves nothing.
    let mut story = watched();
    story.connects_with_will(0, 0, false).sends(retained(0)).tell(Event::DisconnectSent { client: OTHER });
    story.ends(OTHER, ConnectionEnd::ClosedByBroker).tell(Event::PublishAcknowledged { message: retained(0) });
    story.is_killed().connects(SUBSCRIBER, true).gets(SUBSCRIBER, will(0)).is_right();
}

#[test]
fn a_takeover_publishes_a_will_without_delay_and_calls_off_others() {
    let taken_over = |delay_s| {
        let mut story = watched();
        story.connects_with_will(0, delay_s, false).asks_in_with_will(1, 3_600);
        story
    };
    // It may be seen before the CONNACK is.
    taken_over(0).gets(SUBSCRIBER, will(0)).is_let_in(OTHER, true).is_right();
    taken_over(0).is_let_in(OTHER, true).is_wrong(&[ViolationKind::WillMissing]);
    taken_over(1).is_let_in(OTHER, true).is_right();
    taken_over(1).is_let_in(OTHER, true).gets(SUBSCRIBER, will(0)).is_wrong(&[ViolationKind::WillUncalledFor]);
    // The new CONNECT was not answered.
    taken_over(0).is_killed().is_right();
    taken_over(1).is_killed().connects(SUBSCRIBER, true).gets(SUBSCRIBER, will(0)).is_right();
}

#[test]
fn a_connect_without_answer_may_have_called_off_the_will_before() {
    for comes in [false, true] {
        let mut story = watched();
        story.connects_with_will(0, 1, false).ends(OTHER, ConnectionEnd::Cut);
        story.asks_in_with_will(1, 3_600).ends(OTHER, ConnectionEnd::Cut);
        if comes {
            story.gets(SUBSCRIBER, will(0));
        }
        story.is_right();
    }
    // A will without delay had its time where the same broker has seen the end and the next beginning.
    let mut story = watched();
    story.connects_with_will(0, 0, false).ends(OTHER, ConnectionEnd::Cut).connects_with_will(1, 3_600, true);
    story.is_wrong(&[ViolationKind::WillMissing]);
}
