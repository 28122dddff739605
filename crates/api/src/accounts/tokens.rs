//! Who is logged in: tokens of requests. Only digests of them are kept.

use std::collections::HashMap;

/// Tokens at a time of one user; the one that was not used for longest goes first.
const TOKENS_OF_USER_MAX: usize = 32;
/// Tokens at a time; users have a limit of their own, so that nobody gets here alone.
const TOKENS_MAX: usize = 16_384;
/// How long an expired token is known as such, and not only as wrong.
const REMEMBERED_SECS: u64 = 86_400;
const DIGEST_BYTES: usize = 32;

/// The digest of a token.
type TokenDigest = [u8; DIGEST_BYTES];

/// What a token is good for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum TokenState {
    /// It is that of this user.
    Good {
        username: String,
        /// It was given for the default password, to somebody elsewhere: nothing but a change of that password is allowed.
        only_for_password: bool,
    },
    /// It was.
    Expired,
    /// There is none such.
    Unknown,
}

#[derive(Debug)]
struct Token {
    username: String,
    only_for_password: bool,
    expires_at: u64,
}

/// See the head of the file.
#[derive(Debug, Default)]
pub(super) struct Tokens {
    by_digest: HashMap<TokenDigest, Token>,
}

impl Tokens {
    /// A new token for a user.
    pub(super) fn begin(&mut self, username: &str, only_for_password: bool, now: u64, lifetime_secs: u64) -> String {
        self.by_digest.retain(|_, token| now < token.expires_at.saturating_add(REMEMBERED_SECS));
        let of_user = self.by_digest.values().filter(|token| token.username == username).count();
        if of_user >= TOKENS_OF_USER_MAX || self.by_digest.len() >= TOKENS_MAX {
            let is_candidate = |token: &&Token| of_user < TOKENS_OF_USER_MAX || token.username == username;
            let oldest = self.by_digest.iter().filter(|(_, token)| is_candidate(token));
            let oldest = oldest.min_by_key(|(_, token)| token.expires_at).map(|(digest, _)| *digest);
            oldest.and_then(|digest| self.by_digest.remove(&digest));
        }
        let text = random_text::<32>();
        let expires_at = now.saturating_add(lifetime_secs);
        let token = Token { username: username.to_owned(), only_for_password, expires_at };
        self.by_digest.insert(digest(&text), token);
        text
    }

    /// What a token is good for. One that is good is good for longer then.
    pub(super) fn used(&mut self, text: &str, now: u64, lifetime_secs: u64) -> TokenState {
        match self.by_digest.get_mut(&digest(text)) {
            None => TokenState::Unknown,
            Some(token) if now >= token.expires_at => TokenState::Expired,
            Some(token) => {
                token.expires_at = token.expires_at.max(now.saturating_add(lifetime_secs));
                let (username, only_for_password) = (token.username.clone(), token.only_for_password);
                TokenState::Good { username, only_for_password }
            }
        }
    }

    /// Ends a token, if it is that of this user. Says whether it was.
    pub(super) fn end(&mut self, text: &str, username: &str) -> bool {
        let digest = digest(text);
        let is_own = self.by_digest.get(&digest).is_some_and(|token| token.username == username);
        if is_own {
            self.by_digest.remove(&digest);
        }
        is_own
    }

    /// Ends all tokens of a user.
    pub(super) fn end_all_of(&mut self, username: &str) {
        self.by_digest.retain(|_, token| token.username != username);
    }
}

fn digest(text: &str) -> TokenDigest {
    let mut bytes = [0; DIGEST_BYTES];
    bytes.copy_from_slice(aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, text.as_bytes()).as_ref());
    bytes
}

/// Random bytes as text for URLs and headers.
pub(super) fn random_text<const BYTES: usize>() -> String {
    use base64::Engine;
    base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(random_bytes::<BYTES>())
}

/// Bytes that nobody can guess.
#[expect(clippy::expect_used, reason = "without randomness nothing is secret, and the operating system has it always")]
pub(super) fn random_bytes<const BYTES: usize>() -> [u8; BYTES] {
    let mut bytes = [0; BYTES];
    aws_lc_rs::rand::fill(&mut bytes).expect("the operating system has randomness");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn good(username: &str) -> TokenState {
        TokenState::Good { username: username.into(), only_for_password: false }
    }

    #[test]
    fn a_token_lives_while_it_is_used() {
        let mut tokens = Tokens::default();
        let text = tokens.begin("ann", false, 100, 60);
        assert_eq!(tokens.used(&text, 159, 60), good("ann"));
        assert_eq!(tokens.used(&text, 218, 60), good("ann"));
        assert_eq!(tokens.used(&text, 278, 60), TokenState::Expired);
        assert_eq!(tokens.used("other", 100, 60), TokenState::Unknown);
        tokens.begin("bob", false, 278 + REMEMBERED_SECS, 60);
        assert_eq!(tokens.used(&text, 278, 60), TokenState::Unknown, "nothing is kept for ever");
    }

    #[test]
    fn only_its_user_ends_a_token() {
        let mut tokens = Tokens::default();
        let text = tokens.begin("ann", false, 100, 60);
        assert!(!tokens.end(&text, "bob") && tokens.end(&text, "ann") && !tokens.end(&text, "ann"));
        let text = tokens.begin("ann", false, 100, 60);
        tokens.end_all_of("ann");
        assert_eq!(tokens.used(&text, 100, 60), TokenState::Unknown);
    }

    #[test]
    fn nobody_has_tokens_without_end() {
        let mut tokens = Tokens::default();
        let others = tokens.begin("bob", false, 1, 60);
        let first = tokens.begin("ann", false, 2, 60);
        for now in 3..100 {
            tokens.begin("ann", false, now, 1000);
        }
        assert_eq!(tokens.by_digest.len(), TOKENS_OF_USER_MAX + 1);
        assert_eq!((tokens.used(&first, 3, 60), tokens.used(&others, 3, 60)), (TokenState::Unknown, good("bob")));
    }
}
