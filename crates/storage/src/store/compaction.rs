//! Compaction: log segments of which little is needed are emptied, so that the next checkpoint frees them.
//!
//! A segment stays as long as any queue entry needs a message in it, so one old message for a client that is away would
//! keep all of it. Compaction writes such messages once more at the end of the log ([`Command::Relocate`]). It works in
//! steps of bounded size between the commits of others: nobody waits for its writes, and a crash in the middle loses
//! nothing, since the old place stays until a checkpoint knows the new one.
//!
//! First the frames of the segment are gone through: each names the message and the entries it was queued for. Entries that
//! went to another queue afterwards (`MoveGroup`) are not found that way; should references be left, all queues are looked at.

use super::{BodyReader, Store, StoreError};
use crate::log::{Location, SegmentFrames};
use dunlin_inbox::{Command, PageEntry, Place, Position, SessionNumber};
use dunlin_model::Message;
use std::collections::BTreeMap;
use std::io;

/// What loading a part of a queue counts as in a step, in bytes.
const CHUNK_COST_BYTES: usize = 4096;

/// What looking at one entry counts as in a step, in bytes.
const ENTRY_COST_BYTES: usize = 32;

/// Entries of a queue that are looked at together.
const PAGE_ENTRIES: usize = 256;

/// How much is done to free space.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompactEffort {
    /// Segments of which less than a quarter is needed.
    Background,
    /// Segments of which less than half is needed: space is short, or somebody asked.
    Thorough,
    /// Segments of which less than seven eighths are needed: otherwise messages would have to be dropped.
    Utmost,
}

/// What came of a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CompactStep {
    /// No segment is worth the work.
    Idle,
    /// There is more to do.
    Working,
    /// Nothing in this segment is needed any more: the next checkpoint frees it.
    Emptied(u32),
}

/// Where compaction stands. Nothing of it outlives the process: a segment that is half emptied is begun again.
#[derive(Default)]
pub(super) struct Compaction {
    job: Option<Job>,
    /// Segments that were tried in vain, with the bytes needed of them then.
    tried: BTreeMap<u32, u64>,
}

/// A segment that is being emptied.
struct Job {
    segment: u32,
    /// Live bytes are counted first: the segment is emptied if they are less than this.
    counting: Option<Counting>,
    stage: Stage,
    /// Messages to be written at the end of the step.
    moves: Vec<Command>,
}

#[derive(Clone, Copy)]
struct Counting {
    bytes: u64,
    below_bytes: u64,
}

enum Stage {
    Frames(Box<FrameStage>),
    Queues(Box<QueueStage>),
}

struct FrameStage {
    frames: SegmentFrames,
    /// Payload of the frame in hand.
    frame: Vec<u8>,
    /// Where it lies.
    at: Location,
    /// Bytes of it that are done.
    used: usize,
    /// The message in hand.
    candidate: Option<Candidate>,
}

/// A message of the segment, while it is found out who needs it.
struct Candidate {
    message: Message,
    place: Place,
    entries: Vec<(SessionNumber, Position)>,
    /// Entries that were looked at.
    seen: usize,
    live: Vec<(SessionNumber, Position)>,
}

struct QueueStage {
    /// Sessions to look at.
    sessions: Vec<SessionNumber>,
    /// Where to go on in the queue of the last of them.
    from: Position,
    bodies: BodyReader,
}

impl Job {
    fn begin(store: &Store, segment: u32, counting: Option<Counting>) -> Result<Self, StoreError> {
        let frames = store.log.frames(segment).map_err(StoreError::Read)?;
        let (at, frame) = (Location::START, Vec::new());
        let stage = FrameStage { frames, frame, at, used: 0, candidate: None };
        Ok(Self { segment, counting, stage: Stage::Frames(Box::new(stage)), moves: Vec::new() })
    }
}

