//! Rules about single files and lines: names, headers, macros and attributes.

use super::Findings;
use crate::source_file::SourceFile;
use crate::workspace::Workspace;

/// Names that say nothing about what is inside.
const EMPTY_NAMES: [&str; 9] =
    ["common", "helper", "helpers", "manager", "misc", "types", "util", "utilities", "utils"];

/// Macros that must not be left in.
const UNFINISHED: [&str; 3] = ["todo!", "unimplemented!", "dbg!"];

const ATTRIBUTES: [&str; 4] = ["#[allow(", "#![allow(", "#[expect(", "#![expect("];

pub(super) fn check(workspace: &Workspace, findings: &mut Findings) {
    for source in &workspace.sources {
        check_names(source, findings);
        check_header(source, findings);
        check_lines(source, findings);
    }
}

fn check_names(source: &SourceFile, findings: &mut Findings) {
    let parts = source.path.split('/').map(|part| part.strip_suffix(".rs").unwrap_or(part));
    for part in parts.filter(|part| EMPTY_NAMES.contains(part)) {
        findings.error(&source.path, &format!("`{part}` says nothing: name it after the noun inside"));
    }
}

fn check_header(source: &SourceFile, findings: &mut Findings) {
    if !source.lines.first().is_some_and(|line| line.text.starts_with("//! ")) {
        findings.error(&source.path, "starts without `//! ` and what the file is");
    }
}

fn check_lines(source: &SourceFile, findings: &mut Findings) {
    for (index, line) in source.lines.iter().enumerate() {
        let place = || format!("{}:{}", source.path, index + 1);
        for name in UNFINISHED.iter().filter(|name| line.code.contains(**name)) {
            findings.error(&place(), &format!("`{name}` is not finished work"));
        }
        if line.code.contains("#[ignore]") {
            findings.error(&place(), "`#[ignore]` needs a reason: `#[ignore = \"…\"]`");
        }
        if let Some(start) = ATTRIBUTES.iter().find_map(|attribute| line.code.find(attribute))
            && !attribute_text(source, index, start).contains("reason =")
        {
            findings.error(&place(), "an allowed lint needs its reason: `reason = \"…\"`");
        }
    }
}

/// The code of an attribute, from `start` in its first line to its closing bracket.
fn attribute_text(source: &SourceFile, first: usize, start: usize) -> String {
    let mut text = String::new();
    for (offset, line) in source.lines[first..].iter().enumerate() {
        let code = if offset == 0 { &line.code[start..] } else { &line.code };
        text.push_str(code);
        if code.contains(")]") {
            break;
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(path: &str, text: &str) -> Vec<String> {
        let mut findings = Findings::default();
        let sources = vec![SourceFile::new(path.into(), text)];
        check(&Workspace { root: std::path::PathBuf::new(), sources, manifests: Vec::new() }, &mut findings);
        findings.errors
    }

    #[test]
    fn each_rule_finds_its_own() {
        let path = "crates/x/src/a.rs";
        assert_eq!(errors(path, "//! A file.\nfn a() {}\n"), [""; 0]);
        for (text, part) in [
            ("fn a() {}\n", "starts without"),
            ("", "starts without"),
            ("//! A.\nfn a() { todo!() }\n", "not finished"),
            ("//! A.\n#[allow(dead_code)]\nfn a() {}\n", "needs its reason"),
            ("//! A.\n#![expect(\n    dead_code,\n)]\nfn a() {}\n", "needs its reason"),
            ("//! A.\n#[ignore]\nfn a() {}\n", "needs a reason"),
        ] {
            let errors = errors(path, text);
            assert!(errors.len() == 1 && errors[0].contains(part), "{text}: {errors:?}");
        }
        assert_eq!(
            errors(path, "//! A.\n#[allow(\n    dead_code,\n    reason = \"because\"\n)]\nfn a() {}\n"),
            [""; 0]
        );
        assert_eq!(errors("crates/x/src/utils/a.rs", "//! A.\n").len(), 1);
        assert_eq!(errors("crates/x/src/types.rs", "//! A.\n").len(), 1);
    }
}
