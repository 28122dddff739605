//! Characters to tokens: the part of Erlang's notation in which rules are written.

use super::error::Fault;

/// What terms are made of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// `{`.
    OpenTuple,
    /// `}`.
    CloseTuple,
    /// `[`.
    OpenList,
    /// `]`.
    CloseList,
    /// `,`.
    Comma,
    /// `.`.
    Dot,
    /// A bare word, or one in single quotes.
    Atom(String),
    /// `"text"` or `<<"text">>`.
    Text(String),
    /// A number, or `$c`.
    Integer(i64),
    /// Nothing is left.
    End,
}

pub(super) struct Scanner<'a> {
    text: &'a str,
    offset: usize,
}

impl<'a> Scanner<'a> {
    pub(super) const fn new(text: &'a str) -> Self {
        Self { text, offset: 0 }
    }

    /// The next token and where it begins.
    pub(super) fn next(&mut self) -> Result<(usize, Token), Fault> {
        self.skip_blanks();
        let start = self.offset;
        let Some(character) = self.peek() else { return Ok((start, Token::End)) };
        let token = match character {
            '{' => self.single(Token::OpenTuple),
            '}' => self.single(Token::CloseTuple),
            '[' => self.single(Token::OpenList),
            ']' => self.single(Token::CloseList),
            ',' => self.single(Token::Comma),
            '.' => self.single(Token::Dot),
            '"' => Token::Text(self.quoted('"')?),
            '\'' => Token::Atom(self.quoted('\'')?),
            '<' => self.binary()?,
            '$' => self.character_number()?,
            '0'..='9' | '-' | '+' => self.integer()?,
            'a'..='z' => Token::Atom(self.word().to_owned()),
            'A'..='Z' | '_' => {
                let word = self.word();
                return Err(Fault::new(start, format!("`{word}` is a variable"), "put texts in double quotes"));
            }
            other => {
                let remedy = "write rules such as {allow, all, publish, [\"t/#\"]}, comments after %";
                return Err(Fault::new(start, format!("{other:?} has no meaning here"), remedy));
            }
        };
        Ok((start, token))
    }

    fn peek(&self) -> Option<char> {
        self.text.get(self.offset..)?.chars().next()
    }

    fn take(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.offset += character.len_utf8();
        Some(character)
    }

