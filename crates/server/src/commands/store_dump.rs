//! `dunlin store dump`: all that a store holds, line by line.

use super::{CommandError, output::span, store::DumpArguments};
use dunlin_broker::decode_delayed;
use dunlin_inbox::{PageEntry, Position, Space, decode_message};
use dunlin_model::{Message, Millis, Qos};
use dunlin_storage::{
    disk::OpenDiskError,
    log::Recovery,
    store::{BodyReader, OpenStoreError, Store, StoreSettings, StoredSession},
};
use serde_json::{Map, Value, json};
use std::fmt::Write as _;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::process::ExitCode;
use std::time::{SystemTime, UNIX_EPOCH};

/// Entries read at a time.
const PAGE_ENTRIES: usize = 1024;

/// Prints a store.
pub(super) struct Dump<'a> {
    arguments: &'a DumpArguments,
    store: Store,
    bodies: BodyReader,
    output: BufWriter<io::StdoutLock<'static>>,
    now: Millis,
    /// Something could not be read.
    is_damaged: bool,
}

impl<'a> Dump<'a> {
    /// Prints the store in a data folder.
    pub(super) fn of(data_dir: &Path, arguments: &'a DumpArguments) -> Result<ExitCode, CommandError> {
        let folder = data_dir.join("store");
        if !folder.join("log").is_dir() {
            let message = format!("there is no store of durable sessions in the data folder {}", data_dir.display());
            return Err(CommandError::NoStore(message));
        }
        let scratch = tempfile::Builder::new().prefix("dunlin-dump-").tempdir()?;
        let opened = Store::open_frozen(&folder, scratch.path(), StoreSettings::default());
        let (store, recovery) = opened.map_err(|error| match error {
            OpenStoreError::Disk(OpenDiskError::InUse { .. }) => CommandError::NoStore(format!(
                "a broker runs on the data folder {}: stop it first, or ask it with `dunlin ctl store info`",
                data_dir.display()
            )),
            error => error.into(),
        })?;
        let bodies = store.body_reader();
        let output = BufWriter::new(io::stdout().lock());
        let mut dump = Self { arguments, store, bodies, output, now: now(), is_damaged: false };
        dump.recovery(&recovery);
        dump.sessions()?;
        if arguments.session.is_none() {
            dump.retained()?;
            dump.delayed()?;
        }
        dump.output.flush()?;
        Ok(if dump.is_damaged { ExitCode::FAILURE } else { ExitCode::SUCCESS })
    }

    /// Damage goes to standard error: the output is what is there.
    fn recovery(&mut self, recovery: &Recovery) {
        if let Some(cut) = &recovery.cut {
            eprintln!("dunlin: the log has a torn end at {}, which the next start cuts off", cut.at);
        }
        for lost in &recovery.quarantined {
            self.complain(&format!("{} damaged bytes of the log at {}", lost.bytes, lost.at));
        }
        for missing in &recovery.missing {
            self.complain(&format!("the log segments {} to {} are missing", missing.start(), missing.end()));
        }
    }

    fn complain(&mut self, what: &str) {
        eprintln!("dunlin: {what}");
        self.is_damaged = true;
    }

    fn sessions(&mut self) -> Result<(), CommandError> {
        let wanted = self.arguments.session.as_deref();
        let mut sessions = Vec::new();
        self.store.sessions(&mut |stored| {
            if wanted.is_none_or(|wanted| stored.record.client_id.as_str() == wanted) {
                sessions.push(stored);
            }
        })?;
        if sessions.is_empty()
            && let Some(wanted) = wanted
        {
            return Err(CommandError::NoStore(format!("the client `{wanted}` has no durable session")));
        }
        for session in sessions {
            self.session(&session)?;
            self.queue(&session)?;
        }
        Ok(())
    }

