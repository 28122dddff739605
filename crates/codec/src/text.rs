//! UTF-8 text as MQTT understands it (MQTT 5.0 §1.5.4).

use crate::error::DecodeError;
use ascii::AsciiStr;

/// Checks the bytes of a text field.
///
/// Ill-formed UTF-8, surrogates and overlong forms included, is refused [MQTT-1.5.4-1], and so is U+0000 [MQTT-1.5.4-2].
/// A byte order mark is text like any other [MQTT-1.5.4-3]. The other control characters (U+0001 to U+001F, U+007F to
/// U+009F), which a receiver may refuse, are refused where `strict`.
#[inline]
pub(crate) fn check(bytes: &[u8], strict: bool) -> Result<&str, DecodeError> {
    // Every message comes through here, and nearly every topic is plain ASCII. `str::from_utf8` costs a short text three times
    // as much as this look at it and the one `ascii` takes.
    if all(bytes, is_printable_ascii)
        && let Ok(text) = AsciiStr::from_ascii(bytes)
    {
        return Ok(text.as_str());
    }
    check_any(bytes, strict)
}

#[inline(never)]
fn check_any(bytes: &[u8], strict: bool) -> Result<&str, DecodeError> {
    let Ok(text) = std::str::from_utf8(bytes) else { return Err(DecodeError::InvalidUtf8) };
    if all(bytes, is_no_part_of_control) { Ok(text) } else { check_characters(text, strict) }
}

const fn is_printable_ascii(byte: u8) -> bool {
    byte.wrapping_sub(0x20) < 0x5F
}

/// 0xC2 leads every character from U+0080 to U+00BF.
const fn is_no_part_of_control(byte: u8) -> bool {
    (byte >= 0x20) & (byte != 0x7F) & (byte != 0xC2)
}

/// Whether all bytes are good. Whole blocks without a branch inside, which become vector instructions; the last block overlaps
/// the one before it, instead of a loop over what is left.
#[inline]
fn all(bytes: &[u8], is_good: impl Fn(u8) -> bool + Copy) -> bool {
    if let Some(last) = bytes.last_chunk::<16>() {
        let (blocks, _) = bytes.as_chunks::<16>();
        blocks.iter().fold(all_in_block(last, is_good), |good, block| good & all_in_block(block, is_good))
    } else if let (Some(first), Some(last)) = (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
        all_in_block(first, is_good) & all_in_block(last, is_good)
    } else {
        bytes.iter().all(|byte| is_good(*byte))
    }
}

#[inline]
fn all_in_block<const N: usize>(block: &[u8; N], is_good: impl Fn(u8) -> bool) -> bool {
    block.iter().fold(true, |good, byte| good & is_good(*byte))
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
        for len in 1..=50 {
            for place in 0..len {
                for byte in 0..=255 {
                    let mut bytes = vec![b'a'; len];
                    bytes[place] = byte;
                    let expected = match byte {
                        0 => Err(DecodeError::NullCharacter),
                        0x01..0x20 | 0x7F => Err(DecodeError::ControlCharacter),
                        0x20..0x7F => Ok(std::str::from_utf8(&bytes).expect("ASCII")),
                        0x80.. => Err(DecodeError::InvalidUtf8),
                    };
                    assert_eq!(check(&bytes, true), expected, "{byte:02x} at {place} of {len}");
                }
            }
        }
    }

    #[test]
    fn every_character_is_judged_the_same_at_every_place() {
        for (character, is_good) in
            [('\u{80}', false), ('\u{9F}', false), ('\u{A0}', true), ('\u{BF}', true), ('\u{C2}', true)]
        {
            for len in 0..40 {
                for place in 0..=len {
                    let mut text = "\u{E9}".repeat(len);
                    text.insert(place * 2, character);
                    assert_eq!(check(text.as_bytes(), true).is_ok(), is_good, "{character:?} at {place} of {len}");
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
