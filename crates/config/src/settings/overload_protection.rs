//! `overload_protection`: what is given up first while there is more to do than can be done.

use crate::rule::Flag;
use crate::section::Section;

/// `overload_protection`: what is given up first while an event loop has more to do than it can do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OverloadProtection {
    /// `enable`, default false.
    pub enable: bool,
    /// `backoff_new_conn`: refuse new clients, default true.
    pub backoff_new_conn: bool,
    /// `drop_qos0`: drop deliveries of QoS 0, default true. EMQX has no such key.
    pub drop_qos0: bool,
}

impl Default for OverloadProtection {
    fn default() -> Self {
        Self { enable: false, backoff_new_conn: true, drop_qos0: true }
    }
}

impl OverloadProtection {
    pub(crate) fn read(section: &mut Section<'_>) -> Self {
        let default = Self::default();
        // Of Erlang's processes: there is no garbage to collect, nobody hibernates, and nothing runs in the background.
        section.without_counterpart(&["backoff_delay", "backoff_gc", "backoff_hibernation"]);
        Self {
            enable: section.value("enable", &Flag, default.enable),
            backoff_new_conn: section.value("backoff_new_conn", &Flag, default.backoff_new_conn),
            drop_qos0: section.value("drop_qos0", &Flag, default.drop_qos0),
        }
    }
}
