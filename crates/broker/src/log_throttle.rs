//! Keeps what clients can provoke from filling the log.

use dunlin_model::Millis;

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
}

const KINDS: usize = 18;

/// One worker's throttle.
#[derive(Debug)]
pub(crate) struct LogThrottle {
    /// One line of a kind is let through in so many milliseconds.
    window_ms: Millis,
    kinds: [Window; KINDS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    ends_at: Millis,
    held_back: u64,
}

impl LogThrottle {
    /// Lets one line of a kind through in each window.
    pub(crate) fn new(window_ms: Millis) -> Self {
        Self { window_ms, kinds: Default::default() }
    }

    /// From the next line of each kind on.
    pub(crate) const fn set_window(&mut self, window_ms: Millis) {
        self.window_ms = window_ms;
    }

    /// Whether a line may be written now; then with the number of lines held back before it.
    pub(crate) fn pass(&mut self, kind: Provoked, now: Millis) -> Option<u64> {
        let window = &mut self.kinds[kind as usize];
        if now < window.ends_at {
            window.held_back += 1;
            return None;
        }
        window.ends_at = now + self.window_ms;
        Some(std::mem::take(&mut window.held_back))
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
        throttle.set_window(10);
        assert_eq!(throttle.pass(Provoked::FrameParseError, 121_000), Some(0));
        assert_eq!(throttle.pass(Provoked::FrameParseError, 121_010), Some(0));
    }
}
