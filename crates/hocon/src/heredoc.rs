//! EMQX's text in three quotes with indentation: `"""~`, lines, `~"""`.
//!
//! Where `~` and the end of a line follow the opening quotes, that line is left out, a `~` before the closing quotes is, and
//! so is the indentation that all lines share. Lines of nothing but spaces do not count for that; the last of them, which
//! stands before the closing quotes, loses all spaces that others would lose.

/// The text between three quotes, without its indentation if it asks for that.
pub(crate) fn unindented(body: &str) -> String {
    let Some(lines) = body.strip_prefix("~\n").or_else(|| body.strip_prefix("~\r\n")) else { return body.into() };
    let lines = lines.strip_suffix('~').unwrap_or(lines);
    let indent_of = |line: &str| line.len() - line.trim_start_matches(' ').len();
    let is_empty = |line: &str| line.trim_start_matches(' ').trim_end_matches('\r').is_empty();
    let shared = lines.split('\n').filter(|line| !is_empty(line)).map(indent_of).min().unwrap_or(usize::MAX);
    let cut = |line: &str| line[indent_of(line).min(shared)..].to_owned();
    lines.split('\n').map(cut).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shared_indentation_is_left_out() {
        for (body, text) in [
            ("1", "1"),
            ("~1~", "~1~"),
            ("~\n1~", "1"),
            ("~\n1\n~", "1\n"),
            ("~\r\n1\r\n", "1\r\n"),
            ("~\n    1\n\n    2", "1\n\n2"),
            ("~\n     1\n    \n    2\n    ~", " 1\n\n2\n"),
            ("~\n     1\n    \n    2\n     ~", " 1\n\n2\n "),
            ("~\n  a\n    ~", "a\n  "),
            ("~\n    a\n  ~", "a\n"),
            ("~\n", ""),
            ("~\n    ~", ""),
            ("~\n\"~", "\""),
            ("~\n  \"a\"~~", "\"a\"~"),
            ("~\n  a\r\n\r\n  b", "a\r\n\r\nb"),
            ("~\n\ta\n\tb", "\ta\n\tb"),
        ] {
            assert_eq!(unindented(body), text, "{body:?}");
        }
    }
}
