//! A client's first bytes: whether it wants a pre-shared key. Looked at before anything is answered, and changed by nothing.
//!
//! ```text
//! record     type 22, version, length (2 bytes), fragment; a message may be spread over records (RFC 8446 §5.1)
//! message    type 1, length (3 bytes), ClientHello (RFC 8446 §4.1.2)
//! ```

/// What a client's first bytes show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Greeting {
    /// More is needed: nothing can be said before there are so many bytes in all.
    Incomplete {
        /// Always more than there are now.
        needed_bytes: usize,
    },
    /// The client offers a pre-shared key that can be used.
    Psk,
    /// The client offers none, or what it speaks is not TLS at all.
    Other,
}

/// What counts as a pre-shared key that can be used.
pub(crate) trait Offers {
    /// A suite of TLS 1.2 with a pre-shared key that is spoken here.
    fn has_suite(&self, number: u16) -> bool;

    /// An identity that TLS 1.3 is spoken with here.
    fn has_identity(&self, identity: &[u8]) -> bool;
}

/// A longer greeting, with the headers of its records, is no client's that has anything to say: it is not looked at any further.
const GREETING_BYTES_MAX: usize = 18 * 1024;

/// RFC 8446 §5.1.
const FRAGMENT_BYTES_MAX: usize = 16 * 1024;

const RECORD_HEADER_BYTES: usize = 5;
const HANDSHAKE: u8 = 22;
const CLIENT_HELLO: u8 = 1;
const PRE_SHARED_KEY: u16 = 41;

/// Judges by the bytes that are here.
pub(crate) fn judge(bytes: &[u8], offers: &impl Offers) -> Greeting {
    match message(bytes) {
        Ok(hello) => match wants_psk(&hello, offers) {
            Some(true) => Greeting::Psk,
            // What cannot be understood has to be refused in the words of those who look closer.
            Some(false) | None => Greeting::Other,
        },
        Err(greeting) => greeting,
    }
}

/// The content of the first message, put together from its records.
fn message(bytes: &[u8]) -> Result<Vec<u8>, Greeting> {
    let mut message = Vec::new();
    let mut at = 0;
    loop {
        let record = bytes.get(at..).unwrap_or_default();
        let incomplete = |bytes| {
            let needed_bytes = at + bytes;
            Err(if needed_bytes > GREETING_BYTES_MAX { Greeting::Other } else { Greeting::Incomplete { needed_bytes } })
        };
        if record.first().is_some_and(|kind| *kind != HANDSHAKE) {
            return Err(Greeting::Other);
        }
        let Some((header, rest)) = record.split_at_checked(RECORD_HEADER_BYTES) else {
            return incomplete(RECORD_HEADER_BYTES);
        };
        let mut header = Reader(header.get(1..).unwrap_or_default());
        let (Some(3), Some(_), Some(length)) = (header.byte(), header.byte(), header.number()) else {
            return Err(Greeting::Other);
        };
        let length = usize::from(length);
        if length == 0 || length > FRAGMENT_BYTES_MAX {
            return Err(Greeting::Other);
        }
        let Some(fragment) = rest.get(..length) else { return incomplete(RECORD_HEADER_BYTES + length) };
        message.extend_from_slice(fragment);
        if message.first() != Some(&CLIENT_HELLO) {
            return Err(Greeting::Other);
        }
        if let [_, a, b, c, content @ ..] = &*message {
            let length = usize::try_from(u32::from_be_bytes([0, *a, *b, *c])).unwrap_or(usize::MAX);
            if let Some(content) = content.get(..length) {
                return Ok(content.to_vec());
            }
            if length > GREETING_BYTES_MAX {
                return Err(Greeting::Other);
            }
        }
        at += RECORD_HEADER_BYTES + length;
    }
}

/// `None`: it is not what RFC 8446 §4.1.2 says.
fn wants_psk(hello: &[u8], offers: &impl Offers) -> Option<bool> {
    let mut hello = Reader(hello);
    let (_version, _random) = (hello.take(2)?, hello.take(32)?);
    let _session_id = hello.short_vector()?;
    let mut suites = Reader(hello.vector()?);
    let _compression = hello.short_vector()?;
    while let Some(suite) = suites.number() {
        if offers.has_suite(suite) {
            return Some(true);
        }
    }
    if hello.0.is_empty() {
        return Some(false);
    }
    let mut extensions = Reader(hello.vector()?);
    while !extensions.0.is_empty() {
        let (kind, content) = (extensions.number()?, extensions.vector()?);
        if kind == PRE_SHARED_KEY {
            return offers_identity(content, offers);
        }
    }
    Some(false)
}

/// RFC 8446 §4.2.11.
fn offers_identity(extension: &[u8], offers: &impl Offers) -> Option<bool> {
    let mut identities = Reader(Reader(extension).vector()?);
    while !identities.0.is_empty() {
        let (identity, _age) = (identities.vector()?, identities.take(4)?);
        if offers.has_identity(identity) {
            return Some(true);
        }
    }
    Some(false)
}

/// Reads from the front, and never beyond the end.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        Some(taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take(1)?.first().copied()
    }

    fn number(&mut self) -> Option<u16> {
        self.take(2)?.try_into().ok().map(u16::from_be_bytes)
    }

    /// Behind a length of one byte.
    fn short_vector(&mut self) -> Option<&'a [u8]> {
        let length = self.byte()?;
        self.take(length.into())
    }

    /// Behind a length of two bytes.
    fn vector(&mut self) -> Option<&'a [u8]> {
        let length = self.number()?;
        self.take(length.into())
    }
}

#[cfg(test)]
#[path = "client_hello/tests.rs"]
mod tests;
