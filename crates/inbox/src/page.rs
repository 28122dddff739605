//! A piece of a queue, for delivering it or looking at it.

use crate::{
    ChunkId, Inbox, Place, Position, SessionNumber,
    entry::State,
    queue::{MissingIndex, Queue},
};
use dunlin_model::{ArcStr, Qos, SubscriptionIds};

/// Open entries of a queue, in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// The entries.
    pub entries: Vec<PageEntry>,
    /// Where the next page begins.
    pub next: Position,
    /// There is nothing behind this page now.
    pub at_tail: bool,
}

/// One delivery that is not complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageEntry {
    /// Its position.
    pub position: Position,
    /// Where the message lies in the log; all zero when `received`: it may be gone.
    pub place: Place,
    /// Quality of service of the delivery.
    pub qos: Qos,
    /// RETAIN flag of the delivery.
    pub retain: bool,
    /// It was sent before [MQTT-3.3.1-1].
    pub dup: bool,
    /// PUBREC came: PUBREL is to be sent, the message is not [MQTT-4.3.3-6].
    pub received: bool,
    /// Subscription identifiers that go with it.
    pub subscription_ids: SubscriptionIds,
    /// The shared subscription it came by.
    pub shared: Option<ArcStr>,
}

impl Inbox {
    /// The open entries of a session's queue from a position on: at most `max_entries`, and no more than `max_bytes` of stored
    /// messages unless the first alone has more. A session that does not exist has an empty page.
    ///
    /// The page ends early before a chunk that is not in memory.
    ///
    /// # Errors
    /// The chunk the page begins in is not in memory: load it and ask again.
    pub fn page(
        &self,
        session: SessionNumber,
        from: Position,
        max_entries: usize,
        max_bytes: u64,
    ) -> Result<Page, ChunkId> {
        let Some(queue) = self.queue(session) else {
            return Ok(Page { entries: Vec::new(), next: from, at_tail: true });
        };
        page_of(&queue, from, max_entries, max_bytes).map_err(|MissingIndex(index)| ChunkId { session, index })
    }
}

fn page_of(queue: &Queue, from: Position, max_entries: usize, max_bytes: u64) -> Result<Page, MissingIndex> {
    let mut page = Page { entries: Vec::new(), next: from.max(queue.head()), at_tail: false };
    let mut bytes = 0;
    while page.entries.len() < max_entries {
        let open = match queue.next_open(page.next) {
            Ok(Some(open)) => open,
            Ok(None) => {
                page.next = page.next.max(queue.tail());
                page.at_tail = true;
                break;
            }
            Err(_) if !page.entries.is_empty() => break,
            Err(missing) => return Err(missing),
        };
        let received = open.entry.state == State::Received;
        if !received {
            bytes += u64::from(open.entry.place.len);
        }
        if bytes > max_bytes && !page.entries.is_empty() {
            break;
        }
        page.next = open.position + 1;
        page.entries.push(PageEntry {
            position: open.position,
            place: open.entry.place,
            qos: open.entry.qos(),
            retain: open.entry.retain(),
            dup: open.position < queue.sent_to(),
            received,
            subscription_ids: open.chunk.subscription_ids(open.entry),
            shared: open.chunk.shared_filter(open.entry).cloned(),
        });
    }
    page.at_tail |= page.next >= queue.tail();
    Ok(page)
}
