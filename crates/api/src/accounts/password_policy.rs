//! Which passwords and user names there may be, as in EMQX.

/// Length of the shortest password, in characters.
const PASSWORD_LENGTH_MIN: usize = 8;
/// Length of the longest one.
const PASSWORD_LENGTH_MAX: usize = 64;
/// Length of the longest user name.
const USERNAME_LENGTH_MAX: usize = 100;

/// What is wrong with a new password.
pub(super) fn check_password(password: &str) -> Result<(), &'static str> {
    if !(PASSWORD_LENGTH_MIN..=PASSWORD_LENGTH_MAX).contains(&password.chars().count()) {
        return Err("The range of password length is 8~64");
    }
    if !password.is_ascii() {
        return Err("Only ascii characters are allowed in the password");
    }
    let is_special = |byte: u8| byte.is_ascii_punctuation() || byte == b' ';
    let kinds = [
        password.bytes().any(|byte| byte.is_ascii_alphabetic()),
        password.bytes().any(|byte| byte.is_ascii_digit()),
        password.bytes().any(is_special),
    ];
    if kinds.into_iter().filter(|there| *there).count() < 2 {
        return Err(
            "Bad password. At least two different kind of characters from groups of letters, numbers, and special \
                    characters. For example, if password is composed from letters, it must contain at least one number or a \
                    special character.",
        );
    }
    Ok(())
}

/// What is wrong with a new user name.
pub(super) fn check_username(username: &str) -> Result<(), &'static str> {
    if username.is_empty() {
        return Err("Username cannot be empty");
    }
    if !username.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_') {
        return Err("Bad Username. Only upper and lower case letters, numbers and underscores are supported");
    }
    if username.len() > USERNAME_LENGTH_MAX {
        return Err("Bad Username. At most 100 characters");
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_have_a_length_and_two_kinds_of_characters() {
        for (password, good) in [
            ("public", false),
            ("public123", true),
            ("abcdefgh", false),
            ("12345678", false),
            ("1234567 ", true),
            ("abc!defg", true),
            ("abcdefg\u{e4}1", false),
            (&"a1".repeat(32), true),
            (&"a1".repeat(33), false),
        ] {
            assert_eq!(check_password(password).is_ok(), good, "{password}");
        }
    }

    #[test]
    fn user_names_are_words() {
        for (username, good) in
            [("ann_1", true), ("", false), ("a b", false), ("a/b", false), (&"a".repeat(101), false)]
        {
            assert_eq!(check_username(username).is_ok(), good, "{username}");
        }
    }
}
