//! Links between pages: each leads to a file that is there, and to a heading in it; every page is reached from the first one.

use super::Findings;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Component, Path, PathBuf};

/// Where pages are, beside those of the root.
const FOLDERS: [&str; 3] = [".", "docs", "docs/decisions"];

/// It leads to every other page of its folder.
const INDEX: &str = "docs/README.md";

/// A page of Markdown.
struct Page {
    path: PathBuf,
    text: String,
}

pub(super) fn check(root: &Path, findings: &mut Findings) -> Result<(), String> {
    let mut pages = Vec::new();
    for folder in FOLDERS {
        pages.extend(pages_in(root, folder)?);
    }
    for page in &pages {
        for link in links(&page.text) {
            if let Some(wrong) = wrong_with(root, &pages, page, link) {
                findings.error(&page.path.display().to_string(), &format!("the link to `{link}` {wrong}"));
            }
        }
    }
    check_index(&pages, findings);
    Ok(())
}

fn pages_in(root: &Path, folder: &str) -> Result<Vec<Page>, String> {
    let failed = |error: std::io::Error| format!("{folder}: {error}");
    let mut pages = Vec::new();
    for entry in fs::read_dir(root.join(folder)).map_err(failed)? {
        let file = entry.map_err(failed)?.path();
        if file.extension().is_some_and(|extension| extension == "md") {
            let text = fs::read_to_string(&file).map_err(failed)?;
            let path = normal(file.strip_prefix(root).unwrap_or(&file));
            pages.push(Page { path, text });
        }
    }
    pages.sort_by(|one, other| one.path.cmp(&other.path));
    Ok(pages)
}

/// The targets of `[text](target)`, outside of code.
fn links(text: &str) -> Vec<&str> {
    let prose = text.split("```").step_by(2);
    prose.flat_map(|part| part.split("](").skip(1)).filter_map(|rest| rest.split(')').next()).collect()
}

/// What is wrong with a link; those to other sites are not followed.
fn wrong_with(root: &Path, pages: &[Page], page: &Page, link: &str) -> Option<String> {
    if link.contains("://") {
        return None;
    }
    let (file, heading) = link.split_once('#').map_or((link, None), |(file, heading)| (file, Some(heading)));
    let folder = page.path.parent().unwrap_or(Path::new(""));
    let path = if file.is_empty() { page.path.clone() } else { normal(&folder.join(file)) };
    if !root.join(&path).exists() {
        return Some("leads nowhere".into());
    }
    let heading = heading?;
    let target = pages.iter().find(|other| other.path == path)?;
    let has_heading = headings(&target.text).iter().any(|anchor| anchor == heading);
    (!has_heading).then(|| format!("names a heading that {} does not have", path.display()))
}

/// The anchors of a page, as GitHub makes them from headings.
fn headings(text: &str) -> Vec<String> {
    let prose = text.split("```").step_by(2);
    let lines = prose.flat_map(str::lines).filter(|line| line.starts_with('#'));
    lines.map(|line| anchor(line.trim_start_matches('#').trim())).collect()
}

fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|sign| sign.is_alphanumeric() || " -_".contains(*sign));
    kept.flat_map(char::to_lowercase).map(|sign| if sign == ' ' { '-' } else { sign }).collect()
}

fn check_index(pages: &[Page], findings: &mut Findings) {
    let Some(index) = pages.iter().find(|page| page.path == Path::new(INDEX)) else {
        findings.error(INDEX, "is not there: it leads to every page");
        return;
    };
    let named: BTreeSet<_> = links(&index.text).into_iter().map(|link| Path::new("docs").join(link)).collect();
    for page in pages.iter().filter(|page| page.path.parent() == Some(Path::new("docs"))) {
        if page.path != index.path && !named.contains(&page.path) {
            findings.error(INDEX, &format!("does not lead to {}", page.path.display()));
        }
    }
}

/// Without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => {
                normal.pop();
            }
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(path: &str, text: &str) -> Page {
        Page { path: path.into(), text: text.into() }
    }

    #[test]
    fn links_in_code_are_none() {
        let text = "[a](a.md) and\n```\n[b](b.md)\n```\n[c](../c.md#d-e)";
        assert_eq!(links(text), ["a.md", "../c.md#d-e"]);
    }

    #[test]
    fn anchors_are_those_of_github() {
        assert_eq!(anchor("Where `base.hocon` is, and why"), "where-basehocon-is-and-why");
        assert_eq!(headings("# One\n```\n# no\n```\n## Two-three"), ["one", "two-three"]);
    }

    #[test]
    fn a_link_leads_to_a_file_and_to_a_heading_in_it() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let pages = [page("Cargo.toml", "# here"), page("src/x.md", "# own")];
        let wrong = |link| wrong_with(root, &pages, &pages[1], link);
        for good in ["https://example.com/x", "../Cargo.toml", "../Cargo.toml#here", "main.rs"] {
            assert_eq!(wrong(good), None, "{good}");
        }
        assert_eq!(wrong("none.md").as_deref(), Some("leads nowhere"));
        assert_eq!(wrong("../Cargo.toml#there").as_deref(), Some("names a heading that Cargo.toml does not have"));
    }

    #[test]
    fn the_index_leads_to_every_page() {
        let mut findings = Findings::default();
        check_index(&[page(INDEX, "[a](a.md)"), page("docs/a.md", ""), page("docs/b.md", "")], &mut findings);
        assert_eq!(findings.errors, ["docs/README.md: does not lead to docs/b.md"]);
    }
}
