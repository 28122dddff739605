//! Keeps what clients can provoke from filling the log.

use dunlin_model::Millis;
use std::collections::BTreeMap;
use tracing::level_filters::LevelFilter;

/// Kinds of lines a client can provoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(usize)]
pub(crate) enum Provoked {
    /// `frame_parse_error`
    FrameParseError,
    /// `not_an_mqtt_client`
    NotAnMqttClient,
    /// `first_packet_is_not_connect`
    FirstPacketIsNotConnect,
    /// `store_delayed_message_fail`
    DelayedRefused,
    /// `connection_shutdown`
    LayerFailed,
    /// `cannot_publish_to_topic_due_to_not_authorized`
    PublishDenied,
    /// `authorization_permission_denied`
    SubscribeDenied,
    /// `authentication_failure`
    ClientRefused,
    /// `client_banned`
    ClientBanned,
    /// `client_attr_initialization_failed`, `clientid_override_expression_failed`
    NotDerived,
    /// `flapping_detected`
    Flapping,
    /// `last_will_testament_publish_denied`
    WillDenied,
    /// `ignore_delayed_message_publish`
    DelayedOfBanned,
    /// `ignore_retained_message_deliver`
    RetainedOfBanned,
    /// `socket_receive_paused_by_rate_limit`
    ReceivePaused,
    /// `cannot_publish_to_topic_due_to_quota_exceeded`
    PublishOverQuota,
    /// `cannot_subscribe_due_to_quota_exceeded`
    SubscribeOverQuota,
    /// `connection_quota_exceeded`
    QuotaReached,
    /// `dropped_msg_due_to_mqueue_is_full`
    QueueFull,
    /// `dropped_qos0_msg`
    Qos0NotQueued,
    /// `retain_failed_for_payload_size_exceeded_limit`, `failed_to_retain_message`
    RetainRefused,
    /// `topic_rewrite_failed`
    RewriteUnusable,
    /// `auto_subscribe_ignored`
    AutoSubscribeIgnored,
}

impl Provoked {
    /// All of them, in order.
    const ALL: [Self; 23] = [
        Self::FrameParseError,
        Self::NotAnMqttClient,
        Self::FirstPacketIsNotConnect,
        Self::DelayedRefused,
        Self::LayerFailed,
        Self::PublishDenied,
        Self::SubscribeDenied,
        Self::ClientRefused,
        Self::ClientBanned,
        Self::NotDerived,
        Self::Flapping,
        Self::WillDenied,
        Self::DelayedOfBanned,
        Self::RetainedOfBanned,
        Self::ReceivePaused,
        Self::PublishOverQuota,
        Self::SubscribeOverQuota,
        Self::QuotaReached,
        Self::QueueFull,
        Self::Qos0NotQueued,
        Self::RetainRefused,
        Self::RewriteUnusable,
        Self::AutoSubscribeIgnored,
    ];

    /// What its lines are called; the first, where there are several.
    const fn as_str(self) -> &'static str {
        match self {
            Self::FrameParseError => "frame_parse_error",
            Self::NotAnMqttClient => "not_an_mqtt_client",
            Self::FirstPacketIsNotConnect => "first_packet_is_not_connect",
            Self::DelayedRefused => "store_delayed_message_fail",
            Self::LayerFailed => "connection_shutdown",
            Self::PublishDenied => "cannot_publish_to_topic_due_to_not_authorized",
            Self::SubscribeDenied => "authorization_permission_denied",
            Self::ClientRefused => "authentication_failure",
            Self::ClientBanned => "client_banned",
            Self::NotDerived => "client_attr_initialization_failed",
            Self::Flapping => "flapping_detected",
            Self::WillDenied => "last_will_testament_publish_denied",
            Self::DelayedOfBanned => "ignore_delayed_message_publish",
            Self::RetainedOfBanned => "ignore_retained_message_deliver",
            Self::ReceivePaused => "socket_receive_paused_by_rate_limit",
            Self::PublishOverQuota => "cannot_publish_to_topic_due_to_quota_exceeded",
            Self::SubscribeOverQuota => "cannot_subscribe_due_to_quota_exceeded",
            Self::QuotaReached => "connection_quota_exceeded",
            Self::QueueFull => "dropped_msg_due_to_mqueue_is_full",
            Self::Qos0NotQueued => "dropped_qos0_msg",
            Self::RetainRefused => "failed_to_retain_message",
            Self::RewriteUnusable => "topic_rewrite_failed",
            Self::AutoSubscribeIgnored => "auto_subscribe_ignored",
        }
    }
}

