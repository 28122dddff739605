//! A secret that is shown to nobody by accident.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A secret: written and read like what is in it, and without a text for programmers that has it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Hidden<T>(pub(crate) T);

impl<T> fmt::Debug for Hidden<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("******")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_written_and_not_shown() {
        let hidden = Hidden("planted".to_owned());
        assert_eq!(format!("{hidden:?} {:#?}", Some(&hidden)).find("planted"), None);
        let written = serde_json::to_string(&hidden).unwrap();
        assert_eq!(written, "\"planted\"");
        assert!(serde_json::from_str::<Hidden<String>>(&written).unwrap() == hidden);
    }
}
