//! How changes and snapshots are written. Lengths and numbers are four bytes, the lowest first.
//!
//! ```text
//! frame     = version, kind, body
//! batch     = steps                    kind 1
//! part      = number, steps            kind 2: a part of a snapshot, counted from 0
//! end       = number of parts          kind 3: the parts before it are a whole snapshot
//! step      = 1, length, table         the steps that follow are about this table
//!           | 2, length, key, length, value
//!           | 3, length, key           the key goes
//!           | 4                        all keys go
//! ```

/// Format of everything below.
pub(super) const FORMAT: u8 = 1;

const TABLE: u8 = 1;
const SET: u8 = 2;
const REMOVE: u8 = 3;
const CLEAR: u8 = 4;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameKind {
    /// Changes that are made together.
    Batch,
    /// A part of a snapshot.
    Part(u32),
    /// The end of a snapshot that has so many parts.
    End(u32),
}

/// One step of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Step<'a> {
    /// The steps that follow are about this table.
    Table(&'a str),
    /// The key has this value.
    Set(&'a [u8], &'a [u8]),
    /// The key goes.
    Remove(&'a [u8]),
    /// All keys go.
    Clear,
}

/// Why a frame cannot be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FrameError {
    /// It has this format, which is newer.
    Newer(u8),
    /// It makes no sense.
    Malformed(&'static str),
}

/// A frame that is being written.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct FrameWriter {
    bytes: Vec<u8>,
    /// What the next step is about, unless it says something else.
    table: String,
}

impl FrameWriter {
    pub(super) fn new(kind: FrameKind) -> Self {
        let mut bytes = vec![FORMAT];
        match kind {
            FrameKind::Batch => bytes.push(1),
            FrameKind::Part(number) => {
                bytes.push(2);
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            FrameKind::End(parts) => {
                bytes.push(3);
                bytes.extend_from_slice(&parts.to_le_bytes());
            }
        }
        Self { bytes, table: String::new() }
    }

    pub(super) fn set(&mut self, table: &str, key: &[u8], value: &[u8]) {
        self.begin_step(table, SET);
        self.push(key);
        self.push(value);
    }

    pub(super) fn remove(&mut self, table: &str, key: &[u8]) {
        self.begin_step(table, REMOVE);
        self.push(key);
    }

    pub(super) fn clear(&mut self, table: &str) {
        self.begin_step(table, CLEAR);
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    fn begin_step(&mut self, table: &str, step: u8) {
        if self.table != table {
            table.clone_into(&mut self.table);
            self.bytes.push(TABLE);
            self.push(table.as_bytes());
        }
        self.bytes.push(step);
    }

    /// What is too long for its length is too long for any frame, and no log takes it.
    fn push(&mut self, bytes: &[u8]) {
        self.bytes.extend_from_slice(&u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_le_bytes());
        self.bytes.extend_from_slice(bytes);
    }
}

/// Reads the head of a frame; its steps are what is left.
pub(super) fn read_frame(frame: &[u8]) -> Result<(FrameKind, Steps<'_>), FrameError> {
    let mut rest = Steps { rest: frame };
    let format = rest.byte()?;
    if format != FORMAT {
        return Err(FrameError::Newer(format));
    }
    let kind = match rest.byte()? {
        1 => FrameKind::Batch,
        2 => FrameKind::Part(rest.number()?),
        3 => FrameKind::End(rest.number()?),
        _ => return Err(FrameError::Malformed("a frame of unknown kind")),
    };
    Ok((kind, rest))
}

/// The steps of a frame, one after the other.
#[derive(Clone, Debug)]
pub(super) struct Steps<'a> {
    rest: &'a [u8],
}

impl<'a> Steps<'a> {
    fn next_step(&mut self) -> Result<Step<'a>, FrameError> {
        Ok(match self.byte()? {
            TABLE => {
                let name = std::str::from_utf8(self.bytes()?);
                Step::Table(name.map_err(|_| FrameError::Malformed("the name of a table is no text"))?)
            }
            SET => Step::Set(self.bytes()?, self.bytes()?),
            REMOVE => Step::Remove(self.bytes()?),
            CLEAR => Step::Clear,
            _ => return Err(FrameError::Malformed("an unknown step")),
        })
    }

    fn byte(&mut self) -> Result<u8, FrameError> {
        let (byte, rest) = self.rest.split_first().ok_or(FrameError::Malformed("a frame is too short"))?;
        self.rest = rest;
        Ok(*byte)
    }

    fn number(&mut self) -> Result<u32, FrameError> {
        let (number, rest) = self.rest.split_first_chunk().ok_or(FrameError::Malformed("a frame is too short"))?;
        self.rest = rest;
        Ok(u32::from_le_bytes(*number))
    }

    fn bytes(&mut self) -> Result<&'a [u8], FrameError> {
        let length = self.number()? as usize;
        let (bytes, rest) = self.rest.split_at_checked(length).ok_or(FrameError::Malformed("a frame is too short"))?;
        self.rest = rest;
        Ok(bytes)
    }
}

impl<'a> Iterator for Steps<'a> {
    type Item = Result<Step<'a>, FrameError>;

    /// Nothing comes behind an error.
    fn next(&mut self) -> Option<Self::Item> {
        if self.rest.is_empty() {
            return None;
        }
        let step = self.next_step();
        if step.is_err() {
            self.rest = &[];
        }
        Some(step)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_batch_looks_like_this() {
        let mut frame = FrameWriter::new(FrameKind::Batch);
        frame.set("t", b"k", b"vw");
        frame.remove("t", b"l");
        frame.clear("u");
        let expected = b"\x01\x01\x01\x01\0\0\0t\x02\x01\0\0\0k\x02\0\0\0vw\x03\x01\0\0\0l\x01\x01\0\0\0u\x04";
        assert_eq!(frame.bytes(), expected);
        let (kind, steps) = read_frame(expected).unwrap();
        assert_eq!(kind, FrameKind::Batch);
        let steps = steps.collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(
            steps,
            [Step::Table("t"), Step::Set(b"k", b"vw"), Step::Remove(b"l"), Step::Table("u"), Step::Clear]
        );
    }

    #[test]
    fn what_is_newer_or_makes_no_sense_is_refused() {
        assert_eq!(read_frame(&[FORMAT + 1, 9]).err(), Some(FrameError::Newer(FORMAT + 1)));
        for frame in [&[][..], &[1], &[1, 4], &[1, 2, 0, 0, 0]] {
            assert!(matches!(read_frame(frame), Err(FrameError::Malformed(_))), "{frame:?}");
        }
        for steps in [&[0][..], &[5], &[1, 1, 0, 0, 0, 0xff], &[3, 9, 0, 0, 0, 1], &[2, 0, 0, 0, 0]] {
            let frame = [&[1, 1], steps].concat();
            let mut steps = read_frame(&frame).unwrap().1;
            assert!(matches!(steps.next(), Some(Err(FrameError::Malformed(_)))), "{frame:?}");
            assert_eq!(steps.next(), None);
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(frame in prop::collection::vec(any::<u8>(), 0..64)) {
            if let Ok((_, steps)) = read_frame(&frame) {
                prop_assert!(steps.count() <= frame.len());
            }
        }
    }
}
