//! TLS with a pre-shared key for clients that offer one, with certificates for all others: the first bytes tell.

use crate::peeked::Peeked;
use crate::tls_layer::TlsLayer;
use crate::{Naming, layer::Layer};
use dunlin_tls::{Beginning, HandshakeFailure, TlsContext, TlsStream};
use dunlin_tls_psk::{Greeting, PskBeginning, PskContext, PskStream};
use dunlin_transport::{LayerEnding, PeerFacts, Stage};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::sync::Arc;

/// TLS of either kind above a layer.
pub(crate) struct EitherLayer<L> {
    /// Always there, but for the moment of the decision.
    state: Option<State<L>>,
}

enum State<L> {
    Undecided(Box<Undecided<L>>),
    Certificates(TlsLayer<TlsStream<Peeked<L>>>),
    Key(TlsLayer<PskStream<Peeked<L>>>),
}

/// A connection whose client has not said enough.
struct Undecided<L> {
    below: Peeked<L>,
    certificates: Arc<TlsContext>,
    keys: Arc<PskContext>,
    /// As many bytes have to be here before they are judged again.
    needed_bytes: usize,
    has_ended: bool,
}

impl<L: Layer> EitherLayer<L> {
    /// A connection whose handshake is to come.
    pub(crate) fn new(below: L, certificates: Arc<TlsContext>, keys: Arc<PskContext>) -> Self {
        let below = Peeked::new(below);
        let undecided = Undecided { below, certificates, keys, needed_bytes: 1, has_ended: false };
        Self { state: Some(State::Undecided(Box::new(undecided))) }
    }

    fn layer(&self) -> &dyn Layer<Wire = L::Wire> {
        match self.state.as_ref().expect("it is back before a decision returns") {
            State::Undecided(undecided) => &**undecided,
            State::Certificates(layer) => layer,
            State::Key(layer) => layer,
        }
    }

    fn layer_mut(&mut self) -> &mut dyn Layer<Wire = L::Wire> {
        match self.state.as_mut().expect("it is back before a decision returns") {
            State::Undecided(undecided) => &mut **undecided,
            State::Certificates(layer) => layer,
            State::Key(layer) => layer,
        }
    }

    /// Looks at what the client says first until that tells which kind it wants; true when there is nothing more to decide.
    fn decide(&mut self) -> io::Result<bool> {
        let Some(State::Undecided(undecided)) = &mut self.state else { return Ok(true) };
        let Some(greeting) = undecided.greeting()? else { return Ok(false) };
        // What can fail comes before the connection is in nobody's hands.
        let begun = match greeting {
            Greeting::Psk => Begun::Key(undecided.keys.begin()?),
            _ => Begun::Certificates(Box::new(undecided.certificates.begin()?)),
        };
        if let Some(State::Undecided(undecided)) = self.state.take() {
            self.state = Some(begun.over(undecided.below));
        }
        Ok(true)
    }
}

/// A handshake that waits for its connection.
enum Begun {
    Certificates(Box<Beginning>),
    Key(PskBeginning),
}

impl Begun {
    fn over<L: Layer>(self, below: Peeked<L>) -> State<L> {
        match self {
            Self::Certificates(beginning) => State::Certificates(TlsLayer::new(beginning.over(below))),
            Self::Key(beginning) => State::Key(TlsLayer::new(beginning.over(below))),
        }
    }
}

impl<L: Layer> Undecided<L> {
    /// What the client wants; `None` if it has ended without having said so.
    fn greeting(&mut self) -> io::Result<Option<Greeting>> {
        loop {
            if self.has_ended || self.below.look()? == 0 {
                self.has_ended = true;
                return Ok(None);
            }
            if self.below.seen().len() < self.needed_bytes {
                continue;
            }
            match self.keys.judge(self.below.seen()) {
                Greeting::Incomplete { needed_bytes } => self.needed_bytes = needed_bytes,
                greeting => return Ok(Some(greeting)),
            }
        }
    }
}

/// Everything is yet to come.
impl<L: Layer> Read for Undecided<L> {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(ErrorKind::WouldBlock.into())
    }
}

impl<L: Layer> Write for Undecided<L> {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(ErrorKind::WouldBlock.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.below.flush()
    }
}

impl<L: Layer> Layer for Undecided<L> {
    type Wire = L::Wire;

    fn wire(&mut self) -> &mut L::Wire {
        self.below.wire()
    }

    /// What was seen is kept for later; what is below was read until it had no more.
    fn has_pending_read(&self) -> bool {
        false
    }

    fn wants_write(&self) -> bool {
        self.below.wants_write()
    }

    fn stage(&self) -> Stage {
        match self.below.stage() {
            Stage::Open => Stage::Tls,
            stage => stage,
        }
    }

    fn take_facts(&mut self, naming: Naming) -> PeerFacts {
        self.below.take_facts(naming)
    }

    fn ending(&self) -> Option<LayerEnding> {
        let below = self.below.ending();
        below.or_else(|| {
            let HandshakeFailure { word, detail, .. } = self.has_ended.then(HandshakeFailure::closed)?;
            Some(LayerEnding { layer: Stage::Tls, word, detail, by_peer: true })
        })
    }

    fn farewell(&mut self) -> bool {
        self.below.farewell()
    }
}

impl<L: Layer> Read for EitherLayer<L> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.decide()? { self.layer_mut().read(buffer) } else { Ok(0) }
    }
}

impl<L: Layer> Write for EitherLayer<L> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.layer_mut().write(bytes)
    }

    fn write_vectored(&mut self, slices: &[IoSlice<'_>]) -> io::Result<usize> {
        self.layer_mut().write_vectored(slices)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.layer_mut().flush()
    }
}

impl<L: Layer> Layer for EitherLayer<L> {
    type Wire = L::Wire;

    fn wire(&mut self) -> &mut L::Wire {
        self.layer_mut().wire()
    }

    fn has_pending_read(&self) -> bool {
        self.layer().has_pending_read()
    }

    fn wants_write(&self) -> bool {
        self.layer().wants_write()
    }

    fn stage(&self) -> Stage {
        self.layer().stage()
    }

    fn take_facts(&mut self, naming: Naming) -> PeerFacts {
        self.layer_mut().take_facts(naming)
    }

    fn ending(&self) -> Option<LayerEnding> {
        self.layer().ending()
    }

    fn farewell(&mut self) -> bool {
        self.layer_mut().farewell()
    }
}
