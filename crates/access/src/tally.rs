//! What authorization has decided, counted.

use crate::{DecidedBy, Permission, Ruling, Verdict};

/// What one source has said.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceTally {
    /// It has allowed.
    pub allow: u64,
    /// It has denied.
    pub deny: u64,
    /// It has no rule about it.
    pub no_match: u64,
    /// It could not answer, and that was ignored.
    pub ignore: u64,
    /// It could not answer.
    pub failed: u64,
}

impl SourceTally {
    /// Questions that came to it.
    #[must_use]
    pub const fn total(&self) -> u64 {
        self.allow + self.deny + self.no_match + self.failed
    }
}

/// What authorization has decided, counted. Plain numbers: each worker has its own, and whoever shows them adds them up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// `authorization.allow`: all that was allowed, whoever said so.
    pub allow: u64,
    /// `authorization.deny`: all that was denied.
    pub deny: u64,
    /// `authorization.superuser`: allowed because of who it was.
    pub superuser: u64,
    /// Decided by rules that came with the client.
    pub client_acl: u64,
    /// `authorization.matched.allow`: a rule allowed it.
    pub matched_allow: u64,
    /// `authorization.matched.deny`: a rule denied it.
    pub matched_deny: u64,
    /// `authorization.nomatch`: no rule is about it.
    pub no_match: u64,
    /// `authorization.cache_hit`: decided a short while ago already.
    pub cache_hit: u64,
    /// `authorization.cache_miss`: looked for in vain.
    pub cache_miss: u64,
    /// For each source, in their order; those that were never asked may be missing at the end. Verdicts that are known before
    /// an action, or from the cache, count for nobody.
    pub sources: Vec<SourceTally>,
}

impl Tally {
    /// What EMQX counts of it, with its names.
    #[must_use]
    pub const fn named(&self) -> [(&'static str, u64); 8] {
        [
            ("authorization.allow", self.allow),
            ("authorization.cache_hit", self.cache_hit),
            ("authorization.cache_miss", self.cache_miss),
            ("authorization.deny", self.deny),
            ("authorization.matched.allow", self.matched_allow),
            ("authorization.matched.deny", self.matched_deny),
            ("authorization.nomatch", self.no_match),
            ("authorization.superuser", self.superuser),
        ]
    }

    /// Adds what another has counted.
    pub fn add(&mut self, other: &Self) {
        self.allow += other.allow;
        self.deny += other.deny;
        self.superuser += other.superuser;
        self.client_acl += other.client_acl;
        self.matched_allow += other.matched_allow;
        self.matched_deny += other.matched_deny;
        self.no_match += other.no_match;
        self.cache_hit += other.cache_hit;
        self.cache_miss += other.cache_miss;
        for (index, from) in other.sources.iter().enumerate() {
            let to = self.source(index);
            to.allow += from.allow;
            to.deny += from.deny;
            to.no_match += from.no_match;
            to.ignore += from.ignore;
            to.failed += from.failed;
        }
    }

    /// The sources have other places: for each the place where it was before, and `None` for one that is new.
    pub fn reorder_sources(&mut self, places: &[Option<usize>]) {
        let before = std::mem::take(&mut self.sources);
        let was_at = |place: &Option<usize>| place.and_then(|place| before.get(place).copied()).unwrap_or_default();
        self.sources = places.iter().map(was_at).collect();
    }

    pub(crate) fn source(&mut self, index: usize) -> &mut SourceTally {
        if index >= self.sources.len() {
            self.sources.resize(index + 1, SourceTally::default());
        }
        &mut self.sources[index]
    }

    pub(crate) fn count_verdict(&mut self, index: usize, verdict: Verdict) {
        let source = self.source(index);
        match verdict {
            Verdict::Allow => source.allow += 1,
            Verdict::Deny => source.deny += 1,
            Verdict::NoMatch => source.no_match += 1,
        }
    }

    /// Counts what was decided.
    pub const fn count(&mut self, ruling: Ruling) {
        match ruling.permission {
            Permission::Allow => self.allow += 1,
            Permission::Deny => self.deny += 1,
        }
        match (ruling.by, ruling.permission) {
            (DecidedBy::Superuser, _) => self.superuser += 1,
            (DecidedBy::ClientAcl, _) => self.client_acl += 1,
            (DecidedBy::Source(_), Permission::Allow) => self.matched_allow += 1,
            (DecidedBy::Source(_), Permission::Deny) => self.matched_deny += 1,
            (DecidedBy::NoMatch, _) => self.no_match += 1,
            (DecidedBy::Cache, _) => self.cache_hit += 1,
            (DecidedBy::FailureOf(_), _) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_take_their_counts_along() {
        let counted = |allow| SourceTally { allow, ..SourceTally::default() };
        let mut tally = Tally { sources: vec![counted(1), counted(2)], ..Tally::default() };
        tally.reorder_sources(&[Some(1), None, Some(0), Some(7)]);
        assert_eq!(tally.sources, [counted(2), counted(0), counted(1), counted(0)]);
    }
}
