//! Changes that are made together.

use super::KeyValueError;
use dunlin_inbox::Change;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Changes to any spaces, in order: a later one overrules an earlier one of the same key.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct KeyValueBatch {
    changes: Vec<Change>,
}

/// What a batch comes to: each key once, with its new value or none.
pub(super) type Resolved<'a> = BTreeMap<(&'static str, Cow<'a, [u8]>), Option<&'a [u8]>>;

const MAX_KEY_BYTES: usize = u16::MAX as usize;

impl KeyValueBatch {
    /// Adds a [`Change::Set`].
    pub fn set(&mut self, space: &'static str, key: impl Into<Vec<u8>>, value: impl Into<Vec<u8>>) {
        self.changes.push(Change::Set { space, key: key.into(), value: value.into() });
    }

    /// Adds a [`Change::Remove`].
    pub fn remove(&mut self, space: &'static str, key: impl Into<Vec<u8>>) {
        self.changes.push(Change::Remove { space, key: key.into() });
    }

    /// Adds a [`Change::ClearPrefix`].
    pub fn clear_prefix(&mut self, space: &'static str, prefix: impl Into<Vec<u8>>) {
        self.changes.push(Change::ClearPrefix { space, prefix: prefix.into() });
    }

    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }

    /// What the batch comes to. `existing` calls its second argument with every stored key that begins with a prefix.
    ///
    /// Stores must not be handed the same key twice in one batch: engines give all its changes one sequence number.
    pub(super) fn resolve(
        &self,
        mut existing: impl FnMut(&'static str, &[u8], &mut dyn FnMut(&[u8])) -> Result<(), KeyValueError>,
    ) -> Result<Resolved<'_>, KeyValueError> {
        let mut resolved = Resolved::new();
        for change in &self.changes {
            match change {
                Change::Set { space, key, value } => {
                    check_lengths(key, value)?;
                    resolved.insert((space, Cow::Borrowed(key)), Some(value));
                }
                Change::Remove { space, key } => {
                    check_lengths(key, &[])?;
                    resolved.insert((space, Cow::Borrowed(key)), None);
                }
                Change::ClearPrefix { space, prefix } => {
                    let first = (*space, Cow::Borrowed(prefix.as_slice()));
                    let earlier = resolved.range_mut(first..);
                    for (_, value) in earlier.take_while(|((s, key), _)| s == space && key.starts_with(prefix)) {
                        *value = None;
                    }
                    existing(space, prefix, &mut |key| {
                        resolved.insert((space, Cow::Owned(key.to_vec())), None);
                    })?;
                }
            }
        }
        Ok(resolved)
    }
}

impl FromIterator<Change> for KeyValueBatch {
    fn from_iter<I: IntoIterator<Item = Change>>(changes: I) -> Self {
        Self { changes: changes.into_iter().collect() }
    }
}

fn check_lengths(key: &[u8], value: &[u8]) -> Result<(), KeyValueError> {
    if key.is_empty() {
        return Err(KeyValueError::EmptyKey);
    }
    if key.len() > MAX_KEY_BYTES {
        return Err(KeyValueError::TooLarge { bytes: key.len() });
    }
    if u32::try_from(value.len()).is_err() {
        return Err(KeyValueError::TooLarge { bytes: value.len() });
    }
    Ok(())
}
