//! The space a store takes, and what to give up when it is too much.

use super::{Store, StoreError};
use dunlin_inbox::SessionNumber;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::io;

/// Room for the commands that drop messages of one queue.
const DROP_BYTES_MAX: usize = 4096;

/// The space the log takes, and the file system around it. All in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StoreSpace {
    /// Files of the log, spares included.
    pub used_bytes: u64,
    /// What new files can still take.
    pub free_bytes: u64,
    /// The whole file system.
    pub total_bytes: u64,
}

impl Store {
    /// The space the log takes, and the file system around it.
    ///
    /// # Errors
    /// Any error of the file system.
    pub fn space(&self) -> io::Result<StoreSpace> {
        let (free_bytes, total_bytes) = self.log.disk_bytes()?;
        Ok(StoreSpace { used_bytes: self.log.bytes_on_disk(), free_bytes, total_bytes })
    }

    /// Size of a segment of the log, in bytes.
    #[must_use]
    pub fn segment_bytes(&self) -> u64 {
        self.log.segment_bytes().into()
    }

    /// Bytes of the log's segments but the current one, spares not included.
    #[must_use]
    pub fn sealed_bytes(&self) -> u64 {
        let current = self.log.end().segment;
        let sealed = self.log.segments().into_iter().filter(|segment| segment.number < current);
        sealed.map(|segment| segment.bytes).sum()
    }

    /// Bytes of the segments that the next checkpoint frees.
    #[must_use]
    pub fn reclaimable_bytes(&self) -> u64 {
        let current = self.log.end().segment;
        let segments = self.log.segments().into_iter();
        let is_free = |number| number < current && self.inbox.live_references(number) == 0;
        segments.filter(|segment| is_free(segment.number)).map(|segment| segment.bytes).sum()
    }

    /// The queues with most bytes, the largest last. Looks at every session.
    #[must_use]
    pub fn largest_queues(&self, max_count: usize) -> Vec<(u64, SessionNumber)> {
        let mut largest = BinaryHeap::with_capacity(max_count + 1);
        for session in self.inbox.sessions() {
            let bytes = self.queued_bytes(session);
            if bytes == 0 {
                continue;
            }
            largest.push(Reverse((bytes, session)));
            if largest.len() > max_count {
                largest.pop();
            }
        }
        let mut largest: Vec<_> = largest.into_iter().map(|Reverse(queue)| queue).collect();
        largest.sort_unstable();
        largest
    }

    /// Drops about so many bytes of the oldest messages of a queue, one at least. How many messages were dropped. Not while a
    /// frame is open.
    ///
    /// # Errors
    /// [`StoreError::NoSpace`]: nothing has happened. Others as [`Store::make_room`] and [`Store::append`].
    pub fn drop_oldest(&mut self, session: SessionNumber, bytes: u64) -> Result<u64, StoreError> {
        let kept = self.queued_bytes(session).saturating_sub(bytes.max(1));
        self.begin(DROP_BYTES_MAX)?;
        let dropped = self.make_room(session, 0, kept)?;
        self.append()?;
        Ok(dropped)
    }

    /// Removes a spare segment, if there is one. Whether there was.
    ///
    /// # Errors
    /// As the disk gives them.
    pub fn release_spare(&self) -> io::Result<bool> {
        self.log.spares().release()
    }
}
