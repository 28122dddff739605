//! `managed_certs` of `ssl_options` and `ssl`: certificates in bundles, which the node keeps in its data folder.

use crate::rule::{OrEmpty, Parsed, Shown, filled_text};
use crate::section::Section;
use dunlin_hocon::Node;

/// What the key is called.
const KEY: &str = "managed_certs";

/// The longest name of a bundle or a namespace, in bytes.
const NAME_BYTES_MAX: usize = 200;

/// An entry of `managed_certs`. `bundle_name` is needed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ManagedCertificate {
    /// `bundle_name`: letters, digits, `-`, `_` and `.`, beginning with a letter or a digit, up to 200 of them.
    pub bundle_name: String,
    /// `namespace` of the bundle, a name like that of the bundle. Default `None`: the bundle is one for all.
    pub namespace: Option<String>,
    /// `sni`: the name that clients ask for, such as `mqtt.example.com` or `*.example.com`. Default `None` = those in the
    /// certificate.
    pub sni: Option<String>,
}

impl ManagedCertificate {
    /// Whether this is a name that a bundle or a namespace can have.
    #[must_use]
    pub fn is_name(text: &str) -> bool {
        let is_first = |byte: u8| byte.is_ascii_alphanumeric();
        text.len() <= NAME_BYTES_MAX
            && text.bytes().next().is_some_and(is_first)
            && text.bytes().all(|byte| is_first(byte) || matches!(byte, b'-' | b'_' | b'.'))
    }

    /// Reads the entries of a server: the first one is for clients that ask for no other.
    pub(super) fn read_all(section: &mut Section<'_>) -> Vec<Self> {
        let read = |entry: &mut Section<'_>| {
            let sni = entry.value("sni", &OrEmpty(filled_text()), None);
            Self::read(entry).map(|read| Self { sni, ..read })
        };
        section.list_or_one(KEY, "bundle_name", read).into_iter().flatten().flatten().collect()
    }

    /// Reads the one entry of a client.
    pub(super) fn read_one(section: &mut Section<'_>) -> Option<Self> {
        let origin = section.origin_of(KEY);
        let mut all: Vec<_> =
            section.list_or_one(KEY, "bundle_name", Self::read).into_iter().flatten().flatten().collect();
        if all.len() > 1 {
            section.conflict(KEY, &origin, "names several bundles; a client shows one certificate");
        }
        all.pop()
    }

    fn read(entry: &mut Section<'_>) -> Option<Self> {
        let bundle_name = entry.required("bundle_name", &name());
        let namespace = entry.value("namespace", &OrEmpty(name()), None);
        Some(Self { bundle_name: bundle_name?, namespace, sni: None })
    }
}

/// Those of the keys whose place a bundle would take that are set and have not been read.
pub(super) fn replaceable<'a>(section: &Section<'a>) -> Vec<(&'static str, &'a Node)> {
    let set = |key| {
        section
            .peek(key)
            .filter(|node| node.value.as_text().is_some_and(|text| !text.is_empty()))
            .map(|node| (key, node))
    };
    ["certfile", "keyfile", "password"].into_iter().filter_map(set).collect()
}

/// Says of keys that a bundle takes their place.
pub(super) fn warn_of_what_is_replaced(section: &mut Section<'_>, keys: Vec<(&str, &Node)>) {
    for (key, node) in keys {
        section.warn_value(key, node, "has no effect: the bundle in `managed_certs` takes its place");
    }
}

fn name() -> impl Shown<Value = String> {
    let parse = |text: &str| ManagedCertificate::is_name(text).then(|| text.to_owned());
    Parsed::new(
        parse,
        "a name of letters, digits, `-`, `_` and `.`, beginning with a letter or a digit, such as `example.com`",
    )
}
