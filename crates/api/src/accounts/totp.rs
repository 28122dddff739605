//! The second factor: numbers that change every half minute (TOTP, RFC 6238), from a secret that an app on the phone has too.

use aws_lc_rs::hmac;
use subtle::ConstantTimeEq;

const STEP_SECS: u64 = 30;
const DIGITS_MODULUS: u32 = 1_000_000;
const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/// The step of a number that is right now, was right before or will be right next, as clocks differ; later than `after`, so that
/// none is good twice.
pub(super) fn matching_step(secret: &[u8], token: &str, now: u64, after: u64) -> Option<u64> {
    let current = now / STEP_SECS;
    let mut found = None;
    for step in current.saturating_sub(1)..=current.saturating_add(1) {
        let expected = format!("{:06}", number(secret, step));
        if bool::from(expected.as_bytes().ct_eq(token.as_bytes())) && step > after {
            found = Some(step);
        }
    }
    found
}

/// RFC 4226 section 5.3.
fn number(secret: &[u8], step: u64) -> u32 {
    let key = hmac::Key::new(hmac::HMAC_SHA1_FOR_LEGACY_USE_ONLY, secret);
    let tag = hmac::sign(&key, &step.to_be_bytes());
    let tag = tag.as_ref();
    let offset = usize::from(tag.last().copied().unwrap_or_default() & 0x0f);
    let word = tag.get(offset..offset + 4).and_then(|bytes| bytes.first_chunk::<4>()).copied().unwrap_or_default();
    (u32::from_be_bytes(word) & 0x7fff_ffff) % DIGITS_MODULUS
}

/// Base32 without padding (RFC 4648 section 6): what people type into the app.
pub(super) fn base32(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(5) * 8);
    let (mut buffer, mut bits) = (0_u32, 0_u32);
    for byte in bytes {
        buffer = (buffer << 8) | u32::from(*byte);
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(ALPHABET[(buffer >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(ALPHABET[(buffer << (5 - bits) & 31) as usize]));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &[u8] = b"12345678901234567890";

    #[test]
    fn numbers_are_those_of_the_standard() {
        // RFC 6238 appendix B, the last six digits.
        for (now, token) in [(59, "287082"), (1_111_111_109, "081804"), (2_000_000_000, "279037")] {
            assert_eq!(matching_step(SECRET, token, now, 0), Some(now / 30), "{now}");
            assert_eq!(matching_step(SECRET, token, now + 30, 0), Some(now / 30), "a slow clock");
            assert_eq!(matching_step(SECRET, token, now + 90, 0), None, "too old");
            assert_eq!(matching_step(SECRET, token, now, now / 30), None, "only once");
        }
        for token in ["", "28708", "2870820", "abcdef"] {
            assert_eq!(matching_step(SECRET, token, 59, 0), None, "{token}");
        }
    }

    #[test]
    fn secrets_are_base32() {
        // RFC 4648 section 10.
        for (bytes, text) in [
            ("", ""),
            ("f", "MY"),
            ("fo", "MZXQ"),
            ("foo", "MZXW6"),
            ("foob", "MZXW6YQ"),
            ("fooba", "MZXW6YTB"),
            ("foobar", "MZXW6YTBOI"),
        ] {
            assert_eq!(base32(bytes.as_bytes()), text);
        }
    }
}
