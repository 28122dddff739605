//! A chunk as a value of the key-value store.
//!
//! ```text
//! format version   1 byte, 1
//! first            1 byte: the first position in the chunk that has an entry here
//! filters          count, shared filters: UTF-8 behind its length
//! lists            count, lists of subscription identifiers: count, identifiers
//! entries          count, entries:
//!   tag            1 byte: bits 0-1 state (0 closed, 1 waiting, 2 received), 2 QoS 2, 3 RETAIN, 4 identifier,
//!                  5 the identifier is the index of a list, 6 shared filter, 7 QoS 0
//!   place          segment, offset, length; only when waiting
//!   identifier     only with bit 4 or 5
//!   filter         index; only with bit 6
//! ```
//! Integers are LEB128. A closed entry is one byte; those at both ends are left out.

use super::{Body, CHUNK_LEN, Rare};
use crate::{
    DecodeError, Place,
    command::read_subscription_ids,
    entry::{Entry, Flags, State},
    wire::{Reader, put_bytes, put_place, put_varint},
};
use dunlin_model::ArcStr;

const FORMAT: u8 = 1;

const STATE_MASK: u8 = 0b11;
const FLAGS_SHIFT: u8 = 2;
const IDENTIFIER: u8 = 1 << 4;
const LIST: u8 = 1 << 5;
const SHARED: u8 = 1 << 6;
const QOS_0: u8 = 1 << 7;

impl Body {
    /// The stored form.
    pub(crate) fn value(&self) -> Vec<u8> {
        let skipped = self.entries.iter().take_while(|entry| !entry.is_open()).count();
        let behind = self.entries.iter().rev().take_while(|entry| !entry.is_open()).count();
        let entries = self.entries.get(skipped..self.entries.len() - behind).unwrap_or_default();
        let mut out = Vec::with_capacity(16 + entries.len() * 12);
        out.push(FORMAT);
        out.push((usize::from(self.first) + skipped) as u8);
        let none = Rare::default();
        let rare = self.rare.as_deref().unwrap_or(&none);
        put_varint(&mut out, rare.shared_filters.len() as u64);
        for filter in &rare.shared_filters {
            put_bytes(&mut out, filter.as_bytes());
        }
        put_varint(&mut out, rare.id_lists.len() as u64);
        for list in &rare.id_lists {
            put_varint(&mut out, list.as_slice().len() as u64);
            list.as_slice().iter().for_each(|&id| put_varint(&mut out, u64::from(id)));
        }
        put_varint(&mut out, entries.len() as u64);
        for entry in entries {
            put_entry(&mut out, entry);
        }
        out
    }

    /// Reads the stored form.
    pub(crate) fn from_value(value: &[u8]) -> Result<Self, DecodeError> {
        let mut reader = Reader::versioned(value, FORMAT)?;
        let first = u16::from(reader.byte()?);
        let mut rare = Rare::default();
        for _ in 0..few(reader.count(1)?)? {
            rare.shared_filters.push(ArcStr::from(reader.text()?));
        }
        for _ in 0..few(reader.count(2)?)? {
            rare.id_lists.push(read_subscription_ids(&mut reader)?);
        }
        let count = reader.count(1)?;
        if usize::from(first) + count > CHUNK_LEN as usize {
            return Err(DecodeError::Invalid("number of entries"));
        }
        let entries = (0..count).map(|_| entry(&mut reader, &rare)).collect::<Result<_, _>>()?;
        reader.finish()?;
        let rare = (rare != Rare::default()).then(|| Box::new(rare));
        Ok(Self { first, entries, rare })
    }
}

fn put_entry(out: &mut Vec<u8>, entry: &Entry) {
    if !entry.is_open() {
        out.push(0);
        return;
    }
    let has_list = entry.flags.has(Flags::LIST);
    let mut tag = entry.state as u8 | (entry.flags.0 & (Flags::QOS_2 | Flags::RETAIN)) << FLAGS_SHIFT;
    if has_list {
        tag |= LIST;
    } else if entry.ids != 0 {
        tag |= IDENTIFIER;
    }
    if entry.shared != 0 {
        tag |= SHARED;
    }
    if entry.flags.has(Flags::QOS_0) {
        tag |= QOS_0;
    }
    out.push(tag);
    if entry.is_waiting() {
        put_place(out, entry.place);
    }
    if tag & (IDENTIFIER | LIST) != 0 {
        put_varint(out, u64::from(entry.ids));
    }
    if entry.shared != 0 {
        put_varint(out, u64::from(entry.shared - 1));
    }
}

fn entry(reader: &mut Reader<'_>, rare: &Rare) -> Result<Entry, DecodeError> {
    let tag = reader.byte()?;
    let state = match tag & STATE_MASK {
        0 if tag == 0 => return Ok(Entry::CLOSED),
        1 => State::Waiting,
        2 => State::Received,
        _ => return Err(DecodeError::Invalid("state of an entry")),
    };
    let place = if state == State::Waiting { reader.place()? } else { Place::default() };
    let mut flags = tag >> FLAGS_SHIFT & (Flags::QOS_2 | Flags::RETAIN);
    if tag & QOS_0 != 0 {
        if flags & Flags::QOS_2 != 0 {
            return Err(DecodeError::Invalid("quality of service"));
        }
        flags |= Flags::QOS_0;
    }
    let ids = match tag & (IDENTIFIER | LIST) {
        0 => 0,
        IDENTIFIER => reader.varint_u32()?,
        LIST => {
            flags |= Flags::LIST;
            index(reader, rare.id_lists.len())?
        }
        _ => return Err(DecodeError::Invalid("subscription identifiers")),
    };
    let shared = if tag & SHARED == 0 { 0 } else { 1 + index(reader, rare.shared_filters.len())? };
    Ok(Entry { place, ids, shared: shared as u16, state, flags: Flags(flags) })
}

fn index(reader: &mut Reader<'_>, len: usize) -> Result<u32, DecodeError> {
    let index = reader.varint_u32()?;
    if (index as usize) < len { Ok(index) } else { Err(DecodeError::Invalid("index in a chunk")) }
}

/// A chunk never has more different lists or filters than positions.
fn few(count: usize) -> Result<usize, DecodeError> {
    if count <= CHUNK_LEN as usize { Ok(count) } else { Err(DecodeError::Invalid("number of lists or filters")) }
}
