//! SASLprep (RFC 4013): one spelling for what looks the same.

use std::borrow::Cow;

use crate::{MAX_PASSWORD_BYTES, PasswordError};

/// `text` as it is to be compared and hashed.
pub(super) fn prepare(text: &str) -> Result<Cow<'_, str>, PasswordError> {
    if text.len() > MAX_PASSWORD_BYTES {
        return Err(PasswordError::TooLong(text.len()));
    }
    let prepared = stringprep::saslprep(text).map_err(|_| PasswordError::NotPrepared)?;
    if prepared.is_empty() { Err(PasswordError::Empty) } else { Ok(prepared) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The examples of RFC 4013 §3, and the limits.
    #[test]
    fn text_is_prepared_as_the_standard_says() {
        assert_eq!(prepare("I\u{ad}X").as_deref(), Ok("IX"));
        assert_eq!(prepare("user").as_deref(), Ok("user"));
        assert_eq!(prepare("USER").as_deref(), Ok("USER"));
        assert_eq!(prepare("\u{aa}").as_deref(), Ok("a"));
        assert_eq!(prepare("\u{2168}").as_deref(), Ok("IX"));
        assert_eq!(prepare("\u{7}"), Err(PasswordError::NotPrepared));
        assert_eq!(prepare("\u{627}1"), Err(PasswordError::NotPrepared));
        assert_eq!(prepare("\u{ad}"), Err(PasswordError::Empty));
        assert_eq!(prepare(&"a".repeat(MAX_PASSWORD_BYTES + 1)), Err(PasswordError::TooLong(MAX_PASSWORD_BYTES + 1)));
    }
}
