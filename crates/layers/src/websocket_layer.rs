//! WebSocket as a layer.

use crate::{Naming, layer::Layer};
use dunlin_transport::{LayerEnding, PeerFacts, Stage};
use dunlin_websocket::{CloseCode, Ending, Violation, WebSocketStream};

impl<L: Layer> Layer for WebSocketStream<L> {
    type Wire = L::Wire;

    fn wire(&mut self) -> &mut L::Wire {
        self.get_mut().wire()
    }

    fn has_pending_read(&self) -> bool {
        WebSocketStream::has_pending_read(self) || self.get_ref().has_pending_read()
    }

    fn wants_write(&self) -> bool {
        WebSocketStream::wants_write(self) || self.get_ref().wants_write()
    }

    fn stage(&self) -> Stage {
        let is_upgraded = self.is_open() || !matches!(WebSocketStream::ending(self), None | Some(Ending::Refused(_)));
        match self.get_ref().stage() {
            Stage::Open if !is_upgraded => Stage::Upgrade,
            stage => stage,
        }
    }

    fn take_facts(&mut self, naming: Naming) -> PeerFacts {
        let mut facts = self.get_mut().take_facts(naming);
        if let Some(upgrade) = self.take_upgrade() {
            facts.address = upgrade.client(facts.address);
        }
        facts
    }

    fn ending(&self) -> Option<LayerEnding> {
        self.get_ref().ending().or_else(|| WebSocketStream::ending(self).and_then(in_words))
    }

    fn farewell(&mut self) -> bool {
        self.close(CloseCode::Normal);
        !WebSocketStream::wants_write(self) && self.get_mut().farewell()
    }
}

fn in_words(ending: &Ending) -> Option<LayerEnding> {
    let (layer, word, detail, by_peer) = match ending {
        Ending::Refused(refusal) => (Stage::Upgrade, "ws_upgrade_refused", refusal.to_string(), false),
        Ending::Violation(violation) => (Stage::Open, violation_word(*violation), violation.to_string(), false),
        Ending::ClosedByPeer(code) => {
            let code = code.map_or_else(|| "without a code".into(), |code| format!("with code {code}"));
            (Stage::Open, "closed", format!("the client closed WebSocket {code}"), true)
        }
        // Whoever wanted that knows why.
        Ending::Closed(_) => return None,
    };
    Some(LayerEnding { layer, word, detail, by_peer })
}

fn violation_word(violation: Violation) -> &'static str {
    match violation {
        Violation::TextFrame => "unexpected_ws_frame",
        Violation::MessageTooBig => "ws_frame_too_large",
        Violation::Compression => "ws_decompression_failed",
        _ => "ws_protocol_error",
    }
}
