//! The source `file`: an `acl.conf`.

use super::making::Making;
use dunlin_access::{MAX_ACL_FILE_BYTES, RuleList, RuleSource, read_acl_file};
use dunlin_config::authorization_sources::{File, SourceKind};
use dunlin_config::{Config, EtcFile};
use std::fs;

/// The rules that Dunlin comes with, for nodes on which nobody has put any.
const SHIPPED: &str = include_str!("../../../../deploy/acl.conf");

/// The source `file`.
pub(super) fn source(config: &File, making: &mut Making<'_>) -> Result<RuleSource, String> {
    let path = match config {
        File::Rules(_) => None,
        File::Path(file) => file.path(making.etc_dir),
    };
    let (place, text) = match (config, path) {
        (File::Rules(text), _) => ("rules".to_owned(), text.clone()),
        (File::Path(EtcFile::Default(_)), None) => shipped(),
        (File::Path(EtcFile::Default(_)), Some(path)) if !path.exists() => {
            // It may come to be there: then this is no longer what was read.
            let _ = making.files.read(&path);
            shipped()
        }
        (File::Path(_), path) => {
            let path = path.unwrap_or_default();
            (path.display().to_string(), making.read_text("path", &path)?)
        }
    };
    let rules = read_acl_file(&text).map_err(|error| format!("{place}, {error}"))?;
    Ok(RuleSource::new("file", RuleList::new(rules, making.rules)))
}

/// The rules of the source `file` of a configuration, as they are written; `None` where there is no such source, or its file
/// cannot be read or is too long to be one.
pub(crate) fn rules_text(config: &Config) -> Option<String> {
    let file = config.authorization.sources.iter().find_map(|source| match &source.kind {
        SourceKind::File(file) => Some(file),
        _ => None,
    })?;
    let path = match file {
        File::Rules(text) => return Some(text.clone()),
        File::Path(file) => file.path(config.etc_dir.as_deref()),
    };
    let is_default = matches!(file, File::Path(EtcFile::Default(_)));
    let Some(path) = path.filter(|path| !is_default || path.exists()) else {
        return is_default.then(|| SHIPPED.to_owned());
    };
    let length = fs::metadata(&path).ok()?.len();
    if usize::try_from(length).is_ok_and(|length| length <= MAX_ACL_FILE_BYTES) {
        fs::read_to_string(path).ok()
    } else {
        None
    }
}

fn shipped() -> (String, String) {
    ("the rules that are built in".to_owned(), SHIPPED.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::calendar::now;
    use dunlin_access::{Action, AuthorizationSource, ClientInfo, RuleSettings, Verdict};
    use dunlin_model::Qos;
    use dunlin_storage::metadata::MetadataStore;
    use dunlin_tls::ReadFiles;
    use std::path::Path;
    use std::sync::Arc;

    fn made(config: &File, folder: &Path) -> (Result<RuleSource, String>, ReadFiles) {
        let metadata = Arc::new(MetadataStore::open_folder(&folder.join("metadata")).unwrap().0);
        let rules = RuleSettings::default();
        let (clock, files) = (Arc::new(|| 0), ReadFiles::new(now()));
        let mut making = Making { metadata: &metadata, data_dir: folder, etc_dir: Some(folder), rules, clock, files };
        (source(config, &mut making), making.files)
    }

    fn subscribe(source: &RuleSource, username: &str, topic: &str) -> Option<Verdict> {
        let client = ClientInfo { username: Some(username.into()), ..ClientInfo::default() };
        source.authorize_now(&client, Action::Subscribe { qos: Qos::AtMostOnce }, topic)
    }

    #[test]
    fn the_shipped_rules_are_in_effect_until_there_is_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("acl.conf");
        let config = File::Path(EtcFile::Default("acl.conf"));
        let (shipped, files) = made(&config, folder.path());
        let shipped = shipped.unwrap();
        for (username, topic, expected) in [
            ("dashboard", "$SYS/#", Verdict::Allow),
            ("ann", "$SYS/#", Verdict::Deny),
            ("ann", "$SYS/brokers", Verdict::Deny),
            ("ann", "#", Verdict::Deny),
            ("dashboard", "#", Verdict::Deny),
            ("ann", "+/#", Verdict::Deny),
            ("ann", "a/#", Verdict::Allow),
        ] {
            assert_eq!(subscribe(&shipped, username, topic), Some(expected), "{username} {topic}");
        }
        assert!(!files.have_changed());
        fs::write(&path, "{deny, all}.").unwrap();
        assert!(files.have_changed());
        let (own, _) = made(&config, folder.path());
        assert_eq!(subscribe(&own.unwrap(), "ann", "a/#"), Some(Verdict::Deny));
    }

    #[test]
    fn errors_name_the_file_and_the_place_in_it() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("rules.conf");
        let named = File::Path(EtcFile::Named(path.clone()));
        let error = made(&named, folder.path()).0.unwrap_err();
        assert!(error.starts_with(&format!("path: {} cannot be read: ", path.display())), "{error}");
        fs::write(&path, "{allow, all}.\n{permit, all}.\n").unwrap();
        let error = made(&named, folder.path()).0.unwrap_err();
        assert!(error.starts_with(&format!("{}, line 2, column ", path.display())), "{error}");
        let error = made(&File::Rules("{allow".into()), folder.path()).0.unwrap_err();
        assert!(error.starts_with("rules, line 1, column "), "{error}");
    }
}
