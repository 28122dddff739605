//! Text that grows up to a limit and not beyond it.

use crate::{EvaluateError, MAX_VALUE_BYTES};

/// Text of at most [`MAX_VALUE_BYTES`].
#[derive(Default)]
pub(crate) struct BoundedText(String);

impl BoundedText {
    pub(crate) fn push(&mut self, text: &str) -> Result<(), EvaluateError> {
        if text.len() > MAX_VALUE_BYTES - self.0.len() {
            return Err(EvaluateError::VALUE_TOO_LARGE);
        }
        self.0.push_str(text);
        Ok(())
    }

    pub(crate) fn push_repeated(&mut self, text: &str, count: usize) -> Result<(), EvaluateError> {
        // Nothing, repeated however often, must not take time.
        if text.is_empty() {
            return Ok(());
        }
        (0..count).try_for_each(|_| self.push(text))
    }

    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_ends_at_the_limit() {
        let mut text = BoundedText::default();
        assert_eq!(text.push_repeated("", usize::MAX), Ok(()));
        assert_eq!(text.push_repeated("ab", MAX_VALUE_BYTES / 2), Ok(()));
        assert_eq!(text.push(""), Ok(()));
        assert_eq!(text.push("c"), Err(EvaluateError::VALUE_TOO_LARGE));
        assert_eq!(text.into_string().len(), MAX_VALUE_BYTES);
    }
}
