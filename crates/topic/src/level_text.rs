//! The text of one filter level, in place when it is short, as most are.

/// Bytes that fit in place.
const SHORT_BYTES: usize = 22;

/// The text of one level: 24 bytes, and memory of its own only if it is longer than 22.
#[derive(Clone, Debug)]
pub(crate) enum LevelText {
    Short { length: u8, bytes: [u8; SHORT_BYTES] },
    Long(Box<str>),
}

impl LevelText {
    pub(crate) fn new(text: &str) -> Self {
        let mut bytes = [0; SHORT_BYTES];
        match (u8::try_from(text.len()), bytes.get_mut(..text.len())) {
            (Ok(length), Some(place)) => {
                place.copy_from_slice(text.as_bytes());
                Self::Short { length, bytes }
            }
            _ => Self::Long(text.into()),
        }
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Short { length, bytes } => bytes.get(..usize::from(*length)).unwrap_or_default(),
            Self::Long(text) => text.as_bytes(),
        }
    }

    pub(crate) fn as_str(&self) -> &str {
        // What was put in is UTF-8.
        std::str::from_utf8(self.as_bytes()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gives_back_texts_of_any_length() {
        assert_eq!(size_of::<LevelText>(), 24);
        for length in (0..30).chain([255, 256, 257, 70_000]) {
            let text = "ä".repeat(length / 2) + &"x".repeat(length % 2);
            assert_eq!(LevelText::new(&text).as_str(), text);
            assert_eq!(matches!(LevelText::new(&text), LevelText::Long(_)), length > SHORT_BYTES);
        }
    }
}
