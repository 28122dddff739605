//! DISCONNECT from the client.

use crate::{Fault, Outbox, Output, Session, Turn};
use dunlin_codec::Disconnect;
use dunlin_model::{DisconnectReason, ReasonCode};

impl Session {
    /// A DISCONNECT came. The connection is closed by [`Output::Close`]; nothing after it is read, and nothing more
    /// is sent: what comes for the client waits.
    ///
    /// # Errors
    /// Protocol error when a session that was to end with its connection is asked to live on (MQTT 5.0 §3.14.2.2.2).
    pub fn handle_disconnect(
        &mut self,
        turn: Turn<'_>,
        disconnect: &Disconnect<'_>,
        out: &mut Outbox<'_>,
    ) -> Result<(), Fault> {
        if let Some(asked) = disconnect.session_expiry_interval {
            if self.expiry_secs == 0 && asked > 0 {
                return Err(Fault::PROTOCOL_ERROR);
            }
            self.expiry_secs = turn.settings.max_session_expiry_secs.map_or(asked, |cap| asked.min(cap));
        }
        if disconnect.reason_code == ReasonCode::Success {
            // [MQTT-3.1.2-10] [MQTT-3.14.4-3] a normal goodbye: no will.
            self.will = None;
        }
        self.link.closing = true;
        out.push(Output::Close(DisconnectReason::Normal));
        Ok(())
    }
}