impl FrameStage {
    /// The next message of the segment; `None` at the end. What is read is taken off `allowance`.
    fn next(&mut self, allowance: &mut usize) -> io::Result<Option<Candidate>> {
        loop {
            if self.used >= self.frame.len() {
                let Some(at) = self.frames.next_into(&mut self.frame)? else { return Ok(None) };
                (self.at, self.used) = (at, 0);
            }
            let Ok((decoded, length)) = Command::decode(&self.frame[self.used..]) else {
                // Not one of ours; what is needed of it is found in the queues.
                self.used = self.frame.len();
                continue;
            };
            let start = self.used;
            self.used += length;
            *allowance = allowance.saturating_sub(length);
            let (message, entries) = match decoded.command {
                Command::Queue { message, recipients, .. } => {
                    let entries = recipients.into_iter().map(|recipient| (recipient.session, recipient.position));
                    (message, entries.collect())
                }
                Command::Relocate { message, entries, .. } => (message, entries),
                _ => continue,
            };
            let Some(stored) = decoded.stored else { continue };
            let place = super::place_in(self.at, start + stored.start..start + stored.end);
            return Ok(Some(Candidate { message, place, entries, seen: 0, live: Vec::new() }));
        }
    }
}

impl Store {
    /// Does a part of the work of emptying segments: reads or writes about `max_bytes`, or one message if it is larger. Not
    /// while a frame is open.
    ///
    /// # Errors
    /// [`StoreError::NoSpace`]: try again when there is space. [`StoreError::Read`]: the segment cannot be read, and is left
    /// alone. Others as [`Store::append`] and [`Store::push`].
    pub fn compact_step(&mut self, effort: CompactEffort, max_bytes: usize) -> Result<CompactStep, StoreError> {
        let job = match self.compaction.job.take() {
            Some(job) => Some(job),
            None => self.choose_segment(effort)?,
        };
        let Some(mut job) = job else { return Ok(CompactStep::Idle) };
        let mut allowance = max_bytes;
        let mut is_over = self.inbox.live_references(job.segment) == 0;
        while allowance > 0 && !is_over {
            is_over = match self.work_on(&mut job, &mut allowance) {
                Ok(is_over) => is_over,
                Err(error) => {
                    self.give_up(job.segment);
                    return Err(error);
                }
            };
        }
        if let Err(error) = self.write_moves(&mut job.moves) {
            self.compaction.job = Some(job);
            return Err(error);
        }
        if self.inbox.live_references(job.segment) == 0 {
            return Ok(CompactStep::Emptied(job.segment));
        }
        if is_over {
            self.next_stage(job)?;
        } else {
            self.compaction.job = Some(job);
        }
        Ok(CompactStep::Working)
    }

    /// The segment of which least is needed, if that is worth it.
    fn choose_segment(&mut self, effort: CompactEffort) -> Result<Option<Job>, StoreError> {
        let current = self.log.end().segment;
        let segments = self.log.segments();
        let exists = |number: u32| segments.binary_search_by_key(&number, |segment| segment.number).is_ok();
        self.compaction.tried.retain(|number, _| exists(*number));
        let sealed = segments.iter().filter(|segment| segment.number < current && segment.bytes > 0);
        let best = sealed
            .filter(|segment| self.inbox.live_references(segment.number) > 0)
            .map(|segment| (segment, self.inbox.live_bytes_max(segment.number)))
            .filter(|(segment, live)| {
                // One that was tried in vain is tried again when there is a good deal less in it.
                self.compaction.tried.get(&segment.number).is_none_or(|tried| *live < tried / 4 * 3)
            })
            .min_by_key(|(segment, live)| u128::from(*live) * 1000 / u128::from(segment.bytes));
        let Some((segment, live)) = best else { return Ok(None) };
        let below_bytes = match effort {
            CompactEffort::Background => segment.bytes / 4,
            CompactEffort::Thorough => segment.bytes / 2,
            CompactEffort::Utmost => segment.bytes / 8 * 7,
        };
        let counting = if live < below_bytes {
            None
        } else if effort != CompactEffort::Background && live > segment.bytes {
            // Messages are in several queues and were counted once for each: only a look tells.
            Some(Counting { bytes: 0, below_bytes })
        } else {
            return Ok(None);
        };
        let number = segment.number;
        let job = Job::begin(self, number, counting).inspect_err(|_| self.give_up(number));
        job.map(Some)
    }

    fn give_up(&mut self, segment: u32) {
        let live = self.inbox.live_bytes_max(segment);
        self.compaction.tried.insert(segment, live);
    }

