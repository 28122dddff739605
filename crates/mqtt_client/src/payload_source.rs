//! What is published: one payload so many times, or the lines of standard input.

use crate::{ClientError, clock};
use std::io::{self, Read as _, Stdin};
use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::{Duration, Instant};

/// Bytes of the largest payload there is.
const PAYLOAD_BYTES_MAX: usize = 256 << 20;

/// Bytes that are read of standard input at once.
const READ_BYTES: usize = 64 << 10;

/// What is published.
#[derive(Debug)]
pub struct PayloadSource(Source);

#[derive(Debug)]
enum Source {
    Repeated { payload: Vec<u8>, left: u32, interval: Duration, next: Option<Instant> },
    Lines { input: Stdin, unread: Vec<u8>, searched: usize, has_ended: bool },
}

/// What there is to publish just now.
pub(crate) enum Next {
    Payload(Vec<u8>),
    /// Not before.
    At(Instant),
    /// When standard input can be read.
    Input,
    End,
}

impl PayloadSource {
    /// One payload, `count` times, with this much time from one to the next.
    #[must_use]
    pub const fn repeated(payload: Vec<u8>, count: u32, interval: Duration) -> Self {
        Self(Source::Repeated { payload, left: count, interval, next: None })
    }

    /// Each line of standard input, without its end.
    #[must_use]
    pub fn lines() -> Self {
        Self(Source::Lines { input: io::stdin(), unread: Vec::new(), searched: 0, has_ended: false })
    }

    pub(crate) fn input(&self) -> Option<BorrowedFd<'_>> {
        match &self.0 {
            Source::Lines { input, has_ended: false, .. } => Some(input.as_fd()),
            _ => None,
        }
    }

    pub(crate) fn next(&mut self) -> Result<Next, ClientError> {
        match &mut self.0 {
            Source::Repeated { left: 0, .. } => Ok(Next::End),
            Source::Repeated { payload, left, interval, next } => {
                let now = clock::now();
                match *next {
                    Some(due) if due > now => return Ok(Next::At(due)),
                    _ => *next = Some(now + *interval),
                }
                *left -= 1;
                Ok(Next::Payload(if *left == 0 { std::mem::take(payload) } else { payload.clone() }))
            }
            Source::Lines { unread, searched, has_ended, .. } => {
                let found = unread.get(*searched..).and_then(|new| new.iter().position(|&byte| byte == b'\n'));
                let Some(end) = found.map(|at| *searched + at) else {
                    *searched = unread.len();
                    return Ok(match (*has_ended, unread.is_empty()) {
                        (false, _) => Next::Input,
                        (true, true) => Next::End,
                        (true, false) => Next::Payload(std::mem::take(unread)),
                    });
                };
                let mut line: Vec<u8> = unread.drain(..=end).collect();
                line.pop();
                if line.last() == Some(&b'\r') {
                    line.pop();
                }
                *searched = 0;
                Ok(Next::Payload(line))
            }
        }
    }

    /// Reads what is there, when [`Next::Input`] was asked for and came.
    pub(crate) fn read(&mut self) -> Result<(), ClientError> {
        let Source::Lines { input, unread, has_ended, .. } = &mut self.0 else { return Ok(()) };
        let failed = |source| ClientError::Unreadable { path: "standard input".to_owned(), source };
        let had = unread.len();
        if had > PAYLOAD_BYTES_MAX {
            return Err(ClientError::TooLarge("a line of standard input has more than 256 MiB".to_owned()));
        }
        unread.resize(had + READ_BYTES, 0);
        let count = input.lock().read(unread.get_mut(had..).unwrap_or_default());
        unread.truncate(had + *count.as_ref().unwrap_or(&0));
        match count {
            Ok(0) => *has_ended = true,
            Ok(_) => {}
            Err(error) if matches!(error.kind(), io::ErrorKind::Interrupted | io::ErrorKind::WouldBlock) => {}
            Err(error) => return Err(failed(error)),
        }
        Ok(())
    }
}
