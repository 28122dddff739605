//! Frames that are no MQTT packets: what is answered, and what is logged of them.

use super::{Worker, connection::Phase};
use crate::{log_throttle::Provoked, shared::Shared};
use dunlin_codec::DecodeError;
use dunlin_session::Fault;
use tracing::warn;

/// Shown in place of bytes that nobody is to see, as in EMQX.
const MASK: &str = "******";

/// Bytes of a bad frame that go into the log.
const EXCERPT_BYTES: usize = 32;

/// Of a CONNECT only what comes before the client id: what follows may be a password.
const EXCERPT_BYTES_CONNECT: usize = 12;

impl Worker {
    /// A frame that is no MQTT packet: answered as the specification says, and logged, with an excerpt where that is allowed.
    pub(super) fn bad_frame(&mut self, shared: &Shared, slot: u32, bytes: &[u8], error: DecodeError) {
        let Some(connection) = self.connections.get(slot) else { return };
        use DecodeError::{LooksLikeHttp, LooksLikeProxyHeader, LooksLikeTls};
        let foreign = matches!(error, LooksLikeHttp | LooksLikeTls | LooksLikeProxyHeader);
        let kind = if foreign { Provoked::NotAnMqttClient } else { Provoked::FrameParseError };
        let log_data_from = connection.listener.settings.log_data_from.as_ref();
        let may_show = log_data_from.is_some_and(|from| from.admits(connection.peer.ip()));
        let frame = || if may_show { excerpt(bytes) } else { MASK.to_owned() };
        if let Some(held_back) = self.log_throttle.pass(kind, self.now) {
            let (peer, listener) = (connection.peer, connection.listener.id());
            let client_id = self.sessions.client_id(connection.session);
            if foreign {
                warn!(msg = "not_an_mqtt_client", peername = %peer, listener, cause = %error, held_back);
            } else {
                let frame = frame();
                warn!(msg = "frame_parse_error", peername = %peer, listener, clientid = client_id, cause = %error, frame, held_back);
            }
        }
        let is_established = matches!(connection.phase, Phase::Established);
        if self.traces.is_some() {
            let msg = if foreign { "not_an_mqtt_client" } else { "frame_parse_error" };
            self.trace_bad_frame(slot, msg, &error, &frame());
        }
        if is_established {
            self.close_with_fault(shared, slot, Fault::new(error.reason_code(), error.disconnect_reason()));
        } else {
            self.refuse_bad_connect(shared, slot, bytes, error);
        }
    }
}

/// The first bytes of a frame in hex.
fn excerpt(bytes: &[u8]) -> String {
    let is_connect = bytes.first().is_some_and(|byte| byte >> 4 == 1);
    let limit = if is_connect { EXCERPT_BYTES_CONNECT } else { EXCERPT_BYTES };
    bytes.iter().take(limit).map(|byte| format!("{byte:02x}")).collect()
}