    fn take_while(&mut self, accepts: impl Fn(char) -> bool) -> &'a str {
        let rest = self.text.get(self.offset..).unwrap_or_default();
        let taken = &rest[..rest.find(|character| !accepts(character)).unwrap_or(rest.len())];
        self.offset += taken.len();
        taken
    }

    fn take_if(&mut self, expected: &str) -> bool {
        let is_next = self.text.get(self.offset..).is_some_and(|rest| rest.starts_with(expected));
        self.offset += if is_next { expected.len() } else { 0 };
        is_next
    }

    fn single(&mut self, token: Token) -> Token {
        self.take();
        token
    }

    fn skip_blanks(&mut self) {
        // Some editors begin a file with a byte order mark.
        self.take_while(|character| character.is_whitespace() || character == '\u{feff}');
        while self.peek() == Some('%') {
            self.take_while(|character| character != '\n');
            self.take_while(char::is_whitespace);
        }
    }

    fn word(&mut self) -> &'a str {
        self.take_while(|character| character.is_ascii_alphanumeric() || matches!(character, '_' | '@'))
    }

    /// What stands between two quotes, the first of which is next.
    fn quoted(&mut self, quote: char) -> Result<String, Fault> {
        let start = self.offset;
        self.take();
        let mut text = String::new();
        loop {
            match self.take() {
                Some('\\') => text.push(self.escaped()?),
                Some(end) if end == quote => return Ok(text),
                Some(character) => text.push(character),
                None => return Err(Fault::new(start, "this quote is never closed", format!("close it with {quote}"))),
            }
        }
    }

    /// The character that stands after a backslash.
    fn escaped(&mut self) -> Result<char, Fault> {
        let start = self.offset;
        let wrong = |problem: &str| Fault::new(start, problem, r"write \\ for a backslash");
        let character = match self.take().ok_or_else(|| wrong("nothing follows this backslash"))? {
            'b' => '\u{8}',
            'd' => '\u{7f}',
            'e' => '\u{1b}',
            'f' => '\u{c}',
            'n' => '\n',
            'r' => '\r',
            's' => ' ',
            't' => '\t',
            'v' => '\u{b}',
            '^' => {
                let control = self.take().map(|letter| letter.to_ascii_uppercase() as u32);
                control
                    .filter(|code| (0x40..0x60).contains(code))
                    .and_then(|code| char::from_u32(code - 0x40))
                    .ok_or_else(|| wrong("this is no control character"))?
            }
            'x' => self.hexadecimal().ok_or_else(|| wrong("these are no hexadecimal digits of a character"))?,
            '0'..='7' => {
                self.offset = start;
                let digits = self.take_up_to(3, |character| matches!(character, '0'..='7'));
                let code = u32::from_str_radix(digits, 8).ok();
                code.and_then(char::from_u32).ok_or_else(|| wrong("this is no octal number of a character"))?
            }
            other => other,
        };
        Ok(character)
    }

    /// `41` or `{1F600}`.
    fn hexadecimal(&mut self) -> Option<char> {
        let is_digit = |character: char| character.is_ascii_hexdigit();
        let digits = if self.take_if("{") {
            let digits = self.take_while(is_digit);
            self.take_if("}").then_some(digits)?
        } else {
            Some(self.take_up_to(2, is_digit)).filter(|digits| digits.len() == 2)?
        };
        char::from_u32(u32::from_str_radix(digits, 16).ok()?)
    }

    /// At most `limit` characters, each of one byte.
    fn take_up_to(&mut self, limit: usize, accepts: impl Fn(char) -> bool) -> &'a str {
        let start = self.offset;
        let taken = self.take_while(accepts);
        let taken = taken.get(..limit).unwrap_or(taken);
        self.offset = start + taken.len();
        taken
    }

    /// `<<"text">>`, `<<"text"/utf8>>` or `<<>>`.
    fn binary(&mut self) -> Result<Token, Fault> {
        let start = self.offset;
        let wrong = || Fault::new(start, "this is no binary with one text", "write <<\"text\">> or \"text\"");
        if !self.take_if("<<") {
            return Err(wrong());
        }
        self.skip_blanks();
        let mut text = String::new();
        if self.peek() == Some('"') {
            text = self.quoted('"')?;
            if self.take_if("/") && !matches!(self.word(), "utf8") {
                return Err(wrong());
            }
            self.skip_blanks();
        }
        if self.take_if(">>") { Ok(Token::Text(text)) } else { Err(wrong()) }
    }

    /// `$c`, which is the number of a character.
    fn character_number(&mut self) -> Result<Token, Fault> {
        let start = self.offset;
        self.take();
        let character = match self.take() {
            Some('\\') => self.escaped()?,
            Some(character) => character,
            None => return Err(Fault::new(start, "no character follows this `$`", "put texts in double quotes")),
        };
        Ok(Token::Integer(i64::from(u32::from(character))))
    }

    /// `42`, `-1`, `1_000` or `16#ff`.
    fn integer(&mut self) -> Result<Token, Fault> {
        let start = self.offset;
        let wrong = || Fault::new(start, "this is no whole number", "write levels of quality of service as 0, 1 or 2");
        let is_negative = self.take_if("-");
        if !is_negative {
            self.take_if("+");
        }
        let mut digits = self.digits();
        let mut base = 10;
        if self.take_if("#") {
            base = digits.parse().ok().filter(|base| (2..=36).contains(base)).ok_or_else(wrong)?;
            digits = self.digits();
        }
        let is_fraction = self.text.get(self.offset..).is_some_and(|rest| {
            let mut rest = rest.chars();
            rest.next() == Some('.') && rest.next().is_some_and(|next| next.is_ascii_digit())
        });
        let number = i64::from_str_radix(&digits, base).ok().filter(|_| !is_fraction && !digits.is_empty());
        number.map(|number| Token::Integer(if is_negative { -number } else { number })).ok_or_else(wrong)
    }

    fn digits(&mut self) -> String {
        self.take_while(|character| character.is_ascii_alphanumeric() || character == '_').replace('_', "")
    }
}
