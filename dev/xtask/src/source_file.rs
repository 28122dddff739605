//! One Rust file, line by line: its text, its code without comments and literals, and which lines are tests.

/// One line of a Rust file.
pub(crate) struct Line {
    /// As written.
    pub(crate) text: String,
    /// Without comments and without what stands between quotes.
    pub(crate) code: String,
    /// Part of a test: in a test file, or in a module under `#[cfg(test)]`.
    pub(crate) is_test: bool,
}

/// One Rust file.
pub(crate) struct SourceFile {
    /// Path from the root of the repository, with `/`.
    pub(crate) path: String,
    pub(crate) lines: Vec<Line>,
}

impl SourceFile {
    pub(crate) fn new(path: String, text: &str) -> Self {
        let code = strip(text);
        let is_test_file = is_test_path(&path);
        let mut in_test_module = false;
        let mut code_lines = code.lines();
        let mut lines: Vec<Line> = Vec::new();
        for text in text.lines() {
            let code = code_lines.next().unwrap_or_default().to_owned();
            // rustfmt puts the attribute and both braces of a top-level module at the start of their lines.
            in_test_module = in_test_module || code == "#[cfg(test)]";
            lines.push(Line { text: text.to_owned(), is_test: is_test_file || in_test_module, code });
            let code = &lines[lines.len() - 1].code;
            if in_test_module && (code == "}" || code.ends_with(';') && !code.starts_with(' ')) {
                in_test_module = false;
            }
        }
        Self { path, lines }
    }

    /// The lines that are no tests.
    pub(crate) fn product_lines(&self) -> impl Iterator<Item = (usize, &Line)> {
        self.lines.iter().enumerate().filter(|(_, line)| !line.is_test).map(|(index, line)| (index + 1, line))
    }
}

fn is_test_path(path: &str) -> bool {
    path.ends_with("/tests.rs")
        || ["/tests/", "/scenarios/", "/benches/", "/fuzz/", "dev/real_servers/", "dev/testkit/"]
            .iter()
            .any(|part| path.contains(part))
}

#[derive(Clone, Copy, PartialEq)]
enum State {
    Code,
    LineComment,
    BlockComment { depth: usize },
    Text,
    RawText { hashes: usize },
}

/// Replaces comments, and the content of text and character literals, by nothing. Keeps line breaks.
fn strip(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut code = String::with_capacity(text.len());
    let mut state = State::Code;
    let mut index = 0;
    while let Some(&current) = chars.get(index) {
        let rest = &chars[index..];
        let (next_state, length) = match state {
            State::Code => step_code(rest, &mut code),
            State::LineComment if current == '\n' => (State::Code, 0),
            State::BlockComment { depth } if rest.starts_with(&['*', '/']) => {
                (if depth == 1 { State::Code } else { State::BlockComment { depth: depth - 1 } }, 2)
            }
            State::BlockComment { depth } if rest.starts_with(&['/', '*']) => {
                (State::BlockComment { depth: depth + 1 }, 2)
            }
            State::Text if current == '\\' => (State::Text, if rest.get(1) == Some(&'\n') { 1 } else { 2 }),
            State::Text if current == '"' => {
                code.push('"');
                (State::Code, 1)
            }
            State::RawText { hashes }
                if current == '"' && rest.len() > hashes && rest[1..=hashes].iter().all(|c| *c == '#') =>
            {
                code.push('"');
                (State::Code, 1 + hashes)
            }
            other => (other, 1),
        };
        if current == '\n' && length == 1 {
            code.push('\n');
        }
        state = next_state;
        index += length;
    }
    code.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// One step in plain code: the state behind it and how many characters it took.
fn step_code(rest: &[char], code: &mut String) -> (State, usize) {
    let after_word = code.chars().last().is_some_and(|c| c.is_alphanumeric() || c == '_');
    match rest {
        ['/', '/', ..] => return (State::LineComment, 2),
        ['/', '*', ..] => return (State::BlockComment { depth: 1 }, 2),
        ['"', ..] => {
            code.push('"');
            return (State::Text, 1);
        }
        ['r', '"' | '#', ..] | ['b', 'r', '"' | '#', ..] if !after_word => {
            let start = if rest[0] == 'b' { 2 } else { 1 };
            let hashes = rest[start..].iter().take_while(|c| **c == '#').count();
            if rest.get(start + hashes) == Some(&'"') {
                code.push('"');
                return (State::RawText { hashes }, start + hashes + 1);
            }
        }
        ['\'', '\\', ..] => {
            let length = rest[3..].iter().position(|c| *c == '\'').map_or(rest.len(), |end| end + 4);
            return (State::Code, length);
        }
        ['\'', _, '\'', ..] => return (State::Code, 3),
        _ => {}
    }
    if rest[0] != '\n' {
        code.push(rest[0]);
    }
    (State::Code, 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_literals_are_blanked() {
        let text = r####"let a = "fn x() { // no"; // todo!()
/* one /* two */ still */ let b = '"'; let c = '\''; let d = 'x'; let e: &'static str = "\"";
let r = r#"raw " text"#; let raw = br"x"; for r in 0..1 {}
let s = "first
  second \
  third"; f('\u{1F600}')"####;
        let expected = "let a = \"\";\n let b = ; let c = ; let d = ; let e: &'static str = \"\";\n\
                        let r = \"\"; let raw = \"\"; for r in 0..1 {}\nlet s = \"\n\n\"; f()";
        assert_eq!(strip(text), expected);
    }

    #[test]
    fn test_modules_and_test_files_are_told_apart() {
        let text = "//! x\nfn a() {}\n#[cfg(test)]\nmod tests {\n    fn t() {\n    }\n}\nfn b() {}\n#[cfg(test)]\nmod more;\nfn c() {}\n";
        let file = SourceFile::new("crates/x/src/a.rs".into(), text);
        let product: Vec<_> = file.product_lines().map(|(number, _)| number).collect();
        assert_eq!(product, [1, 2, 8, 11]);
        let file = SourceFile::new("crates/x/tests/a.rs".into(), text);
        assert_eq!(file.product_lines().count(), 0);
    }
}