    fn session(&mut self, stored: &StoredSession) -> io::Result<()> {
        let StoredSession { number, record, subscriptions, awaiting_release } = stored;
        let queue = self.store.queue_info(*number).unwrap_or_default();
        if self.arguments.json {
            let subscriptions = subscriptions.iter().map(|subscription| {
                json!({
                    "filter": subscription.filter.as_str(),
                    "qos": subscription.options.qos.as_u8(),
                    "no_local": subscription.options.no_local,
                    "retain_as_published": subscription.options.retain_as_published,
                    "retain_handling": subscription.options.retain_handling as u8,
                    "subscription_id": subscription.subscription_id,
                })
            });
            let will = record.will.as_ref().map(|will| {
                let mut facts = self.message_facts(&will.message);
                facts.insert("delay_secs".into(), will.delay_secs.into());
                facts.insert("due_at".into(), will.due_at.into());
                facts
            });
            let line = json!({
                "kind": "session",
                "session": number.0,
                "client_id": record.client_id.as_str(),
                "version": record.version as u8,
                "expiry_secs": record.expiry_secs,
                "connected": record.connected,
                "expires_at": record.expires_at,
                "will": will,
                "subscriptions": subscriptions.collect::<Vec<_>>(),
                "awaiting_release": awaiting_release,
                "queued_messages": queue.len,
                "queued_bytes": queue.bytes,
                "head": queue.head,
                "tail": queue.tail,
                "sent_to": queue.sent_to,
            });
            return writeln!(self.output, "{line}");
        }
        let state = match (record.connected, record.expires_at) {
            (true, _) => "connected when the broker ended".to_owned(),
            (false, None) => "offline, never expires".to_owned(),
            (false, Some(at)) => format!("offline, expires {}", self.when(at)),
        };
        let (client_id, version) = (record.client_id.as_str(), record.version as u8);
        writeln!(self.output, "session {number} client {client_id:?} protocol level {version}, {state}")?;
        for subscription in subscriptions {
            let options = subscription.options;
            write!(self.output, "  subscription {:?} qos {}", subscription.filter.as_str(), options.qos.as_u8())?;
            if subscription.subscription_id != 0 {
                write!(self.output, " identifier {}", subscription.subscription_id)?;
            }
            writeln!(self.output)?;
        }
        if !awaiting_release.is_empty() {
            writeln!(self.output, "  waits for PUBREL of packet identifiers {awaiting_release:?}")?;
        }
        if let Some(will) = &record.will {
            let due = will.due_at.map_or(String::new(), |at| format!(", published {}", self.when(at)));
            let text = self.message_text(&will.message);
            writeln!(self.output, "  will {text}{due}")?;
        }
        let (len, bytes) = (queue.len, queue.bytes);
        let (head, tail, sent_to) = (queue.head, queue.tail, queue.sent_to);
        writeln!(self.output, "  queue {len} messages, {bytes} bytes, positions {head} to {tail}, sent below {sent_to}")
    }

    fn queue(&mut self, stored: &StoredSession) -> Result<(), CommandError> {
        let mut from: Option<Position> = None;
        loop {
            let page = self.store.page(stored.number, from, PAGE_ENTRIES, u64::MAX)?;
            for entry in &page.entries {
                self.entry(stored, entry)?;
            }
            if page.at_tail {
                return Ok(());
            }
            from = Some(page.next);
        }
    }

    fn entry(&mut self, stored: &StoredSession, entry: &PageEntry) -> io::Result<()> {
        let message = if entry.received { None } else { Some(self.bodies.read(entry.place)) };
        let (position, qos) = (entry.position, entry.qos.as_u8());
        let message = match message {
            Some(Err(error)) => {
                let PageEntry { place, .. } = entry;
                let client_id = stored.record.client_id.as_str();
                self.complain(&format!(
                    "the message {position} of {client_id:?} at {}:{} cannot be read: {error}",
                    place.segment, place.offset
                ));
                return Ok(());
            }
            Some(Ok(message)) => Some(message),
            None => None,
        };
        if self.arguments.json {
            let mut line = message.as_ref().map(|message| self.message_facts(message)).unwrap_or_default();
            let client_id = stored.record.client_id.as_str();
            for (key, value) in [
                ("kind", json!("queued")),
                ("session", stored.number.0.into()),
                ("client_id", client_id.into()),
                ("position", position.into()),
                ("qos", qos.into()),
                ("retain", entry.retain.into()),
                ("dup", entry.dup.into()),
                ("received", entry.received.into()),
                ("subscription_ids", entry.subscription_ids.as_slice().into()),
                ("shared", entry.shared.as_ref().map(|filter| filter.as_str()).into()),
            ] {
                line.insert(key.into(), value);
            }
            return writeln!(self.output, "{}", Value::Object(line));
        }
        let text = message.map_or_else(|| "received, PUBREL is owed".to_owned(), |message| self.message_text(&message));
        let sent = if entry.dup && !entry.received { " sent" } else { "" };
        writeln!(self.output, "    {position} qos {qos}{sent} {text}")
    }

