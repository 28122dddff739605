//! One entry of a directory.

/// One entry of a directory, with the attributes that were asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Its distinguished name.
    pub(crate) name: String,
    pub(crate) attributes: Vec<(String, Vec<Vec<u8>>)>,
}

impl Entry {
    /// The values of an attribute; its name counts in either case (RFC 4512 §2.5).
    pub(crate) fn values(&self, attribute: &str) -> impl Iterator<Item = &[u8]> {
        self.attributes
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(attribute))
            .flat_map(|(_, values)| values.iter().map(Vec::as_slice))
    }

    /// The first value that is text.
    pub(crate) fn text(&self, attribute: &str) -> Option<&str> {
        self.values(attribute).find_map(|value| std::str::from_utf8(value).ok())
    }
}
