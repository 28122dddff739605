//! When a delayed message is to be published, as its topic says it.

use crate::DelayedTopicError;
use dunlin_model::Millis;

/// The first number of seconds that is a time and not a delay, and the greatest distance of a time from the present, either
/// way: 497 days.
pub const MAX_DELAY_SECS: u32 = 42_949_670;

const MAX_DELAY_MS: Millis = MAX_DELAY_SECS as Millis * 1_000;

/// When a delayed message is to be published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum DelaySpec {
    /// So many seconds after it was received, fewer than [`MAX_DELAY_SECS`].
    After {
        /// The seconds.
        secs: u32,
    },
    /// At a time.
    At {
        /// Seconds since the Unix epoch.
        unix_secs: u64,
    },
}

impl DelaySpec {
    /// Reads decimal digits: a delay if they stand for less than [`MAX_DELAY_SECS`], else a time.
    pub(crate) fn parse(text: &str) -> Result<Self, DelayedTopicError> {
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(DelayedTopicError::InvalidDelay);
        }
        // Digits that do not fit are a time beyond every calendar.
        let number: u64 = text.parse().map_err(|_| DelayedTopicError::TooFarAway)?;
        Ok(match u32::try_from(number) {
            Ok(secs) if secs < MAX_DELAY_SECS => Self::After { secs },
            _ => Self::At { unix_secs: number },
        })
    }

    /// When a message that is received at `now` is due. A time in the past is given back as it is: due at once, before what
    /// has been waiting for a later time.
    ///
    /// # Errors
    /// [`DelayedTopicError::TooFarAway`]: the time is more than [`MAX_DELAY_SECS`] before or after `now`. A number of
    /// seconds just above the greatest delay reads as a time in 1971 and ends here too.
    pub fn due_at(self, now: Millis) -> Result<Millis, DelayedTopicError> {
        match self {
            Self::After { secs } => Ok(now.saturating_add(Millis::from(secs) * 1_000)),
            Self::At { unix_secs } => unix_secs
                .checked_mul(1_000)
                .filter(|due_at| due_at.abs_diff(now) <= MAX_DELAY_MS)
                .ok_or(DelayedTopicError::TooFarAway),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Millis = 1_800_000_000_500;

    #[test]
    fn a_small_number_is_a_delay_and_a_big_one_a_time() {
        for (text, expected) in [
            ("0", DelaySpec::After { secs: 0 }),
            ("007", DelaySpec::After { secs: 7 }),
            ("42949669", DelaySpec::After { secs: 42_949_669 }),
            ("42949670", DelaySpec::At { unix_secs: 42_949_670 }),
            ("4294967296", DelaySpec::At { unix_secs: 1 << 32 }),
            ("18446744073709551615", DelaySpec::At { unix_secs: u64::MAX }),
        ] {
            assert_eq!(DelaySpec::parse(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn only_digits_are_a_number() {
        for text in ["", " ", "-1", "1.5", "1s", "x", "0x10", "1 ", "١", "1_000"] {
            assert_eq!(DelaySpec::parse(text), Err(DelayedTopicError::InvalidDelay), "{text}");
        }
        assert_eq!(DelaySpec::parse("18446744073709551616"), Err(DelayedTopicError::TooFarAway));
    }

    #[test]
    fn a_delay_counts_from_now() {
        for (secs, due_at) in [(0, NOW), (1, NOW + 1_000), (MAX_DELAY_SECS - 1, NOW + 42_949_669_000)] {
            assert_eq!(DelaySpec::After { secs }.due_at(NOW), Ok(due_at));
        }
        assert_eq!(DelaySpec::After { secs: 5 }.due_at(Millis::MAX), Ok(Millis::MAX));
    }

    #[test]
    fn a_time_may_be_497_days_away_either_way() {
        let at = |unix_secs| DelaySpec::At { unix_secs }.due_at(NOW);
        let max = u64::from(MAX_DELAY_SECS);
        for near in [1_800_000_000, 1_800_000_001, 1_799_999_000, 1_800_000_000 + max, 1_800_000_001 - max] {
            assert_eq!(at(near), Ok(near * 1_000));
        }
        for far in [1_800_000_001 + max, 1_800_000_000 - max, max, u64::MAX / 1_000 + 1, u64::MAX] {
            assert_eq!(at(far), Err(DelayedTopicError::TooFarAway), "{far}");
        }
    }
}
