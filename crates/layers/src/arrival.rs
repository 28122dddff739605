//! Whose connection it is: the other end of the socket, or whom the PROXY header in front of it names.

use crate::Naming;
use dunlin_proxy_protocol::{Header, Parsed, V2_LENGTH_MAX_BYTES, parse};
use dunlin_transport::{LayerEnding, PeerFacts, Stage};
use std::net::SocketAddr;

/// Whose connection it is, until somebody has taken note.
pub(crate) struct Arrival {
    peer: SocketAddr,
    proxy: Proxy,
}

enum Proxy {
    /// No header is expected.
    Absent,
    /// A header is coming; the bytes of it that are here.
    Awaited(Vec<u8>),
    /// What it said.
    Known(Box<Header>),
    /// There will be none.
    Failed { detail: String, by_peer: bool },
}

/// What bytes of a header came to.
pub(crate) enum Taken {
    /// More are needed.
    Incomplete,
    /// The header is whole; so many of the bytes belonged to it.
    Whole(usize),
    /// They are no header.
    Invalid,
}

impl Arrival {
    /// Of a socket whose other end is `peer`.
    pub(crate) fn new(peer: SocketAddr, is_behind_proxy: bool) -> Self {
        Self { peer, proxy: if is_behind_proxy { Proxy::Awaited(Vec::new()) } else { Proxy::Absent } }
    }

    /// Bytes of a header are expected, or were and did not come.
    pub(crate) fn is_awaited(&self) -> bool {
        matches!(self.proxy, Proxy::Awaited(_) | Proxy::Failed { .. })
    }

    /// No header will come any more.
    pub(crate) fn has_failed(&self) -> bool {
        matches!(self.proxy, Proxy::Failed { .. })
    }

    /// Takes bytes of a header that is awaited. Never more than [`V2_LENGTH_MAX_BYTES`] are kept.
    pub(crate) fn take(&mut self, bytes: &[u8]) -> Taken {
        let Proxy::Awaited(head) = &mut self.proxy else { return Taken::Whole(0) };
        let before = head.len();
        // As a rule the header comes in one piece, and nothing has to be kept.
        let parsed = if before == 0 {
            parse(bytes)
        } else {
            let room = V2_LENGTH_MAX_BYTES.saturating_sub(before);
            head.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
            parse(head)
        };
        match parsed {
            Parsed::Done { header, used } => {
                self.proxy = Proxy::Known(Box::new(header));
                Taken::Whole(used.saturating_sub(before).min(bytes.len()))
            }
            Parsed::Incomplete if before + bytes.len() <= V2_LENGTH_MAX_BYTES => {
                if before == 0 {
                    *head = bytes.to_vec();
                }
                Taken::Incomplete
            }
            Parsed::Incomplete => self.refuse(format!("no PROXY header ends within {V2_LENGTH_MAX_BYTES} bytes")),
            Parsed::Invalid(why) => self.refuse(why.to_string()),
        }
    }

    fn refuse(&mut self, detail: String) -> Taken {
        self.proxy = Proxy::Failed { detail, by_peer: false };
        Taken::Invalid
    }

    /// The connection ended before the header did.
    pub(crate) fn end(&mut self) {
        if let Proxy::Awaited(head) = &self.proxy {
            let detail = format!("the peer closed the connection after {} bytes of its PROXY header", head.len());
            self.proxy = Proxy::Failed { detail, by_peer: true };
        }
    }

    /// Why there is no header.
    pub(crate) fn ending(&self) -> Option<LayerEnding> {
        let Proxy::Failed { detail, by_peer } = &self.proxy else { return None };
        let (layer, word) = (Stage::Proxy, "proxy_proto_close");
        Some(LayerEnding { layer, word, detail: detail.clone(), by_peer: *by_peer })
    }

    /// What is known now. What a proxy says about a certificate counts only if it says that it has verified it, too.
    pub(crate) fn facts(&self, naming: Naming) -> PeerFacts {
        let mut facts = PeerFacts::new(self.peer);
        let Proxy::Known(header) = &self.proxy else { return facts };
        facts.address = header.source().unwrap_or(self.peer);
        facts.server_name = header.tlvs.authority().map(str::to_owned);
        let verified = header.tlvs.ssl().filter(|ssl| ssl.is_verified());
        if let Some(common_name) = verified.and_then(|ssl| ssl.common_name()) {
            let part = |part: crate::CertificatePart| part.of_common_name(common_name);
            facts.username = naming.username.and_then(part);
            facts.client_id = naming.client_id.and_then(part);
            facts.certificate_common_name = Some(common_name.to_owned());
        }
        facts
    }
}
