//! Wrong API keys and secrets: for some time nobody is asked for a secret who has guessed too often, of one key or of many.
//!
//! What is counted is an address together with a key, so that somebody elsewhere who knows a key cannot keep its program out; and
//! the address alone, for whoever tries one key after the other. The policy is that of logins.

use super::login_lock::LoginLock;
use crate::AccountPolicy;
use std::net::IpAddr;

/// So many times as often may secrets be wrong from one address, of whatever keys.
const KEYS_OF_ADDRESS: u32 = 10;

/// See the head of the file.
#[derive(Debug, Default)]
pub(super) struct KeyGuesses {
    lock: LoginLock,
}

impl KeyGuesses {
    /// Whether nobody at this address is asked for the secret of this key now.
    pub(super) fn is_locked(&self, api_key: &str, address: IpAddr, now: u64) -> bool {
        !self.lock.is_empty()
            && (self.lock.is_locked(&pair(api_key, address), now) || self.lock.is_locked(&address.to_string(), now))
    }

    /// Key or secret was wrong.
    pub(super) fn failed(&mut self, api_key: &str, address: IpAddr, policy: &AccountPolicy, now: u64) {
        self.lock.failed(&pair(api_key, address), policy, now);
        let of_address =
            AccountPolicy { max_failures: policy.max_failures.saturating_mul(KEYS_OF_ADDRESS), ..policy.clone() };
        self.lock.failed(&address.to_string(), &of_address, now);
    }

    /// The secret was right. What the address has guessed of other keys counts on.
    pub(super) fn succeeded(&mut self, api_key: &str, address: IpAddr) {
        if !self.lock.is_empty() {
            self.lock.reset(&pair(api_key, address));
        }
    }
}

/// No address has a blank in it.
fn pair(api_key: &str, address: IpAddr) -> String {
    format!("{address} {api_key}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
    const ELSEWHERE: IpAddr = IpAddr::V6(std::net::Ipv6Addr::LOCALHOST);

    fn policy() -> AccountPolicy {
        AccountPolicy { max_failures: 3, lock_duration: Duration::from_secs(60), ..AccountPolicy::default() }
    }

    #[test]
    fn a_key_is_locked_for_the_address_that_guesses() {
        let mut guesses = KeyGuesses::default();
        for _ in 0..2 {
            guesses.failed("key", HERE, &policy(), 100);
            assert!(!guesses.is_locked("key", HERE, 100));
        }
        guesses.succeeded("key", HERE);
        for _ in 0..3 {
            guesses.failed("key", HERE, &policy(), 100);
        }
        assert!(guesses.is_locked("key", HERE, 159) && !guesses.is_locked("key", HERE, 160));
        assert!(!guesses.is_locked("key", ELSEWHERE, 100) && !guesses.is_locked("other", HERE, 100));
    }

    #[test]
    fn who_tries_many_keys_is_asked_for_none() {
        let mut guesses = KeyGuesses::default();
        for number in 0..30 {
            assert!(!guesses.is_locked("key", HERE, 100), "{number}");
            guesses.failed(&format!("key{number}"), HERE, &policy(), 100);
        }
        assert!(guesses.is_locked("key", HERE, 100) && !guesses.is_locked("key", ELSEWHERE, 100));
    }
}
