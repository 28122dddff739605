//! The file of pre-shared keys: one `identity:secret` in each line, as EMQX's `init_file` has them.

use std::collections::HashMap;
use std::fmt;
use std::io;
use std::path::PathBuf;

/// What OpenSSL takes as a secret, in bytes; more than 32 make no key safer.
const SECRET_BYTES_MAX: usize = 256;

/// What OpenSSL takes as an identity, in bytes.
const IDENTITY_BYTES_MAX: usize = 256;

/// Every identity and its secret.
#[derive(Default)]
pub(crate) struct KeyTable(HashMap<Box<[u8]>, Box<[u8]>>);

/// Why a file of pre-shared keys cannot be used: one line that begins with the key that names it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum KeyFileError {
    /// It cannot be read.
    #[error(
        "init_file: {} cannot be read: {source}; check the path, and that the user the broker runs as may read it",
        file.display()
    )]
    Unreadable {
        /// The file.
        file: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// A line is none that can be understood. It is not shown: it may hold a secret.
    #[error("init_file: {} line {line}: {why}", file.display())]
    BadLine {
        /// The file.
        file: PathBuf,
        /// Its number, from 1.
        line: usize,
        /// What is wrong with it.
        why: String,
    },
}

impl KeyTable {
    /// Reads the lines of a file. The secret is everything behind the first separator, as it stands there: its bytes are the key.
    /// Empty lines count for nothing; of an identity that is there twice the last line counts.
    ///
    /// # Errors
    /// The number of the first line that is wrong, from 1, and what is wrong with it.
    pub(crate) fn parse(text: &[u8], separator: char) -> Result<Self, (usize, String)> {
        let mut table = HashMap::new();
        let mut encoded = [0; 4];
        let separator = separator.encode_utf8(&mut encoded);
        for (index, line) in text.split(|byte| *byte == b'\n').enumerate() {
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            if line.is_empty() {
                continue;
            }
            let (identity, secret) = parse_line(line, separator).map_err(|why| (index + 1, why))?;
            table.insert(identity.into(), secret.into());
        }
        Ok(Self(table))
    }

    /// The secret of an identity.
    pub(crate) fn secret(&self, identity: &[u8]) -> Option<&[u8]> {
        self.0.get(identity).map(|secret| &**secret)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Never the secrets.
impl fmt::Debug for KeyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyTable").field("identities", &self.len()).finish_non_exhaustive()
    }
}

fn parse_line<'a>(line: &'a [u8], separator: &str) -> Result<(&'a [u8], &'a [u8]), String> {
    let found = line.windows(separator.len()).position(|window| window == separator.as_bytes());
    let at = found.ok_or_else(|| format!("there is no {separator} between an identity and its secret"))?;
    let (identity, rest) = line.split_at(at);
    let secret = rest.get(separator.len()..).unwrap_or_default();
    for (what, bytes, limit) in [("identity", identity, IDENTITY_BYTES_MAX), ("secret", secret, SECRET_BYTES_MAX)] {
        if bytes.is_empty() {
            return Err(format!("the {what} is empty"));
        }
        if bytes.len() > limit {
            return Err(format!("the {what} has {} bytes, more than {limit}", bytes.len()));
        }
    }
    if identity.contains(&0) {
        return Err("the identity holds a zero byte, which no client can send".into());
    }
    Ok((identity, secret))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn why(text: &[u8]) -> (usize, String) {
        KeyTable::parse(text, ':').unwrap_err()
    }

    #[test]
    fn every_line_is_an_identity_and_the_bytes_of_its_secret() {
        let text = b"client1:1234\r\n\nclient 2: ab:cd \n\xff\xfe:\x01\nclient1:5678";
        let table = KeyTable::parse(text, ':').unwrap();
        assert_eq!(table.secret(b"client1"), Some(&b"5678"[..]), "the last line counts");
        assert_eq!(table.secret(b"client 2"), Some(&b" ab:cd "[..]), "as it stands there");
        assert_eq!(table.secret(b"\xff\xfe"), Some(&b"\x01"[..]));
        assert_eq!((table.secret(b"client"), table.secret(b""), table.len()), (None, None, 3));
    }

    #[test]
    fn the_separator_can_be_any_character() {
        let table = KeyTable::parse("a:b→c:d\n".as_bytes(), '→').unwrap();
        assert_eq!(table.secret(b"a:b"), Some(&b"c:d"[..]));
    }

    #[test]
    fn a_line_that_is_wrong_is_named_and_not_shown() {
        assert_eq!(why(b"a:b\nsesame"), (2, "there is no : between an identity and its secret".into()));
        assert_eq!(why(b":sesame"), (1, "the identity is empty".into()));
        assert_eq!(why(b"\r\n\na:\n"), (3, "the secret is empty".into()));
        assert_eq!(why(b"a\0b:c").1, "the identity holds a zero byte, which no client can send");
        let long = [&b"a:"[..], &[b's'; 257]].concat();
        assert_eq!(why(&long).1, "the secret has 257 bytes, more than 256");
        assert!(KeyTable::parse(&long[..258], ':').is_ok());
    }

    #[test]
    fn no_secret_is_ever_shown() {
        let shown = format!("{:?}", KeyTable::parse(b"client1:sesame", ':').unwrap());
        assert_eq!(shown, "KeyTable { identities: 1, .. }");
    }

    proptest! {
        #[test]
        fn whatever_is_in_the_file_is_a_table_or_the_number_of_a_line(text: Vec<u8>, separator: char) {
            let lines = text.split(|byte| *byte == b'\n').count();
            match KeyTable::parse(&text, separator) {
                Ok(table) => prop_assert!(table.len() <= lines),
                Err((line, _)) => prop_assert!((1..=lines).contains(&line)),
            }
        }
    }
}
