//! What a trace is about, from when to when, and how it is written.

use crate::calendar;
use dunlin_broker::{PayloadEncoding, PayloadView, Trace, TraceSubject};
use serde::{Deserialize, Serialize};
use std::io;
use std::path::PathBuf;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Minutes a trace lasts where nobody says how long.
pub(super) const MAX_MINUTES_DEFAULT: u64 = 10;

/// The longest a trace may go on from now.
const SPAN_MAX: Duration = Duration::from_secs(7 * 86_400);

/// The longest name.
const NAME_BYTES_MAX: usize = 256;

/// The most of a payload that a trace shows.
const PAYLOAD_BYTES_MAX: usize = 1 << 20;

/// Why a trace is not begun, or not found.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TraceError {
    /// There is one of that name.
    #[error("there is a trace {0} already")]
    NameTaken(String),
    /// One that is not over is about the same.
    #[error("the trace {0} is about the same")]
    SameSubject(String),
    /// There are as many as there may be.
    #[error("there are {0} traces, and there may be no more: delete one")]
    TooMany(usize),
    /// There is none.
    #[error("there is no trace {0}")]
    Unknown(String),
    /// It cannot be as it is said.
    #[error("{0}")]
    Invalid(String),
    /// The disk.
    #[error("cannot write or read the files of traces: {0}")]
    File(#[from] io::Error),
}

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TraceFormatter {
    /// As in a log.
    Text,
    /// As an object a line.
    Json,
}

/// Where a trace is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TraceStatus {
    /// Its time has not come.
    Waiting,
    /// It runs.
    Running,
    /// It is over.
    Stopped,
}

impl TraceStatus {
    /// `running`
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Stopped => "stopped",
        }
    }
}

/// A trace, as somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceDefinition {
    /// A letter, then letters, digits, `-` and `_`.
    pub name: String,
    /// What it is about.
    pub subject: TraceSubject,
    /// From when.
    pub start_at: SystemTime,
    /// Until when.
    pub end_at: SystemTime,
    /// How lines are written.
    pub formatter: TraceFormatter,
    /// How payloads are shown.
    pub payload: PayloadView,
}

/// A trace, and how it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TraceState {
    /// The trace.
    pub definition: TraceDefinition,
    /// Where it is in its life.
    pub status: TraceStatus,
    /// Bytes of its file.
    pub log_bytes: u64,
    /// Its file.
    pub path: PathBuf,
}

impl TraceDefinition {
    /// A trace of ten minutes from now on.
    #[must_use]
    pub fn new(name: impl Into<String>, subject: TraceSubject) -> Self {
        let start_at = calendar::now();
        let end_at = start_at + Duration::from_secs(MAX_MINUTES_DEFAULT * 60);
        let payload = PayloadView { encoding: PayloadEncoding::Text, limit_bytes: 1024 };
        Self { name: name.into(), subject, start_at, end_at, formatter: TraceFormatter::Text, payload }
    }

    pub(super) fn check(&self, now: SystemTime) -> Result<(), TraceError> {
        let invalid = |why: &str| Err(TraceError::Invalid(why.to_owned()));
        let is_name_byte = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_name =
            self.name.bytes().all(is_name_byte) && self.name.starts_with(|first: char| first.is_ascii_alphabetic());
        if !is_name || self.name.len() > NAME_BYTES_MAX {
            return invalid("a name is a letter and up to 255 letters, digits, `-` and `_` behind it");
        }
        if self.end_at <= self.start_at {
            return invalid("end_at has to be later than start_at");
        }
        if self.end_at <= now {
            return invalid("end_at is over already");
        }
        if self.end_at.duration_since(now).is_ok_and(|span| span > SPAN_MAX) {
            return invalid("end_at may be at most 7 days from now");
        }
        if self.payload.limit_bytes > PAYLOAD_BYTES_MAX {
            return invalid("payload_limit is too large");
        }
        match &self.subject {
            TraceSubject::ClientId(id) if id.is_empty() => invalid("the client id is empty"),
            TraceSubject::Topic(filter) if dunlin_topic::validate_filter(filter).is_err() => {
                invalid("this is no topic filter")
            }
            _ => Ok(()),
        }
    }

    pub(super) fn for_workers(&self, number: u64) -> Trace {
        Trace { number, subject: self.subject.clone(), payload: self.payload }
    }
}

