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
    // One pass without branches; 0xC2 leads every character from U+0080 to U+00BF.
    let suspect = bytes.iter().fold(false, |found, &byte| found | (byte < 0x20) | (byte == 0x7F) | (byte == 0xC2));
    if suspect { check_characters(text, strict) } else { Ok(text) }
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
    fn ordinary_text_passes() {
        for text in ["", " ~", "\u{A0}\u{BF}", "caf\u{E9}/\u{1F980}", "\u{FFFE}"] {
            assert_eq!(check(text.as_bytes(), true), Ok(text));
        }
    }
}
