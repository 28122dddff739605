//! Keeps what clients can provoke from filling the log.

use dunlin_model::Millis;

/// One line of a kind is let through in so many milliseconds.
const WINDOW_MS: Millis = 60_000;

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
}

const KINDS: usize = 5;

/// One worker's throttle.
#[derive(Debug, Default)]
pub(crate) struct LogThrottle {
    kinds: [Window; KINDS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Window {
    ends_at: Millis,
    held_back: u64,
}

impl LogThrottle {
    /// Whether a line may be written now; then with the number of lines held back before it.
    pub(crate) fn pass(&mut self, kind: Provoked, now: Millis) -> Option<u64> {
        let window = &mut self.kinds[kind as usize];
        if now < window.ends_at {
            window.held_back += 1;
            return None;
        }
        window.ends_at = now + WINDOW_MS;
        Some(std::mem::take(&mut window.held_back))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_of_a_kind_in_a_window_and_the_rest_is_counted() {
        let mut throttle = LogThrottle::default();
        assert_eq!(throttle.pass(Provoked::FrameParseError, 1_000), Some(0));
        assert_eq!(throttle.pass(Provoked::FrameParseError, 1_001), None);
        assert_eq!(throttle.pass(Provoked::NotAnMqttClient, 1_001), Some(0));
        assert_eq!(throttle.pass(Provoked::FrameParseError, 61_000), Some(1));
    }
}
