//! Name of a node.

use arcstr::ArcStr;

/// Name of a node: `name@host`, as in `dunlin@127.0.0.1`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(ArcStr);

/// A node name without both parts around one `@`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidNodeId;

impl NodeId {
    /// Checks and wraps a name.
    ///
    /// # Errors
    /// [`InvalidNodeId`] unless the text is two non-empty parts around exactly one `@`.
    pub fn new(name: &str) -> Result<Self, InvalidNodeId> {
        match name.split_once('@') {
            Some((left, right)) if !left.is_empty() && !right.is_empty() && !right.contains('@') => {
                Ok(Self(name.into()))
            }
            _ => Err(InvalidNodeId),
        }
    }

    /// The whole name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for InvalidNodeId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a node name is `name@host`")
    }
}

impl std::error::Error for InvalidNodeId {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn needs_both_parts() {
        assert_eq!(NodeId::new("dunlin@127.0.0.1").unwrap().as_str(), "dunlin@127.0.0.1");
        for bad in ["", "dunlin", "@host", "dunlin@", "a@b@c"] {
            assert_eq!(NodeId::new(bad), Err(InvalidNodeId), "{bad}");
        }
    }
}