/// A trace, as it is kept over a restart.
#[derive(Serialize, Deserialize)]
#[serde(from = "KeptText", into = "KeptText")]
pub(crate) struct Kept {
    pub(crate) definition: TraceDefinition,
    pub(crate) is_stopped: bool,
    /// Its file has ended with a line that says so.
    pub(crate) is_full: bool,
}

impl Kept {
    pub(crate) fn is_over(&self, now: SystemTime) -> bool {
        self.is_stopped || self.definition.end_at <= now
    }

    pub(crate) fn status(&self, now: SystemTime) -> TraceStatus {
        if self.is_over(now) {
            TraceStatus::Stopped
        } else if now < self.definition.start_at {
            TraceStatus::Waiting
        } else {
            TraceStatus::Running
        }
    }
}

impl Clone for Kept {
    fn clone(&self) -> Self {
        Self { definition: self.definition.clone(), ..*self }
    }
}

/// The same in words and numbers.
#[derive(Serialize, Deserialize)]
struct KeptText {
    name: String,
    #[serde(rename = "type")]
    kind: String,
    value: String,
    start_at_secs: u64,
    end_at_secs: u64,
    formatter: TraceFormatter,
    payload_encode: String,
    payload_limit: usize,
    is_stopped: bool,
    #[serde(default)]
    is_full: bool,
}

impl From<Kept> for KeptText {
    fn from(kept: Kept) -> Self {
        let TraceDefinition { name, subject, start_at, end_at, formatter, payload } = kept.definition;
        let (kind, value) = subject_words(&subject);
        let secs = |moment: SystemTime| moment.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        Self {
            name,
            kind: kind.to_owned(),
            value,
            start_at_secs: secs(start_at),
            end_at_secs: secs(end_at),
            formatter,
            payload_encode: encoding_word(payload.encoding).to_owned(),
            payload_limit: payload.limit_bytes,
            is_stopped: kept.is_stopped,
            is_full: kept.is_full,
        }
    }
}

impl From<KeptText> for Kept {
    fn from(text: KeptText) -> Self {
        let moment = |secs: u64| UNIX_EPOCH + Duration::from_secs(secs);
        let subject = subject_of(&text.kind, &text.value).unwrap_or(TraceSubject::ClientId(text.value));
        let encoding = encoding_of(&text.payload_encode).unwrap_or(PayloadEncoding::Hidden);
        let definition = TraceDefinition {
            name: text.name,
            subject,
            start_at: moment(text.start_at_secs),
            end_at: moment(text.end_at_secs),
            formatter: text.formatter,
            payload: PayloadView { encoding, limit_bytes: text.payload_limit },
        };
        Self { definition, is_stopped: text.is_stopped, is_full: text.is_full }
    }
}

/// What a trace is about, in EMQX's words: `clientid`, `topic` or `ip_address`, and which.
pub(crate) fn subject_words(subject: &TraceSubject) -> (&'static str, String) {
    match subject {
        TraceSubject::ClientId(id) => ("clientid", id.clone()),
        TraceSubject::Topic(filter) => ("topic", filter.clone()),
        TraceSubject::Address(address) => ("ip_address", address.to_string()),
    }
}

/// The same the other way round; `client` is what the command line says.
pub(crate) fn subject_of(kind: &str, value: &str) -> Result<TraceSubject, TraceError> {
    match kind {
        "clientid" | "client" => Ok(TraceSubject::ClientId(value.to_owned())),
        "topic" => Ok(TraceSubject::Topic(value.to_owned())),
        "ip_address" => {
            let address = value.parse().map_err(|_| TraceError::Invalid(format!("{value} is no IP address")))?;
            Ok(TraceSubject::Address(address))
        }
        _ => Err(TraceError::Invalid(format!("{kind} cannot be traced: clientid, topic and ip_address can"))),
    }
}

/// `text`, `hex` or `hidden`.
const fn encoding_word(encoding: PayloadEncoding) -> &'static str {
    match encoding {
        PayloadEncoding::Text => "text",
        PayloadEncoding::Hex => "hex",
        PayloadEncoding::Hidden => "hidden",
    }
}

/// The same the other way round.
fn encoding_of(word: &str) -> Option<PayloadEncoding> {
    match word {
        "text" => Some(PayloadEncoding::Text),
        "hex" => Some(PayloadEncoding::Hex),
        "hidden" => Some(PayloadEncoding::Hidden),
        _ => None,
    }
}