const KINDS: usize = Provoked::ALL.len();

/// Causes that have a window of their own. All words of layers and TLS alerts have room; should there ever be more, the rest shares
/// the window of its kind.
const CAUSES_MAX: usize = 64;

/// One worker's throttle.
#[derive(Debug)]
pub(crate) struct LogThrottle {
    /// One line of a kind, or of a kind and cause, is let through in so many milliseconds.
    window_ms: Millis,
    kinds: [Window; KINDS],
    causes: Vec<(Provoked, &'static str, Window)>,
    /// When those lines are told of that no line has followed.
    summary_at: Option<Millis>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    ends_at: Millis,
    held_back: u64,
}

impl LogThrottle {
    /// Lets one line of a kind through in each window.
    pub(crate) fn new(window_ms: Millis) -> Self {
        Self { window_ms, kinds: Default::default(), causes: Vec::new(), summary_at: None }
    }

    /// Another length ends the windows that are open: the next line of each kind passes.
    pub(crate) fn set_window(&mut self, window_ms: Millis) {
        if self.window_ms == window_ms {
            return;
        }
        self.window_ms = window_ms;
        for window in self.kinds.iter_mut().chain(self.causes.iter_mut().map(|(_, _, window)| window)) {
            window.ends_at = 0;
        }
    }

    /// Whether a line may be written now; then with the number of lines held back before it.
    pub(crate) fn pass(&mut self, kind: Provoked, now: Millis) -> Option<u64> {
        let passed = self.kinds[kind as usize].pass(now, self.window_ms);
        self.note(passed, now)
    }

    /// Of what is held back nobody would hear if nothing of its kind came any more.
    fn note(&mut self, passed: Option<u64>, now: Millis) -> Option<u64> {
        if passed.is_none() && self.summary_at.is_none() {
            self.summary_at = Some(now.saturating_add(self.window_ms.saturating_mul(2)));
        }
        passed
    }

    /// When [`Self::summary`] may have something to say.
    pub(crate) const fn summary_at(&self) -> Option<Millis> {
        self.summary_at
    }

    /// What was held back and has not been told by a line that came later, for a whole window: `authentication_failure: 12`.
    pub(crate) fn summary(&mut self, now: Millis) -> Option<String> {
        self.summary_at.filter(|at| *at <= now)?;
        let of_causes = self.causes.iter_mut().map(|(kind, _, window)| (*kind, window));
        let windows = Provoked::ALL.into_iter().zip(&mut self.kinds).chain(of_causes);
        let (mut told, mut is_more) = (BTreeMap::<&str, u64>::new(), false);
        for (kind, window) in windows.filter(|(_, window)| window.held_back > 0) {
            if window.ends_at.saturating_add(self.window_ms) <= now {
                *told.entry(kind.as_str()).or_default() += std::mem::take(&mut window.held_back);
            } else {
                is_more = true;
            }
        }
        self.summary_at = is_more.then(|| now.saturating_add(self.window_ms));
        let told: Vec<_> = told.into_iter().map(|(name, count)| format!("{name}: {count}")).collect();
        (!told.is_empty()).then(|| told.join(", "))
    }

