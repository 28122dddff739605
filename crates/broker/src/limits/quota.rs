//! How many connections there may be with one user name, or with one value of an attribute of their clients.

use dunlin_access::ClientInfo;
use dunlin_model::ArcStr;
use hashbrown::HashMap;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// How many connections there may be at a time on this node.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ConnectionQuota {
    /// With one user name; `None` is unlimited. Clients without a name are not counted.
    pub per_username: Option<u32>,
    /// With one value of an attribute of their clients, by the name of the attribute. Clients that do not have it are not counted.
    pub per_attribute: BTreeMap<ArcStr, u32>,
}

/// What connections are counted by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct SharedName {
    /// Of a client; `None` is its user name.
    attribute: Option<ArcStr>,
    value: ArcStr,
}

/// A name of a client that counts, and how many connections there may be with it.
struct Wanted {
    name: SharedName,
    max: u32,
}

/// The connections that count, of all zones and workers. It has a name as long as somebody is connected with it, so it has no
/// more than `1 + attributes` of a connection.
#[derive(Debug, Default)]
pub(crate) struct ConnectionCounts(Mutex<HashMap<SharedName, u32>>);

/// A connection that is counted, until this is dropped.
#[derive(Debug)]
pub(crate) struct Seat {
    counts: Arc<ConnectionCounts>,
    names: Vec<SharedName>,
}

/// Others have all the connections there may be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct QuotaReached {
    /// The attribute, or `username`.
    pub(crate) what: ArcStr,
    pub(crate) max: u32,
}

impl ConnectionQuota {
    /// Whether there is any.
    #[must_use]
    pub fn is_none(&self) -> bool {
        self.per_username.is_none() && self.per_attribute.is_empty()
    }

    fn wanted(&self, client: &ClientInfo) -> Vec<Wanted> {
        let name =
            |attribute: Option<&ArcStr>, value: &str| SharedName { attribute: attribute.cloned(), value: value.into() };
        let username = self.per_username.zip(client.username.clone());
        let of_username = username.map(|(max, value)| Wanted { name: SharedName { attribute: None, value }, max });
        let of_attributes = self.per_attribute.iter().filter_map(|(attribute, max)| {
            let value = client.attributes.get(&**attribute)?;
            Some(Wanted { name: name(Some(attribute), value), max: *max })
        });
        of_username.into_iter().chain(of_attributes).collect()
    }
}

impl ConnectionCounts {
    /// Counts a connection in, if there is room for it everywhere. `replaced` is the seat of the connection that it takes the
    /// place of: that one is as good as gone. `None` where nobody counts it.
    pub(crate) fn take(
        self: &Arc<Self>,
        quota: &ConnectionQuota,
        client: &ClientInfo,
        replaced: Option<&Seat>,
    ) -> Result<Option<Box<Seat>>, QuotaReached> {
        let wanted = quota.wanted(client);
        if wanted.is_empty() {
            return Ok(None);
        }
        let mut counts = self.0.lock();
        let is_leaving = |name: &SharedName| replaced.is_some_and(|seat| seat.names.contains(name));
        let others =
            |name: &SharedName| counts.get(name).map_or(0, |count| count.saturating_sub(is_leaving(name).into()));
        if let Some(full) = wanted.iter().find(|wanted| others(&wanted.name) >= wanted.max) {
            let what = full.name.attribute.clone().unwrap_or_else(|| "username".into());
            return Err(QuotaReached { what, max: full.max });
        }
        let names: Vec<_> = wanted.into_iter().map(|wanted| wanted.name).collect();
        for name in &names {
            *counts.entry_ref(name).or_insert(0) += 1;
        }
        drop(counts);
        Ok(Some(Box::new(Seat { counts: Arc::clone(self), names })))
    }

    /// Counts a connection in that is there already, however many there are.
    pub(crate) fn keep(self: &Arc<Self>, quota: &ConnectionQuota, client: &ClientInfo) -> Option<Box<Seat>> {
        let names: Vec<_> = quota.wanted(client).into_iter().map(|wanted| wanted.name).collect();
        if names.is_empty() {
            return None;
        }
        let mut counts = self.0.lock();
        for name in &names {
            *counts.entry_ref(name).or_insert(0) += 1;
        }
        drop(counts);
        Some(Box::new(Seat { counts: Arc::clone(self), names }))
    }
}

