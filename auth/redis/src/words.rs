//! The words of a command, as in the command line of Redis.

/// Takes a text apart at white space. In `"…"` white space belongs to the word, and `\` takes the next character as it is; in
/// `'…'` all but `'` does. The error says what is wrong.
pub(crate) fn words(text: &str) -> Result<Vec<String>, String> {
    let mut words = Vec::new();
    let mut characters = text.chars().peekable();
    loop {
        while characters.next_if(|character| character.is_whitespace()).is_some() {}
        let Some(first) = characters.peek().copied() else { return Ok(words) };
        let mut word = String::new();
        if matches!(first, '"' | '\'') {
            characters.next();
            loop {
                match characters.next() {
                    None => return Err(format!("the {first}…{first} does not end")),
                    Some(end) if end == first => break,
                    Some('\\') if first == '"' => word.extend(characters.next()),
                    Some(character) => word.push(character),
                }
            }
            if characters.peek().is_some_and(|next| !next.is_whitespace()) {
                return Err(format!("a space must follow {first}{word}{first}"));
            }
        } else {
            while let Some(character) = characters.next_if(|character| !character.is_whitespace()) {
                word.push(character);
            }
        }
        words.push(word);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_end_at_white_space_outside_quotes() {
        assert_eq!(words("  a\tbc\n d ").unwrap(), ["a", "bc", "d"]);
        assert_eq!(words(r#""a b" 'c "d"' "e\"f\\" '' x"y"#).unwrap(), ["a b", "c \"d\"", "e\"f\\", "", "x\"y"]);
        assert_eq!(words("").unwrap(), [""; 0]);
        for wrong in ["\"a", "'a", "\"a\\\"", "\"a\"b"] {
            assert!(words(wrong).is_err(), "{wrong}");
        }
    }
}
