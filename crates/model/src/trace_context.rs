//! Where in a distributed trace something happens (W3C Trace Context, level 1).
//!
//! ```text
//! 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01
//! version | trace id | parent id | flags: 1 is sampled
//! ```

/// Where in a distributed trace something happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TraceContext {
    /// The trace.
    pub trace_id: [u8; 16],
    /// The span that this is in.
    pub span_id: [u8; 8],
    /// Whether somebody wants to know.
    pub is_sampled: bool,
}

/// The name of the user property that carries one.
pub const TRACEPARENT: &str = "traceparent";

/// The length of version 00.
const LENGTH: usize = 55;

impl TraceContext {
    /// Bytes that stand for one in memory.
    pub const BYTES: usize = 24;

    /// Reads a `traceparent`. A version to come may have more behind the flags.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let (head, rest) = bytes.split_at_checked(LENGTH)?;
        let version = hex::<1>(&head[..2])?[0];
        let is_whole = rest.is_empty() || (version > 0 && rest[0] == b'-');
        if version == 0xff || !is_whole || [2, 35, 52].iter().any(|place| head[*place] != b'-') {
            return None;
        }
        let (trace_id, span_id, flags) = (hex(&head[3..35])?, hex(&head[36..52])?, hex::<1>(&head[53..])?[0]);
        if trace_id == [0; 16] || span_id == [0; 8] {
            return None;
        }
        Some(Self { trace_id, span_id, is_sampled: flags & 1 == 1 })
    }

    /// As the value of a `traceparent`.
    #[must_use]
    pub fn traceparent(&self) -> String {
        let (trace_id, span_id) = (u128::from_be_bytes(self.trace_id), u64::from_be_bytes(self.span_id));
        format!("00-{trace_id:032x}-{span_id:016x}-{:02x}", u8::from(self.is_sampled))
    }

    /// A span below this one.
    #[must_use]
    pub const fn child(&self, span_id: [u8; 8]) -> Self {
        Self { trace_id: self.trace_id, span_id, is_sampled: self.is_sampled }
    }

    /// As it lies in memory. Whoever keeps one does so because it is sampled.
    pub(crate) fn to_bytes(self) -> [u8; Self::BYTES] {
        let mut bytes = [0; Self::BYTES];
        bytes[..16].copy_from_slice(&self.trace_id);
        bytes[16..].copy_from_slice(&self.span_id);
        bytes
    }

    /// What [`Self::to_bytes`] has written.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (trace_id, span_id) = bytes.split_at_checked(16)?;
        Some(Self { trace_id: trace_id.try_into().ok()?, span_id: span_id.try_into().ok()?, is_sampled: true })
    }
}

/// Digits in lower case, as the standard wants them.
fn hex<const N: usize>(digits: &[u8]) -> Option<[u8; N]> {
    let digit = |digit: u8| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    };
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_context_is_written_as_it_is_read() {
        let context = TraceContext::parse(TEXT).unwrap();
        assert_eq!((context.traceparent().as_str(), context.is_sampled), (TEXT, true));
        assert_eq!(TraceContext::from_bytes(&context.to_bytes()), Some(context));
        let other = TraceContext::parse(&TEXT.replace("-01", "-02")).unwrap();
        assert!(!other.is_sampled);
        assert_eq!(other.child([1; 8]).traceparent(), "00-4bf92f3577b34da6a3ce929d0e0e4736-0101010101010101-00");
        assert!(TraceContext::parse(&TEXT.replace("00-4", "01-4").replace("-01", "-01-more")).is_some());
    }

    #[test]
    fn what_is_no_context_is_none() {
        let zero_trace = TEXT.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32));
        let zero_span = TEXT.replace("00f067aa0ba902b7", &"0".repeat(16));
        let longer = format!("{TEXT}-more");
        let (upper, future) = (TEXT.to_uppercase(), TEXT.replace("00-4", "ff-4"));
        for text in ["", "00", &TEXT[1..], &zero_trace, &zero_span, &longer, &upper, &future, &TEXT.replace('-', "_")] {
            assert_eq!(TraceContext::parse(text), None, "{text}");
        }
        assert_eq!(TraceContext::parse(&TEXT.replace('4', "ä")), None);
    }
}