impl From<&SharedName> for SharedName {
    fn from(name: &SharedName) -> Self {
        name.clone()
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let mut counts = self.counts.0.lock();
        for name in &self.names {
            let Some(count) = counts.get_mut(name) else { continue };
            *count = count.saturating_sub(1);
            if *count == 0 {
                counts.remove(name);
            }
        }
        if counts.is_empty() {
            counts.shrink_to_fit();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(username: Option<&str>, attributes: &[(&str, &str)]) -> ClientInfo {
        let attributes = attributes.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ClientInfo { username: username.map(ArcStr::from), attributes, ..ClientInfo::default() }
    }

    fn quota(per_username: Option<u32>, per_attribute: &[(&str, u32)]) -> ConnectionQuota {
        let per_attribute = per_attribute.iter().map(|(name, max)| (ArcStr::from(*name), *max)).collect();
        ConnectionQuota { per_username, per_attribute }
    }

    fn len(counts: &ConnectionCounts) -> usize {
        counts.0.lock().len()
    }

    #[test]
    fn a_name_has_so_many_connections_and_one_more_when_one_has_left() {
        let counts = Arc::new(ConnectionCounts::default());
        let (two, ann) = (quota(Some(2), &[]), client(Some("ann"), &[]));
        let first = counts.take(&two, &ann, None).expect("room");
        let second = counts.take(&two, &ann, None).expect("room");
        let refused = counts.take(&two, &ann, None).expect_err("no room");
        assert_eq!(refused, QuotaReached { what: "username".into(), max: 2 });
        counts.take(&two, &client(Some("eve"), &[]), None).expect("another name");
        drop(first);
        let third = counts.take(&two, &ann, None).expect("room again");
        drop((second, third));
        assert_eq!(len(&counts), 0);
    }

    #[test]
    fn who_takes_over_needs_no_room_of_his_own() {
        let counts = Arc::new(ConnectionCounts::default());
        let (one, ann) = (quota(Some(1), &[]), client(Some("ann"), &[]));
        let old = counts.take(&one, &ann, None).expect("room").expect("counted");
        let new = counts.take(&one, &ann, Some(&old)).expect("instead of the old one");
        counts.take(&one, &ann, Some(&old)).expect_err("there are two now");
        drop(old);
        counts.take(&one, &ann, None).expect_err("the new one is there");
        // The connection of somebody else makes no room.
        let eve = counts.take(&one, &client(Some("eve"), &[]), None).expect("room").expect("counted");
        counts.take(&one, &ann, Some(&eve)).expect_err("no room");
        drop((new, eve));
        assert_eq!(len(&counts), 0);
    }

    #[test]
    fn there_has_to_be_room_everywhere_and_nothing_is_taken_otherwise() {
        let counts = Arc::new(ConnectionCounts::default());
        let both = quota(Some(5), &[("team", 1)]);
        let first = counts.take(&both, &client(Some("ann"), &[("team", "a")]), None).expect("room");
        let refused = counts.take(&both, &client(Some("eve"), &[("team", "a")]), None).expect_err("no room");
        assert_eq!(refused, QuotaReached { what: "team".into(), max: 1 });
        assert_eq!(len(&counts), 2, "nothing of eve");
        let other = counts.take(&both, &client(Some("eve"), &[("team", "b")]), None).expect("another team");
        let teamless = counts.take(&both, &client(Some("eve"), &[]), None).expect("no team");
        drop((first, other, teamless));
        assert_eq!(len(&counts), 0);
    }

    #[test]
    fn a_user_name_and_an_attribute_of_the_same_text_are_two_things() {
        let counts = Arc::new(ConnectionCounts::default());
        let one = quota(Some(1), &[("username", 1)]);
        let _seat = counts.take(&one, &client(Some("ann"), &[]), None).expect("room");
        counts.take(&one, &client(None, &[("username", "ann")]), None).expect("room");
    }

    #[test]
    fn who_has_nothing_that_counts_is_not_counted() {
        let counts = Arc::new(ConnectionCounts::default());
        assert!(counts.take(&quota(Some(0), &[("team", 0)]), &client(None, &[]), None).expect("room").is_none());
        assert!(counts.take(&ConnectionQuota::default(), &client(Some("ann"), &[]), None).expect("room").is_none());
        assert!(counts.keep(&ConnectionQuota::default(), &client(Some("ann"), &[])).is_none());
    }

    #[test]
    fn connections_from_before_a_change_count_however_many_they_are() {
        let counts = Arc::new(ConnectionCounts::default());
        let (one, ann) = (quota(Some(1), &[]), client(Some("ann"), &[]));
        let mut there: Vec<_> = (0..3).map(|_| counts.keep(&one, &ann).expect("counted")).collect();
        while there.pop().is_some() {
            assert_eq!(counts.take(&one, &ann, None).is_err(), !there.is_empty());
        }
    }

    #[test]
    fn threads_together_have_no_more_than_there_may_be() {
        let counts = Arc::new(ConnectionCounts::default());
        let (ten, ann) = (quota(Some(10), &[]), client(Some("ann"), &[]));
        let seats = Mutex::new(Vec::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..100).for_each(|_| seats.lock().extend(counts.take(&ten, &ann, None))));
            }
        });
        assert_eq!(seats.lock().len(), 10);
        drop(seats);
        assert_eq!(len(&counts), 0);
    }
}
