//! UTF-8 text as MQTT understands it (MQTT 5.0 §1.5.4).

use crate::error::DecodeError;

/// Checks the bytes of a text field.
///
/// Ill-formed UTF-8, surrogates and overlong forms included, is refused [MQTT-1.5.4-1], and so is U+0000 [MQTT-1.5.4-2].
/// A byte order mark is text like any other [MQTT-1.5.4-3]. The other control characters (U+0001 to U+001F, U+007F to
/// U+009F), which a receiver may refuse, are refused where `strict`.
#[inline]
pub(crate) fn check(bytes: &[u8], strict: bool) -> Result<&str, DecodeError> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(DecodeError::InvalidUtf8) };
    if may_hold_control(bytes) { check_characters(text, strict) } else { Ok(text) }
}

/// Whether a byte lies below 0x20, or is 0x7F, or 0xC2, which leads every character from U+0080 to U+00BF. Eight bytes at a
/// time, without branches: every message comes through here.
#[inline]
fn may_hold_control(bytes: &[u8]) -> bool {
    // The last word overlaps the one before it, instead of a loop over what is left.
    if let Some(last) = bytes.last_chunk::<8>() {
        let (words, _) = bytes.as_chunks::<8>();
        words.iter().fold(suspects(*last), |found, word| found | suspects(*word)) != 0
    } else if let (Some(&[a, b, c, d]), Some(&[e, f, g, h])) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        suspects([a, b, c, d, e, f, g, h]) != 0
    } else {
        bytes.iter().any(|&byte| byte < 0x20 || byte == 0x7F || byte == 0xC2)
    }
}

/// Not 0 where one of eight bytes is suspect.
#[inline]
const fn suspects(bytes: [u8; 8]) -> u64 {
    const ONES: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = 0x80 * ONES;
    let word = u64::from_le_bytes(bytes);
    let (delete, c2) = (word ^ (0x7F * ONES), word ^ (0xC2 * ONES));
    // `x - n` borrows into the high bit of a byte that was below `n`, and had that bit not set before; a borrow from the byte
    // below it may add to a hit, but never makes the first one.
    let below_space = word.wrapping_sub(0x20 * ONES) & !word;
    let is_delete = delete.wrapping_sub(ONES) & !delete;
    let is_c2 = c2.wrapping_sub(ONES) & !c2;
    (below_space | is_delete | is_c2) & HIGH
}

#[cold]
fn check_characters(text: &str, strict: bool) -> Result<&str, DecodeError> {
    for character in text.chars().filter(|character| character.is_control()) {
        if character == '\0' {
            return Err(DecodeError::NullCharacter);
        }
        if strict {
            return Err(DecodeError::ControlCharacter);
        }
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mqtt_1_5_4_1_ill_formed_utf_8_is_refused_in_either_mode() {
        for bytes in [&b"\xED\xA0\x80"[..], b"\xC0\xAF", b"\xE0\x80\xAF", b"\xF4\x90\x80\x80", b"a\xFF", b"\xE2\x82"] {
            for strict in [true, false] {
                assert_eq!(check(bytes, strict), Err(DecodeError::InvalidUtf8), "{bytes:02x?}");
            }
        }
    }

    #[test]
    fn mqtt_1_5_4_2_null_character_is_refused_in_either_mode() {
        for strict in [true, false] {
            assert_eq!(check(b"a\0b", strict), Err(DecodeError::NullCharacter));
            assert_eq!(check(b"\x01\0", false), Err(DecodeError::NullCharacter));
        }
    }

    #[test]
    fn mqtt_1_5_4_3_byte_order_mark_is_kept() {
        assert_eq!(check("\u{FEFF}t".as_bytes(), true), Ok("\u{FEFF}t"));
    }

    #[test]
    fn control_characters_are_refused_only_when_strict() {
        for text in ["\t", "a\u{1F}", "\u{7F}b", "\u{80}", "\u{9F}"] {
            assert_eq!(check(text.as_bytes(), true), Err(DecodeError::ControlCharacter), "{text:?}");
            assert_eq!(check(text.as_bytes(), false), Ok(text));
        }
    }

    #[test]
    fn every_byte_is_judged_the_same_at_every_place() {
        for len in 1..=20 {
            for place in 0..len {
                for byte in 0..=255 {
                    let mut bytes = vec![b'a'; len];
                    bytes[place] = byte;
                    let suspect = byte < 0x20 || byte == 0x7F || byte == 0xC2;
                    assert_eq!(may_hold_control(&bytes), suspect, "{byte:02x} at {place} of {len}");
                }
            }
        }
    }

    #[test]
    fn ordinary_text_passes() {
        for text in ["", " ~", "\u{A0}\u{BF}", "caf\u{E9}/\u{1F980}", "\u{FFFE}"] {
            assert_eq!(check(text.as_bytes(), true), Ok(text));
        }
    }
}
