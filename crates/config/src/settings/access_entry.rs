//! An entry of `authentication` or of `authorization.sources`, and what all of them have in common.

use crate::rule::{Flag, OrEmpty, Span, expression};
use crate::section::Section;
use dunlin_expression::Expression;
use std::time::Duration;

/// An entry of `authentication` or of `authorization.sources`.
#[derive(Clone, Debug, PartialEq)]
pub struct AccessEntry<K> {
    /// `enable`, default true.
    pub enable: bool,
    /// `precondition`: only clients for which it is true are asked about; default `None` = all.
    pub precondition: Option<Expression>,
    /// `resource_opts.health_check_interval`: how often it is looked whether the back end is there while no client has a question;
    /// 100 ms to 1 day, default 15 s. Of no meaning where there is no back end.
    pub health_check_interval: Duration,
    /// Who is asked.
    pub kind: K,
}

/// Who is asked.
pub(crate) trait EntryKind: Sized {
    /// The key that every entry of such a list has.
    const KEY: &'static str;

    /// How it is called everywhere.
    fn name(&self) -> &'static str;

    /// Whether somebody else is asked, over a network.
    fn has_back_end(&self) -> bool;

    /// Reads all that is not in common. `None`, with the reason among the findings, where it is missing what it needs.
    fn read(entry: &mut Section<'_>) -> Option<Self>;
}

/// `health_check_interval` where nobody says anything.
pub(super) const HEALTH_CHECK_INTERVAL: Duration = Duration::from_secs(15);

#[expect(private_bounds, reason = "there are two kinds of entries, and nobody adds one")]
impl<K: EntryKind> AccessEntry<K> {
    /// How it is called everywhere: `mechanism:backend` of an authenticator, the mechanism where that has no back end; the `type`
    /// of a source.
    #[must_use]
    pub fn id(&self) -> &'static str {
        self.kind.name()
    }

    fn read(entry: &mut Section<'_>) -> Option<Self> {
        let enable = entry.value("enable", &Flag, true);
        let precondition = entry.value("precondition", &OrEmpty(expression()), None);
        let kind = K::read(entry)?;
        let health_check_interval = match kind.has_back_end() {
            true => entry.child("resource_opts", |options| {
                let spans = Duration::from_millis(100)..=Duration::from_secs(86_400);
                options.value("health_check_interval", &Span::in_millis(spans), HEALTH_CHECK_INTERVAL)
            }),
            false => HEALTH_CHECK_INTERVAL,
        };
        Some(Self { enable, precondition, health_check_interval, kind })
    }
}

/// Reads a list of entries, or the one entry itself; `None` where nothing is written. There is at most one of each.
pub(super) fn read_entries<K: EntryKind>(section: &mut Section<'_>, key: &'static str) -> Option<Vec<AccessEntry<K>>> {
    let mut ids: Vec<&'static str> = Vec::new();
    let read = section.list_or_one(key, K::KEY, |entry| {
        let read = AccessEntry::<K>::read(entry)?;
        if ids.contains(&read.id()) {
            let message = format!("`{}` is in the list already, and it can have one of each; take one away", read.id());
            entry.conflict_here(message);
        }
        ids.push(read.id());
        Some(read)
    });
    Some(read?.into_iter().flatten().collect())
}
