//! An entry of `authentication` or `authorization.sources`, and one row for each of its keys.

use dunlin_config::Config;

/// One key of an entry.
pub(crate) struct EntryRow {
    /// Its path below the entry.
    pub(crate) key: &'static str,
    /// Its effective value.
    pub(crate) field: Box<dyn Fn(&Config) -> String>,
    /// Its value where nobody sets it; `required` where somebody has to.
    pub(crate) default: &'static str,
    /// What can be written, and the value that it is.
    pub(crate) accepted: &'static [(&'static str, &'static str)],
    /// What cannot be written.
    pub(crate) refused: &'static [&'static str],
    /// What has to stand beside it.
    pub(crate) beside: &'static [(&'static str, &'static str)],
}

/// A kind of entry.
pub(crate) struct Entry {
    /// `authentication` or `authorization.sources`.
    pub(crate) list: &'static str,
    /// What it is called.
    pub(crate) id: &'static str,
    /// Its keys that have to be written, with values.
    pub(crate) required: &'static [(&'static str, &'static str)],
    pub(crate) rows: Vec<EntryRow>,
}

impl Entry {
    /// The list with this entry alone, with these keys beside, or in the place of, those that have to be there.
    pub(crate) fn text(&self, keys: &[(&str, &str)]) -> String {
        self.text_without("", keys)
    }

    /// As [`Entry::text`], without one of the keys that have to be there.
    pub(crate) fn text_without(&self, left_out: &str, keys: &[(&str, &str)]) -> String {
        let is_in_its_place = |key: &str| key == left_out || keys.iter().any(|(other, _)| *other == key);
        let required = self.required.iter().filter(|(key, _)| !is_in_its_place(key));
        let fields: Vec<_> = required.chain(keys).map(|(key, value)| format!("{key} = {value}")).collect();
        format!("{} = [{{ {} }}]", self.list, fields.join(", "))
    }

    /// The text in which a key of a row is set.
    pub(crate) fn text_with(&self, row: &EntryRow, value: &str) -> String {
        let set = [(row.key, value)];
        self.text(&set.iter().chain(row.beside).copied().collect::<Vec<_>>())
    }

    /// The full path of a key.
    pub(crate) fn path_of(&self, key: &str) -> String {
        format!("{}.1.{key}", self.list)
    }
}

macro_rules! key {
    ($key:literal, $config:ident => $field:expr, $default:literal, [$($text:literal => $value:literal),* $(,)?],
        [$($bad:literal),* $(,)?] $(, beside [$($beside:literal = $other:literal),+])?) => {
        $crate::entry_row::EntryRow {
            key: $key,
            field: Box::new(move |$config: &dunlin_config::Config| $crate::row::show(&$field)),
            default: $default,
            accepted: &[$(($text, $value)),*],
            refused: &[$($bad),*],
            beside: &[$($(($beside, $other)),+)?],
        }
    };
}
pub(crate) use key;
