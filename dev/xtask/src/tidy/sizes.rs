//! How long files and functions may be. What was longer before the rule came is listed in the ratchet and may only shrink.

use super::Findings;
use super::ratchet::Ratchet;
use crate::source_file::SourceFile;
use crate::workspace::Workspace;

const FILE_WARNING_LINES: usize = 500;
const FILE_LIMIT_LINES: usize = 800;
const FUNCTION_LIMIT_LINES: usize = 70;

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) -> Result<(), String> {
    let mut ratchet = Ratchet::read(workspace)?;
    for source in &workspace.sources {
        let lines = source.product_lines().count();
        if lines > FILE_LIMIT_LINES {
            ratchet.judge(&source.path, lines, &format!("a file of at most {FILE_LIMIT_LINES} lines"), findings);
        } else if lines > FILE_WARNING_LINES {
            findings.warning(&source.path, &format!("{lines} lines; think about a seam above {FILE_WARNING_LINES}"));
        }
        for function in functions(source) {
            if function.lines > FUNCTION_LIMIT_LINES {
                let name = format!("{}::{}", source.path, function.name);
                let rule = format!("a function of at most {FUNCTION_LIMIT_LINES} lines");
                ratchet.judge(&name, function.lines, &rule, findings);
            }
        }
    }
    ratchet.report_unused(findings);
    Ok(())
}

#[derive(Debug, PartialEq)]
struct Function {
    name: String,
    lines: usize,
}

/// The functions with a body, tests left out: a table of cases is long for a good reason.
fn functions(source: &SourceFile) -> Vec<Function> {
    let code: Vec<&str> = source.product_lines().map(|(_, line)| line.code.as_str()).collect();
    let mut found = Vec::new();
    for (start, line) in code.iter().enumerate() {
        let Some(name) = function_name(line) else { continue };
        let indent = line.len() - line.trim_start().len();
        let Some(opening) = code[start..].iter().position(|line| line.ends_with(['{', ';', '}'])) else { continue };
        if !code[start + opening].ends_with('{') {
            continue;
        }
        // rustfmt puts the closing brace under the first letter of the function.
        let is_closing = |line: &&str| line.trim_start() == "}" && line.len() == indent + 1;
        if let Some(length) = code[start + opening + 1..].iter().position(is_closing) {
            found.push(Function { name: name.into(), lines: opening + length + 2 });
        }
    }
    found
}

/// The name, if a function starts on this line.
fn function_name(line: &str) -> Option<&str> {
    let (before, after) = line.trim_start().split_once("fn ").or_else(|| line.split_once("fn "))?;
    let is_qualifier = |word: &str| {
        word.starts_with("pub")
            || word.ends_with(')')
            || matches!(word, "const" | "async" | "unsafe" | "extern" | "\"\"")
    };
    if !before.split_whitespace().all(is_qualifier) {
        return None;
    }
    let end = after.find(|c: char| !c.is_alphanumeric() && c != '_')?;
    (end > 0).then(|| &after[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_measured_from_signature_to_brace() {
        let text = "\
fn short() {}
impl A {
    pub(crate) async fn method(
        &self,
    ) -> u8 {
        if true {
        }
    }

    fn declared(&self);
}
const F: fn(u8) = |_| {};
pub fn last<T>() {
    let closure = || {
    };
}
";
        let source = SourceFile::new("crates/x/src/a.rs".into(), text);
        let found: Vec<_> = functions(&source).into_iter().map(|f| (f.name, f.lines)).collect();
        assert_eq!(found, [("method".to_owned(), 6), ("last".to_owned(), 4)]);
    }
}
