//! The messages of LDAP that are used here (RFC 4511 §4).

use crate::ber::{BOOLEAN, ENUMERATED, INTEGER, OCTET_STRING, Reader, SEQUENCE, SET, constructed, element, number};
use crate::entry::Entry;

const BIND_REQUEST: u8 = 0x60;
const BIND_RESPONSE: u8 = 0x61;
const SEARCH_REQUEST: u8 = 0x63;
const SEARCH_ENTRY: u8 = 0x64;
const SEARCH_DONE: u8 = 0x65;
const SEARCH_REFERENCE: u8 = 0x73;
const EXTENDED_REQUEST: u8 = 0x77;
const EXTENDED_RESPONSE: u8 = 0x78;
const SIMPLE: u8 = 0x80;
const REQUEST_NAME: u8 = 0x80;
const START_TLS: &[u8] = b"1.3.6.1.4.1.1466.20037";
const WHOLE_SUBTREE: i32 = 2;
const DEREF_ALWAYS: i32 = 3;

/// What is searched.
#[derive(Clone, Debug)]
pub(crate) struct Search<'a> {
    pub(crate) base: &'a str,
    /// Encoded.
    pub(crate) filter: &'a [u8],
    pub(crate) attributes: &'a [String],
    pub(crate) max_entries: i32,
    pub(crate) timeout_secs: i32,
}

/// How an operation ended (RFC 4511 §4.1.9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Done {
    pub(crate) code: i32,
    /// What the directory says of it, for people.
    pub(crate) message: String,
}

impl Done {
    pub(crate) const SUCCESS: i32 = 0;
    pub(crate) const SIZE_LIMIT_EXCEEDED: i32 = 4;
    pub(crate) const NO_SUCH_OBJECT: i32 = 32;
    pub(crate) const INVALID_NAME: i32 = 34;

    /// Whether a bind that ended so was refused because of who wants it, and not because the directory has troubles of its own:
    /// 19 to 21 a rule about passwords, 32 and 34 no such name, 48 to 50 wrong password or not entitled to one, 53 a locked or
    /// expired one.
    pub(crate) fn is_about_credentials(&self) -> bool {
        matches!(self.code, 19..=21 | 32 | 34 | 48..=50 | 53)
    }
}

/// What a directory says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Response {
    Bound(Done),
    Found(Entry),
    /// Elsewhere may be more; nobody goes there.
    Reference,
    SearchDone(Done),
    Extended(Done),
}

/// A simple bind; with an empty name and password, as nobody.
pub(crate) fn bind(id: i32, name: &str, password: &[u8]) -> Vec<u8> {
    let version = number(INTEGER, 3);
    let parts = [version, element(OCTET_STRING, name.as_bytes()), element(SIMPLE, password)];
    message(id, constructed(BIND_REQUEST, &parts))
}

pub(crate) fn start_tls(id: i32) -> Vec<u8> {
    message(id, constructed(EXTENDED_REQUEST, &[element(REQUEST_NAME, START_TLS)]))
}

pub(crate) fn search(id: i32, search: &Search<'_>) -> Vec<u8> {
    let attributes: Vec<_> =
        search.attributes.iter().map(|attribute| element(OCTET_STRING, attribute.as_bytes())).collect();
    let parts = [
        element(OCTET_STRING, search.base.as_bytes()),
        number(ENUMERATED, WHOLE_SUBTREE),
        number(ENUMERATED, DEREF_ALWAYS),
        number(INTEGER, search.max_entries),
        number(INTEGER, search.timeout_secs),
        element(BOOLEAN, &[0]),
        search.filter.to_vec(),
        constructed(SEQUENCE, &attributes),
    ];
    message(id, constructed(SEARCH_REQUEST, &parts))
}

fn message(id: i32, operation: Vec<u8>) -> Vec<u8> {
    constructed(SEQUENCE, &[number(INTEGER, id), operation])
}

/// The id of the request it answers, and what it says. `None` if it is no message, or none that answers what is asked here.
pub(crate) fn read(bytes: &[u8]) -> Option<(i32, Response)> {
    let mut message = Reader::new(bytes).expect_constructed(SEQUENCE)?;
    let id = message.expect_number(INTEGER)?;
    let (tag, content) = message.any()?;
    let mut content = Reader::new(content);
    let response = match tag {
        BIND_RESPONSE => Response::Bound(done(&mut content)?),
        SEARCH_ENTRY => Response::Found(entry(&mut content)?),
        SEARCH_REFERENCE => Response::Reference,
        SEARCH_DONE => Response::SearchDone(done(&mut content)?),
        EXTENDED_RESPONSE => Response::Extended(done(&mut content)?),
        _ => return None,
    };
    Some((id, response))
}

fn done(content: &mut Reader<'_>) -> Option<Done> {
    let code = content.expect_number(ENUMERATED)?;
    content.expect(OCTET_STRING)?;
    let message = String::from_utf8_lossy(content.expect(OCTET_STRING)?);
    Some(Done { code, message: message.chars().take(200).collect() })
}

fn entry(content: &mut Reader<'_>) -> Option<Entry> {
    let name = String::from_utf8(content.expect(OCTET_STRING)?.to_vec()).ok()?;
    let mut list = content.expect_constructed(SEQUENCE)?;
    let mut attributes = Vec::new();
    while !list.is_at_end() {
        let mut attribute = list.expect_constructed(SEQUENCE)?;
        let kind = String::from_utf8(attribute.expect(OCTET_STRING)?.to_vec()).ok()?;
        let mut set = attribute.expect_constructed(SET)?;
        let mut values = Vec::new();
        while !set.is_at_end() {
            values.push(set.expect(OCTET_STRING)?.to_vec());
        }
        attributes.push((kind, values));
    }
    Some(Entry { name, attributes })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entry_message() -> Vec<u8> {
        let values = constructed(SET, &[element(OCTET_STRING, b"a"), element(OCTET_STRING, b"b")]);
        let attribute = constructed(SEQUENCE, &[element(OCTET_STRING, b"cn"), values]);
        let parts = [element(OCTET_STRING, b"cn=a"), constructed(SEQUENCE, &[attribute])];
        message(7, constructed(SEARCH_ENTRY, &parts))
    }

    #[test]
    fn known_messages() {
        assert_eq!(bind(1, "", b""), [0x30, 12, 2, 1, 1, 0x60, 7, 2, 1, 3, 4, 0, 0x80, 0]);
        let done =
            message(5, constructed(SEARCH_DONE, &[number(ENUMERATED, 32), element(4, b"dc=x"), element(4, b"no")]));
        let expected = Response::SearchDone(Done { code: 32, message: "no".into() });
        assert_eq!(read(&done), Some((5, expected)));
        let attributes = vec![("cn".to_owned(), vec![b"a".to_vec(), b"b".to_vec()])];
        let entry = Entry { name: "cn=a".into(), attributes };
        assert_eq!(entry.values("CN").collect::<Vec<_>>(), [b"a", b"b"]);
        assert_eq!(read(&entry_message()), Some((7, Response::Found(entry))));
    }

    #[test]
    fn a_message_cut_anywhere_is_none() {
        let whole = entry_message();
        for end in 0..whole.len() {
            assert_eq!(read(&whole[..end]), None, "{end}");
        }
    }

    proptest! {
        #[test]
        fn a_damaged_message_is_read_to_an_end(index in any::<proptest::sample::Index>(), byte in any::<u8>()) {
            let mut bytes = entry_message();
            let index = index.index(bytes.len());
            bytes[index] = byte;
            let _ = read(&bytes);
        }
    }
}