    fn retained(&mut self) -> Result<(), CommandError> {
        self.values(Space::Retained, |dump, _, value| {
            let Ok(message) = decode_message(value) else { return Ok(false) };
            dump.of_all("retained", &message, None)?;
            Ok(true)
        })
    }

    fn delayed(&mut self) -> Result<(), CommandError> {
        self.values(Space::Delayed, |dump, key, value| {
            let Some((_, due_at, message)) = decode_delayed(key, value) else { return Ok(false) };
            dump.of_all("delayed", &message, Some(due_at))?;
            Ok(true)
        })
    }

    /// Prints what `print` understands of a space; the rest is complained about.
    fn values(
        &mut self,
        space: Space,
        print: impl Fn(&mut Self, &[u8], &[u8]) -> io::Result<bool>,
    ) -> Result<(), CommandError> {
        let mut values = Vec::new();
        self.store.values(space, &mut |key, value| values.push((key.to_vec(), value.to_vec())))?;
        for (key, value) in values {
            if !print(self, &key, &value)? {
                self.complain(&format!("a value of `{}` cannot be read", space.name()));
            }
        }
        Ok(())
    }

    /// A message that belongs to no session.
    fn of_all(&mut self, kind: &str, message: &Message, due_at: Option<Millis>) -> io::Result<()> {
        let qos = message.qos();
        if self.arguments.json {
            let mut line = self.message_facts(message);
            line.insert("kind".into(), kind.into());
            line.insert("qos".into(), qos.as_u8().into());
            if let Some(due_at) = due_at {
                line.insert("due_at".into(), due_at.into());
            }
            return writeln!(self.output, "{}", Value::Object(line));
        }
        let due = due_at.map_or(String::new(), |at| format!(", due {}", self.when(at)));
        let text = self.message_text(message);
        writeln!(self.output, "{kind} qos {} {text}{due}", Qos::as_u8(qos))
    }

    fn message_facts(&self, message: &Message) -> Map<String, Value> {
        let mut facts = Map::new();
        facts.insert("topic".into(), message.topic().into());
        facts.insert("publisher".into(), message.publisher().into());
        facts.insert("received_at".into(), message.received_at().into());
        facts.insert("payload_bytes".into(), message.payload().len().into());
        facts.insert("expiry_secs".into(), message.expiry_secs().into());
        if self.arguments.bodies {
            match std::str::from_utf8(message.payload()) {
                Ok(text) => facts.insert("payload".into(), text.into()),
                Err(_) => facts.insert("payload_hex".into(), hexadecimal(message.payload()).into()),
            };
        }
        facts
    }

    fn message_text(&self, message: &Message) -> String {
        let age = span(self.now.saturating_sub(message.received_at()));
        let mut text = format!("topic {:?}, {} bytes, age {age}", message.topic(), message.payload().len());
        if self.arguments.bodies {
            match std::str::from_utf8(message.payload()) {
                Ok(payload) => text += &format!(", payload {payload:?}"),
                Err(_) => text += &format!(", payload 0x{}", hexadecimal(message.payload())),
            }
        }
        text
    }

    fn when(&self, at: Millis) -> String {
        match at.checked_sub(self.now) {
            Some(left) => format!("in {}", span(left)),
            None => format!("{} ago", span(self.now - at)),
        }
    }
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[expect(clippy::disallowed_methods, reason = "ages of messages are told relative to the moment of the command")]
fn now() -> Millis {
    let since_epoch = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since_epoch.as_millis()).unwrap_or(u64::MAX)
}
