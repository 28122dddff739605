//! What is left of a section when all that is known was read: keys of EMQX 4, and keys that nobody knows.

use super::Section;
use crate::error::ConfigError;
use crate::nearest::nearest;
use crate::old_keys;
use crate::source::is_lenient;
use dunlin_hocon::Node;

impl Section<'_> {
    /// Reports what nobody has read.
    pub(super) fn report_unknown(mut self) {
        for (name, node) in std::mem::take(&mut self.unread) {
            if !self.report_old(name, node) {
                self.report_unknown_key(name, node);
            }
        }
    }

    /// Reports a key of EMQX 4, or all such keys below this one. Says whether it is one.
    fn report_old(&mut self, name: &str, node: &Node) -> bool {
        let key = self.path_of(name);
        let mut is_old = false;
        for (rest, leaf) in node.leaves() {
            let path: Vec<&str> = key.split('.').chain(rest.iter().map(String::as_str)).collect();
            let Some(advice) = leaf.value.as_text().and_then(|text| old_keys::advice(&path, text)) else { continue };
            is_old = true;
            let key = path.join(".");
            if is_lenient(&leaf.origin) {
                let message = format!("`{key}` is a key of EMQX 4 and has no effect; {advice}");
                self.warn(&leaf.origin, key, message);
            } else {
                let place = leaf.origin.to_string();
                self.findings.error(&leaf.origin, ConfigError::OldKey { place, key, advice });
            }
        }
        is_old
    }

    fn report_unknown_key(&mut self, name: &str, node: &Node) {
        let key = self.path_of(name);
        let nearest = nearest(name, self.known_keys.iter().copied()).map(|key| self.path_of(key));
        // EMQX starts in spite of an unknown variable, so a container that ran with it must start here too.
        if is_lenient(&node.origin) {
            let message = format!("`{key}` is unknown and has no effect");
            self.warn(&node.origin, key, message);
            return;
        }
        let place = node.origin.to_string();
        self.findings.error(&node.origin, ConfigError::UnknownKey { place, key, nearest });
    }
}
