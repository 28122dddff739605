//! Compressed messages (RFC 7692 §7.2): raw DEFLATE, flushed, without the flush's last four bytes.

use crate::deflate_agreement::DeflateAgreement;
use crate::{DeflateLevel, DeflateOptions, DeflateStrategy, Violation};
use zlib_rs::{Deflate, DeflateConfig, DeflateFlush, Inflate, InflateFlush, Status, Strategy};

/// What ends each flush, and is left out of a message.
pub(crate) const TAIL: [u8; 4] = [0, 0, 0xff, 0xff];

/// Unpacks messages.
pub(crate) struct Inflater {
    state: Option<Inflate>,
    window_bits: u8,
    keeps_context: bool,
}

impl Inflater {
    pub(crate) fn new(agreement: &DeflateAgreement) -> Self {
        // A client may compress with 9 where 8 was agreed upon: no zlib does less.
        let window_bits = agreement.client_window_bits.max(9);
        Self { state: None, window_bits, keeps_context: agreement.client_keeps_context }
    }

    /// Unpacks from `input` to `output`, as far as there is room; the bytes taken and made. `(0, 0)` means that there is
    /// nothing more without more input.
    pub(crate) fn inflate(&mut self, input: &[u8], output: &mut [u8]) -> Result<(usize, usize), Violation> {
        let window_bits = self.window_bits;
        let state = self.state.get_or_insert_with(|| Inflate::new(false, window_bits));
        let before = (state.total_in(), state.total_out());
        let status = state.decompress(input, output, InflateFlush::SyncFlush).map_err(|_| Violation::Compression)?;
        let taken = difference(state.total_in(), before.0);
        let made = difference(state.total_out(), before.1);
        if status == Status::StreamEnd {
            // A last block may come before the end of a message (§7.2.3.4); what follows begins anew, which takes a byte.
            state.reset(false);
            if taken == 0 && made == 0 && !input.is_empty() {
                return self.inflate(input, output);
            }
        }
        Ok((taken, made))
    }

    pub(crate) fn end_message(&mut self) {
        if !self.keeps_context {
            self.state = None;
        }
    }
}

/// Compresses messages.
pub(crate) struct Deflater {
    state: Option<Deflate>,
    config: DeflateConfig,
    keeps_context: bool,
}

impl Deflater {
    pub(crate) fn new(agreement: &DeflateAgreement, options: &DeflateOptions) -> Self {
        let config = DeflateConfig {
            level: match options.level {
                DeflateLevel::None => 0,
                DeflateLevel::Default => 6,
                DeflateLevel::BestCompression => 9,
                DeflateLevel::BestSpeed => 1,
            },
            // Negative: without the header of zlib.
            window_bits: -i32::from(agreement.server_window_bits),
            mem_level: i32::from(options.mem_level.clamp(1, 9)),
            strategy: match options.strategy {
                DeflateStrategy::Default => Strategy::Default,
                DeflateStrategy::Filtered => Strategy::Filtered,
                DeflateStrategy::HuffmanOnly => Strategy::HuffmanOnly,
                DeflateStrategy::Rle => Strategy::Rle,
            },
            ..DeflateConfig::default()
        };
        Self { state: None, config, keeps_context: agreement.server_keeps_context }
    }

    /// Compresses a message; `None` should the compressor fail, which only a lack of memory could make it do.
    pub(crate) fn deflate(&mut self, message: &[u8]) -> Option<Vec<u8>> {
        let config = self.config;
        let state = self.state.get_or_insert_with(|| Deflate::new_with_config(config));
        let mut rest = message;
        let mut out = Vec::new();
        loop {
            let at = out.len();
            // Room for a message that does not get smaller, so that one round is enough.
            out.resize(at + rest.len() + rest.len() / 8 + 64, 0);
            let room = out.get_mut(at..)?;
            let room_length = room.len();
            let before = (state.total_in(), state.total_out());
            state.compress(rest, room, DeflateFlush::SyncFlush).ok()?;
            rest = rest.get(difference(state.total_in(), before.0)..)?;
            let made = difference(state.total_out(), before.1);
            out.truncate(at + made);
            // Room that is left means that the flush is complete.
            if rest.is_empty() && made < room_length {
                break;
            }
        }
        if !self.keeps_context {
            self.state = None;
        }
        out.ends_with(&TAIL).then(|| out.truncate(out.len() - TAIL.len()))?;
        Some(out)
    }
}

fn difference(after: u64, before: u64) -> usize {
    usize::try_from(after.saturating_sub(before)).unwrap_or(usize::MAX)
}
