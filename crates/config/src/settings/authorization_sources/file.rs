//! `file`: rules in a file, in the words of EMQX's `acl.conf`.

use crate::rule::AnyText;
use crate::section::Section;
use crate::settings::EtcFile;

/// `file`: rules in a file, in the words of EMQX's `acl.conf`. Nothing is read from it here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum File {
    /// `path`: [`EtcFile::Named`] has to be there; where [`EtcFile::Default`], `acl.conf`, is not, the rules that Dunlin comes
    /// with take its place.
    Path(EtcFile),
    /// `rules`: the text itself.
    Rules(String),
}

const ACL_FILE: &str = "acl.conf";

impl Default for File {
    fn default() -> Self {
        Self::Path(EtcFile::Default(ACL_FILE))
    }
}

impl File {
    pub(super) fn read(entry: &mut Section<'_>) -> Self {
        let written = entry.peek("rules").map(|node| node.origin.clone());
        let path = EtcFile::read(entry, "path", ACL_FILE);
        let Some(origin) = written else { return Self::Path(path) };
        if matches!(path, EtcFile::Named(_)) {
            entry.conflict(
                "rules",
                &origin,
                "stands beside `path`, and rules come from one of them; take the other away",
            );
        }
        Self::Rules(entry.value("rules", &AnyText, String::new()))
    }
}
