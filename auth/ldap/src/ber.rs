//! The Basic Encoding Rules as far as LDAP uses them (RFC 4511 §5.1): tags of one byte, definite lengths.
//!
//! ```text
//! tag (1) | length: < 128, or 0x80 + n and n bytes | content
//! ```

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const ENUMERATED: u8 = 0x0a;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;

/// One element.
pub(crate) fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant = length.iter().skip_while(|byte| **byte == 0).count().max(1);
    let mut bytes = Vec::with_capacity(content.len() + 2 + significant);
    bytes.push(tag);
    match u8::try_from(content.len()) {
        Ok(short @ 0..=127) => bytes.push(short),
        // A length has at most eight bytes.
        _ => bytes.push(0x80 | significant as u8),
    }
    if content.len() > 127 {
        bytes.extend(length.iter().skip(length.len() - significant));
    }
    bytes.extend_from_slice(content);
    bytes
}

/// An element of elements.
pub(crate) fn constructed(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// A number from 0 to 2^31 - 1, as LDAP has them.
pub(crate) fn number(tag: u8, value: i32) -> Vec<u8> {
    let bytes = value.to_be_bytes();
    // A first byte that is repeated by the sign of the second says nothing.
    let redundant = bytes.windows(2).take_while(|pair| matches!(pair, [0, second] if *second < 0x80)).count();
    element(tag, bytes.get(redundant..).unwrap_or(&bytes))
}

/// Reads elements, one after the other. Whatever the bytes are, it ends, and reads none of them twice.
#[derive(Clone, Copy)]
pub(crate) struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Tag and content. `None` at the end, and where there is none.
    pub(crate) fn any(&mut self) -> Option<(u8, &'a [u8])> {
        let (header_bytes, content_bytes) = header(self.0)??;
        let tag = *self.0.first()?;
        let (element, rest) = self.0.split_at_checked(header_bytes.checked_add(content_bytes)?)?;
        self.0 = rest;
        Some((tag, element.get(header_bytes..)?))
    }

    /// The content of the next element, if it has this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Option<&'a [u8]> {
        let mut ahead = *self;
        let (found, content) = ahead.any()?;
        (found == tag).then(|| {
            *self = ahead;
            content
        })
    }

    /// The next element as elements.
    pub(crate) fn expect_constructed(&mut self, tag: u8) -> Option<Self> {
        self.expect(tag).map(Self)
    }

    /// A number from 0 to 2^31 - 1.
    pub(crate) fn expect_number(&mut self, tag: u8) -> Option<i32> {
        let bytes = self.expect(tag)?;
        if bytes.is_empty() || bytes.len() > 4 || bytes.first()? & 0x80 != 0 {
            return None;
        }
        i32::try_from(bytes.iter().fold(0_u32, |number, byte| number << 8 | u32::from(*byte))).ok()
    }

    pub(crate) fn is_at_end(&self) -> bool {
        self.0.is_empty()
    }
}

/// The length of tag and length, and that of the content. `Some(None)` if more bytes are needed to say; `None` if no more bytes
/// can help.
pub(crate) fn header(bytes: &[u8]) -> Option<Option<(usize, usize)>> {
    let Some(tag) = bytes.first() else { return Some(None) };
    // Tags of more than one byte are not used.
    if tag & 0x1f == 0x1f {
        return None;
    }
    let Some(first) = bytes.get(1) else { return Some(None) };
    if *first < 0x80 {
        return Some(Some((2, usize::from(*first))));
    }
    let count = usize::from(first & 0x7f);
    // 0x80 is the indefinite form, which LDAP does not have; four bytes are 4 GB.
    if !(1..=4).contains(&count) {
        return None;
    }
    let Some(length) = bytes.get(2..2 + count) else { return Some(None) };
    let length = length.iter().fold(0_usize, |length, byte| length << 8 | usize::from(*byte));
    Some(Some((2 + count, length)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn known_encodings() {
        assert_eq!(element(OCTET_STRING, b"ab"), [4, 2, b'a', b'b']);
        assert_eq!(element(OCTET_STRING, &[7; 128])[..4], [4, 0x81, 128, 7]);
        assert_eq!(element(OCTET_STRING, &[7; 300])[..5], [4, 0x82, 1, 44, 7]);
        for (value, expected) in
            [(0, &[0][..]), (127, &[127]), (128, &[0, 128]), (256, &[1, 0]), (i32::MAX, &[127, 255, 255, 255])]
        {
            assert_eq!(number(INTEGER, value), [&[2, expected.len() as u8], expected].concat());
            assert_eq!(Reader::new(&number(INTEGER, value)).expect_number(INTEGER), Some(value));
        }
    }

    #[test]
    fn what_ldap_does_not_have_is_refused() {
        for bytes in [&[0x30, 0x80, 0, 0][..], &[0x1f, 1, 0], &[0x30, 0x85, 0, 0, 0, 0, 1, 0]] {
            assert_eq!(header(bytes), None, "{bytes:?}");
            assert!(Reader::new(bytes).any().is_none());
        }
        for bytes in [&[][..], &[0x30], &[0x30, 0x82, 1]] {
            assert_eq!(header(bytes), Some(None), "{bytes:?}");
        }
        assert!(Reader::new(&[4, 5, 1]).any().is_none(), "shorter than it says");
        assert_eq!(Reader::new(&[2, 1, 0x80]).expect_number(INTEGER), None, "negative");
        assert_eq!(Reader::new(&[2, 0]).expect_number(INTEGER), None);
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(content in proptest::collection::vec(any::<u8>(), 0..70_000), rest in any::<[u8; 3]>()) {
            let mut bytes = element(OCTET_STRING, &content);
            bytes.extend(rest);
            let mut reader = Reader::new(&bytes);
            prop_assert_eq!(reader.expect(SEQUENCE), None);
            prop_assert_eq!(reader.expect(OCTET_STRING), Some(&content[..]));
            prop_assert_eq!(reader.0, &rest[..]);
        }

        #[test]
        fn any_bytes_are_read_to_an_end(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let mut reader = Reader::new(&bytes);
            while reader.any().is_some() {}
        }
    }
}