    /// Whether the stage is over.
    fn work_on(&mut self, job: &mut Job, allowance: &mut usize) -> Result<bool, StoreError> {
        match &mut job.stage {
            Stage::Queues(stage) => self.work_on_queue(job.segment, stage, &mut job.moves, allowance),
            Stage::Frames(stage) => {
                let mut candidate = match stage.candidate.take() {
                    Some(candidate) => candidate,
                    None => match stage.next(allowance).map_err(StoreError::Read)? {
                        Some(candidate) => candidate,
                        None => return Ok(true),
                    },
                };
                if !self.find_live(&mut candidate, allowance)? {
                    stage.candidate = Some(candidate);
                    return Ok(false);
                }
                let Candidate { message, place, live, .. } = candidate;
                if live.is_empty() {
                    return Ok(false);
                }
                if let Some(counting) = &mut job.counting {
                    counting.bytes += u64::from(place.len);
                } else {
                    *allowance = allowance.saturating_sub(place.len as usize);
                    job.moves.push(Command::Relocate { message, from: place, entries: live });
                }
                Ok(false)
            }
        }
    }

    /// Finds out which entries still need a message. Whether all were looked at.
    fn find_live(&mut self, candidate: &mut Candidate, allowance: &mut usize) -> Result<bool, StoreError> {
        while let Some(&(session, position)) = candidate.entries.get(candidate.seen) {
            match self.inbox.live_place(session, position) {
                Ok(place) => {
                    if place == Some(candidate.place) {
                        candidate.live.push((session, position));
                    }
                    candidate.seen += 1;
                    *allowance = allowance.saturating_sub(ENTRY_COST_BYTES);
                }
                Err(chunk) => {
                    self.inbox.load_chunk(chunk)?;
                    *allowance = allowance.saturating_sub(CHUNK_COST_BYTES);
                }
            }
            if *allowance == 0 {
                break;
            }
        }
        Ok(candidate.seen == candidate.entries.len())
    }

    /// Looks at a part of a queue for messages of the segment.
    fn work_on_queue(
        &mut self,
        segment: u32,
        stage: &mut QueueStage,
        moves: &mut Vec<Command>,
        allowance: &mut usize,
    ) -> Result<bool, StoreError> {
        let Some(&session) = stage.sessions.last() else { return Ok(true) };
        *allowance = allowance.saturating_sub(ENTRY_COST_BYTES);
        if !self.has_queued(session) {
            (stage.from, _) = (0, stage.sessions.pop());
            return Ok(false);
        }
        let page = self.page(session, Some(stage.from), PAGE_ENTRIES, u64::MAX)?;
        *allowance = allowance.saturating_sub(CHUNK_COST_BYTES + page.entries.len() * ENTRY_COST_BYTES);
        stage.from = page.next;
        let is_wanted = |entry: &&PageEntry| !entry.received && entry.place.segment == segment;
        for entry in page.entries.iter().filter(is_wanted) {
            // A message that cannot be read stays: whoever it is for is told of the loss.
            if let Ok(message) = stage.bodies.read(entry.place) {
                let entries = vec![(session, entry.position)];
                moves.push(Command::Relocate { message, from: entry.place, entries });
            }
            *allowance = allowance.saturating_sub(entry.place.len as usize);
            if *allowance == 0 && entry.position + 1 < page.next {
                stage.from = entry.position + 1;
                return Ok(false);
            }
        }
        if page.at_tail {
            (stage.from, _) = (0, stage.sessions.pop());
        }
        Ok(false)
    }

    /// Writes messages to the end of the log, in one frame.
    fn write_moves(&mut self, moves: &mut Vec<Command>) -> Result<(), StoreError> {
        if moves.is_empty() {
            return Ok(());
        }
        self.begin(moves.iter().map(Command::encoded_len_max).sum())?;
        for command in moves.iter() {
            self.push(command)?;
        }
        moves.clear();
        self.append()
    }

    /// A stage is over and messages of the segment are still needed.
    fn next_stage(&mut self, job: Job) -> Result<(), StoreError> {
        let Job { segment, counting, stage, .. } = job;
        match (counting, stage) {
            (Some(counting), _) if counting.bytes < counting.below_bytes => {
                self.compaction.job = Some(Job::begin(self, segment, None)?);
            }
            (None, Stage::Frames(_)) => {
                let stage =
                    QueueStage { sessions: self.inbox.sessions().collect(), from: 0, bodies: self.body_reader() };
                self.compaction.job =
                    Some(Job { segment, counting, stage: Stage::Queues(Box::new(stage)), moves: Vec::new() });
            }
            _ => self.give_up(segment),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
