//! The frames of one segment, one after the other, for whoever goes through it while the log is in use.

use super::frame::{FRAME_HEADER_BYTES, FrameSeed};
use super::scan::{Found, SegmentScan, Window};
use super::segment::{FoundHeaders, SEGMENT_HEADER_BYTES};
use super::{Location, Log};
use crate::disk::DiskFile;
use std::io;
use std::sync::Arc;

/// Goes through the frames of a segment from front to back. What is damaged is passed over.
pub struct SegmentFrames {
    segment: u32,
    file: Arc<dyn DiskFile>,
    seed: FrameSeed,
    limit: u32,
    /// Where the next frame begins.
    offset: u32,
    window: Window,
}

impl Log {
    /// The frames of a segment that is not appended to any more. Should it be retired meanwhile, they end.
    ///
    /// # Errors
    /// `NotFound` when there is no such segment, others as the disk gives them.
    pub fn frames(&self, segment: u32) -> io::Result<SegmentFrames> {
        let file = self.table.file(segment)?;
        let limit = FoundHeaders::read(&*file, segment)?.limit;
        let seed = FrameSeed::new(self.salt, segment);
        Ok(SegmentFrames { segment, file, seed, limit, offset: SEGMENT_HEADER_BYTES, window: Window::default() })
    }
}

impl SegmentFrames {
    /// Puts the payload of the next whole frame into `payload`, whose content goes, and says where it lies; `None` at the end.
    ///
    /// # Errors
    /// As the disk gives them.
    pub fn next_into(&mut self, payload: &mut Vec<u8>) -> io::Result<Option<Location>> {
        payload.clear();
        let window = std::mem::take(&mut self.window);
        let mut scan = SegmentScan::new(&*self.file, self.seed, self.limit).with_window(window);
        let mut found = None;
        while found.is_none() {
            let at = self.offset;
            match scan.look(at)? {
                Found::Frame { header, payload: bytes } => {
                    payload.extend_from_slice(bytes);
                    found = Some(Location { segment: self.segment, offset: at + FRAME_HEADER_BYTES });
                    self.offset = at.saturating_add(header.frame_bytes());
                }
                Found::BadPayload(header) => self.offset = at.saturating_add(header.frame_bytes()),
                Found::NoHeader { is_end: true } => break,
                Found::NoHeader { is_end: false } => match scan.next_header(at)? {
                    Some(next) => self.offset = next,
                    None => break,
                },
            }
        }
        self.window = scan.into_window();
        Ok(found)
    }
}