    /// The same for a kind that has many causes, of which a frequent one must not hide the others.
    pub(crate) fn pass_cause(&mut self, kind: Provoked, cause: &'static str, now: Millis) -> Option<u64> {
        let place = self.causes.iter().position(|(of, known, _)| *of == kind && *known == cause);
        let window = match place {
            Some(place) => &mut self.causes[place].2,
            None if self.causes.len() < CAUSES_MAX => &mut self.causes.push_mut((kind, cause, Window::default())).2,
            None => &mut self.kinds[kind as usize],
        };
        let passed = window.pass(now, self.window_ms);
        self.note(passed, now)
    }
}

impl Window {
    fn pass(&mut self, now: Millis, window_ms: Millis) -> Option<u64> {
        // Whoever looks at everything looks for this line too.
        if now < self.ends_at && LevelFilter::current() < LevelFilter::DEBUG {
            self.held_back += 1;
            return None;
        }
        self.ends_at = now + window_ms;
        Some(std::mem::take(&mut self.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_a_kind_in_a_window_and_the_rest_is_counted() {
        let mut throttle = LogThrottle::new(60_000);
        assert_eq!(throttle.pass(Provoked::FrameParseError, 1_000), Some(0));
        assert_eq!(throttle.pass(Provoked::FrameParseError, 1_001), None);
        assert_eq!(throttle.pass(Provoked::NotAnMqttClient, 1_001), Some(0));
        assert_eq!(throttle.pass(Provoked::FrameParseError, 61_000), Some(1));
    }

    #[test]
    fn a_cause_does_not_hide_another() {
        let mut throttle = LogThrottle::new(60_000);
        assert_eq!(throttle.pass_cause(Provoked::LayerFailed, "closed", 1_000), Some(0));
        assert_eq!(throttle.pass_cause(Provoked::LayerFailed, "closed", 1_001), None);
        assert_eq!(throttle.pass_cause(Provoked::LayerFailed, "unknown_ca", 1_002), Some(0));
        assert_eq!(throttle.pass_cause(Provoked::ClientRefused, "closed", 1_002), Some(0), "it is of another kind");
        assert_eq!(throttle.pass_cause(Provoked::LayerFailed, "closed", 61_000), Some(1));
    }

    #[test]
    fn causes_without_room_share_one_window() {
        let words: Vec<&'static str> = (0..CAUSES_MAX + 2).map(|number| &*number.to_string().leak()).collect();
        let mut throttle = LogThrottle::new(60_000);
        let mut pass = |word| throttle.pass_cause(Provoked::LayerFailed, word, 1_000);
        assert!(words[..CAUSES_MAX].iter().all(|word| pass(word) == Some(0)));
        assert_eq!((pass(words[CAUSES_MAX]), pass(words[CAUSES_MAX + 1])), (Some(0), None));
        assert_eq!(throttle.causes.len(), CAUSES_MAX);
    }

    #[test]
    fn what_nothing_follows_is_told_once() {
        let mut throttle = LogThrottle::new(1_000);
        for now in 0..10 {
            throttle.pass(Provoked::FrameParseError, now);
            throttle.pass_cause(Provoked::LayerFailed, if now % 2 == 0 { "closed" } else { "unknown_ca" }, now);
            assert_eq!(throttle.summary(now), None);
        }
        let at = throttle.summary_at().expect("there is something to tell");
        assert_eq!(throttle.summary(at - 1), None);
        assert_eq!(throttle.summary(at).as_deref(), Some("connection_shutdown: 8, frame_parse_error: 9"));
        assert_eq!((throttle.summary_at(), throttle.summary(at + 10_000)), (None, None));
        // A line that follows tells it itself.
        assert_eq!(throttle.pass(Provoked::QueueFull, 20_000), Some(0));
        assert_eq!(throttle.pass(Provoked::QueueFull, 20_001), None);
        assert_eq!(throttle.pass(Provoked::QueueFull, 21_000), Some(1));
        assert_eq!(throttle.summary(30_000), None);
    }

    #[test]
    fn every_kind_has_its_place() {
        for (place, kind) in Provoked::ALL.into_iter().enumerate() {
            assert_eq!(kind as usize, place);
        }
    }

    #[test]
    fn another_length_ends_what_is_open() {
        let mut throttle = LogThrottle::new(60_000);
        throttle.pass(Provoked::FrameParseError, 1_000);
        throttle.pass_cause(Provoked::LayerFailed, "closed", 1_000);
        assert_eq!(throttle.pass(Provoked::FrameParseError, 1_001), None);
        throttle.set_window(60_000);
        assert_eq!(throttle.pass(Provoked::FrameParseError, 1_002), None, "the length is the same");
        throttle.set_window(10);
        assert_eq!(throttle.pass(Provoked::FrameParseError, 1_003), Some(2));
        assert_eq!(throttle.pass_cause(Provoked::LayerFailed, "closed", 1_003), Some(0));
        assert_eq!(throttle.pass(Provoked::FrameParseError, 1_012), None);
        assert_eq!(throttle.pass(Provoked::FrameParseError, 1_013), Some(1));
    }
}
